import { withHeader } from './anyProtocol.ts';
import { replaceArgument } from './cures/editing.ts';
import { connectionValue } from './cures/mapBlock.ts';
import { headerNameOf } from './forwarding.ts';
import { defineRule, placeOfArgument } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'connection-client-chosen',
	summary: 'The client decides what the Connection header says to the backend.',
	severity: 'hint',
	optIn: true,
	why: `Connection lists the headers that are meant for one hop alone. \`proxy_set_header Connection $http_connection\` opens WebSockets, but a
client may send \`close, X-Forwarded-For\` too: a backend that honours it drops headers that you trust, and closes the connection that
nginx would have kept.`,
	remedy: "Use a map from $http_upgrade: `default upgrade; '' '';`.",
	ignore: 'The backend does not honour what Connection lists.',
	rows: ['SE2', 'HD13'],
	sources: ['https://nginx.org/en/docs/http/websocket.html', 'https://www.rfc-editor.org/rfc/rfc9110.html#section-7.6.1'],
	examples: [
		{
			title: "the client's own Connection",
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	''      '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «$http_connection»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	''      '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { upstream, upgrade } = route.handshake;
			if (!upgrade || upstream?.module !== 'proxy') continue;
			const [line, more] = upstream.headerSources.get('connection') ?? [];
			if (line === undefined || more !== undefined || !(line.node.args[1]?.value ?? '').includes('$')) continue;
			const asked = context.predictor.predictIn(route.location, withHeader(route.request, 'Connection', ASKED));
			if (!asked.upstream?.headers.get('connection')?.toLowerCase().includes('x-forwarded-for')) continue;
			yield {
				route,
				severity: 'hint',
				at: placeOfArgument(line, 1),
				related: evidenceOf(route),
				message: `${titleOf(route)} sends the backend whatever the client lists in Connection, which may name headers that the backend then drops (X-Forwarded-For). Use a map from $http_upgrade that says "upgrade" for a handshake and nothing else.`,
				cures: () => {
					if (headerNameOf(line) !== 'connection') return [];
					const value = connectionValue(route.location, context.variables());
					const edit = replaceArgument(line, 1, value.text);
					return edit === undefined
						? []
						: [{ title: 'Say upgrade for a handshake alone', preferred: true, edits: [...value.edits, edit] }];
				},
			};
		}
	},
});

/** What a client may send that means harm: Upgrade, and a header of the proxy's that it wants gone. */
const ASKED = 'Upgrade, X-Forwarded-For';
