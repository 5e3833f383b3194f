import type { PlacedDirective } from '../config/model.ts';
import { isAtLeast } from '../reference/versions.ts';
import type { HeaderLine } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { ownDirectives, removeDirective, replaceArgument } from './cures/editing.ts';
import { defineRule, placeOf, type Report, type RuleContext } from './rule.ts';
import { causeOf, causeText } from './valueCause.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'host-repeated',
	summary: 'The backend gets Host twice, or not at all.',
	severity: 'warning',
	why: `Before 1.31.4 nginx sends every \`proxy_set_header Host\` of a level, and none where the value is empty. A request with two Host lines,
or HTTP/1.1 without any, is wrong, and RFC 9112 has the backend answer 400 to it. Go and Tomcat do that for both, Node for the second. Debian's
\`include proxy_params;\` brings a Host line of its own. From 1.31.4 on the last line counts, and an empty one means
\`$proxy_host\`. Two Host lines inform only, because many backends take the first.`,
	remedy: 'Leave one line: `proxy_set_header Host $host;`.',
	ignore: 'The backend takes such requests, and nginx is not upgraded past 1.31.4, where only the last line is sent.',
	rows: ['IN13', 'HD15'],
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
		{
			title: 'a letter too many',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		«proxy_set_header Host $http_hosts»;
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
		proxy_set_header Host $http_host;
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
			const { outcome, upstream, location } = route.handshake;
			if (outcome !== 'proxied' || upstream?.module !== 'proxy' || location !== route.location) continue;
			const hosts = upstream.lines.filter(({ name }) => name === 'host');
			// One that is not known may be empty.
			if (hosts.some(({ value }) => value.includes('$'))) continue;
			const sent = hosts.filter(({ value }) => value !== '');
			const last = hosts.at(-1);
			if (last === undefined || (sent.length === 0 && !hosts.every(isEmptyForAll)) || sent.length === 1) continue;
			yield sent.length === 0 ? missing(route, last, context) : repeated(route, sent);
		}
	},
});

function repeated(route: Route, sent: readonly HeaderLine[]): Report {
	// What an included file says is other locations' business too: there the location's own lines go.
	const own = new Set<PlacedDirective>(ownDirectives(route.location));
	const shared = sent.findLast(({ at }) => !own.has(at));
	const left = shared ?? sent.at(-1);
	const away = sent.filter((line) => line !== left);
	const at = placeOf((away[0] ?? sent[0] ?? { at: route.at }).at);
	return {
		route,
		// Many backends take the first and work.
		severity: 'information',
		at,
		related: [...(left === undefined ? [] : [{ ...placeOf(left.at), message: 'Sent as well.' }]), ...evidenceOf(route)],
		message: `${titleOf(route)} sends the backend ${sent.length} Host headers (${sent.map(({ value }) => `"${value}"`).join(' and ')}), and a backend that keeps to RFC 9112 answers every such request with 400: Go and Tomcat do, Node takes the first. Leave one line; nginx sends the last one alone from 1.31.4 on.`,
		cures: () => [
			{
				title: shared === undefined ? 'Leave the last Host line' : "Remove the location's own Host line",
				preferred: true,
				edits: away.map((line) => removeDirective(line.at)),
				changes: 'host',
			},
		],
	};
}

function missing(route: Route, line: HeaderLine, context: RuleContext): Report {
	const cause = causeOf(line);
	const wanted = (cause.kind === 'header' ? cause.meant : undefined) ?? '$proxy_host';
	const why = causeText(line, context.configuration) ?? 'the value is empty';
	return {
		route,
		severity: 'warning',
		at: placeOf(line.at),
		related: evidenceOf(route),
		message: `${titleOf(route)} sends the backend no Host, because ${why}, and most backends answer an HTTP/1.1 request without Host with 400, Node and Go among them. Write \`proxy_set_header Host ${wanted};\`${wanted === '$proxy_host' ? ', or $host' : ''}.`,
		cures: () => {
			const edit = replaceArgument(line.at, 1, wanted);
			const title = wanted === '$proxy_host' ? 'Send the name of the backend as Host' : `Write ${wanted}`;
			return edit === undefined ? [] : [{ title, preferred: true, edits: [edit], changes: 'host' }];
		},
	};
}

/** Whether no client can fill it: an empty text, or a header that is a misspelt one. */
function isEmptyForAll(line: HeaderLine): boolean {
	const cause = causeOf(line);
	return cause.kind === 'header' ? cause.meant !== undefined : cause.kind === 'text' && line.at.node.args[1]?.value === '';
}
