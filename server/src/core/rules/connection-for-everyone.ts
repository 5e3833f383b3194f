import { replaceArgument } from './cures/editing.ts';
import { connectionValue } from './cures/mapBlock.ts';
import { headerNameOf } from './forwarding.ts';
import { defineRule, placeOfArgument } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'connection-for-everyone',
	summary: 'Plain requests carry "Connection: upgrade" too, because the Connection header is a fixed word.',
	severity: 'hint',
	optIn: true,
	why: `A fixed \`Connection "upgrade"\` is sent with every request. 19 of 21 tested backends ignore it on a plain one; uvicorn before 0.19
answers 400 "Unsupported upgrade request". It costs no kept connection.`,
	remedy: "Use a map: `map $http_upgrade $connection_upgrade { default upgrade; '' ''; }`.",
	ignore: 'Nothing but handshakes comes here, or the backend ignores the header: nearly all do.',
	rows: ['HD20'],
	sources: ['https://nginx.org/en/docs/http/websocket.html', 'https://github.com/miguelgrinberg/python-socketio/issues/686'],
	examples: [
		{
			title: 'a fixed word in a location for everything',
			within: 'http',
			path: '/',
			bad: `server {
	listen 8080;
	location / {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «"upgrade"»;
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
	location / {
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
			const { plain, handshake } = route;
			if (!handshake.upgrade || plain.location !== route.location || plain.upstream?.module !== 'proxy') continue;
			if (plain.upstream.headers.has('upgrade')) continue;
			const [line, more] = plain.upstream.headerSources.get('connection') ?? [];
			if (line === undefined || more !== undefined || headerNameOf(line) !== 'connection') continue;
			if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(plain.upstream.headers.get('connection') ?? '')) continue;
			yield {
				route,
				severity: 'hint',
				at: placeOfArgument(line, 1),
				related: evidenceOf(route),
				message: `Plain requests through ${titleOf(route)} carry "Connection: ${plain.upstream.headers.get('connection')}" as well, which uvicorn before 0.19 answers with 400. Use a map from $http_upgrade that gives nothing for them.`,
				cures: () => {
					const value = connectionValue(route.location, context.variables());
					const edit = replaceArgument(line, 1, value.text);
					return edit === undefined || !value.text.startsWith('$')
						? []
						: [{ title: 'Say upgrade for a handshake alone', preferred: true, edits: [...value.edits, edit] }];
				},
			};
		}
	},
});
