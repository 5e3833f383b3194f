import { effective } from '../config/effective.ts';
import type { PlacedDirective } from '../config/model.ts';
import { isAtLeast } from '../reference/versions.ts';
import { removeDirective, replaceArgument } from './cures/editing.ts';
import { headerNameOf } from './forwarding.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'host-repeated',
	summary: 'The backend gets Host twice, or not at all.',
	severity: 'information',
	why: `Before 1.31.4 nginx sends every \`proxy_set_header Host\` of a level, and none where the value is empty. A request with two Host lines,
or HTTP/1.1 without any, is wrong, and most backends answer 400. From 1.31.4 on the last line counts, and an empty one means \`$proxy_host\`.`,
	remedy: 'Leave one line: `proxy_set_header Host $host;`.',
	ignore: 'The backend takes such requests, and nginx is not upgraded past 1.31.4, where only the last line is sent.',
	rows: ['IN13'],
	sources: ['https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2', 'https://nginx.org/en/CHANGES'],
	versions: { before: '1.31.4' },
	examples: [
		{
			title: 'two Host lines',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		«proxy_set_header Host localhost»;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_set_header Host $http_host;
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_set_header Host $http_host;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
		{
			title: 'an empty Host',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		«proxy_set_header Host ""»;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Host $proxy_host;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		if (isAtLeast(context.version, '1.31.4')) return;
		for (const route of context.routes) {
			if (route.handshake.outcome !== 'proxied' || route.handshake.upstream?.module !== 'proxy') continue;
			const found = effective(route.location, 'proxy_set_header', context.version);
			if (found.level !== 'own' && found.level !== 'inherited') continue;
			const hosts = found.directives.filter((line) => headerNameOf(line) === 'host');
			const sent = hosts.filter(({ node }) => node.args[1]?.value !== '');
			const [first] = sent.length === 0 ? hosts : sent;
			const kept = sent.at(-1);
			if (first === undefined || (sent.length === 1 && first === kept)) continue;
			yield {
				route,
				severity: 'information',
				at: placeOf(first),
				related: [...(kept === undefined ? [] : [{ ...placeOf(kept), message: 'Sent as well.' }]), ...evidenceOf(route)],
				message:
					kept === undefined
						? `${titleOf(route)} sends the backend no Host, because the value is empty, and most backends answer HTTP/1.1 without Host with 400. Write \`proxy_set_header Host $proxy_host;\`, or $host.`
						: `${titleOf(route)} sends the backend ${sent.length} Host headers, and most backends answer that with 400 (nginx sends only the last from 1.31.4 on). Leave one line.`,
				cures: () => curesOf(sent, first),
			};
		}
	},
});

function curesOf(sent: readonly PlacedDirective[], first: PlacedDirective): readonly Cure[] {
	if (sent.length === 0) {
		const edit = replaceArgument(first, 1, '$proxy_host');
		return edit === undefined
			? []
			: [{ title: 'Send the name of the backend as Host', preferred: true, edits: [edit], changes: 'host' }];
	}
	return [{ title: 'Leave the last Host line', preferred: true, edits: sent.slice(0, -1).map(removeDirective), changes: 'host' }];
}
