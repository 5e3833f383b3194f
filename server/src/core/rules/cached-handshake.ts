import { effective } from '../config/effective.ts';
import type { Route } from '../routes/route.ts';
import { insertInto } from './cures/editing.ts';
import { ANCHORS } from './cures/headerLines.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { aboutRoute, routePlace, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'cached-handshake',
	summary: 'A cached answer may be served to a handshake on this location.',
	severity: 'information',
	why: `proxy_cache does not look at Upgrade. Once a plain request for the same URL has put a 200 into the cache, the next handshake gets
that 200 instead of a tunnel; with proxy_cache_lock, handshakes for one URL even wait for each other.`,
	remedy:
		'Write `proxy_cache_bypass $http_upgrade;` and `proxy_no_cache $http_upgrade;`, or `proxy_cache off;` in a location for WebSockets alone.',
	ignore: 'The cache key holds $http_upgrade, or nothing but handshakes comes to this URL.',
	rows: ['UP18', 'UP19'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_bypass',
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache',
	],
	examples: [
		{
			title: 'the cache of the server holds here too',
			within: 'http',
			bad: `proxy_cache_path cache keys_zone=pages:1m;
server {
	listen 8080;
	proxy_cache pages;
	location /ws {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `proxy_cache_path cache keys_zone=pages:1m;
server {
	listen 8080;
	proxy_cache pages;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		proxy_cache_bypass $http_upgrade;
		proxy_no_cache $http_upgrade;
	}
}
`,
			fixed: `proxy_cache_path cache keys_zone=pages:1m;
server {
	listen 8080;
	proxy_cache pages;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_cache_bypass $http_upgrade;
		proxy_no_cache $http_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handler?.node.name.value !== 'proxy_pass' || route.handshake.outcome !== 'proxied') continue;
			const cache = effective(route.location, 'proxy_cache', context.version);
			if (cache.level !== 'own' && cache.level !== 'inherited') continue;
			const line = cache.directives.at(-1);
			if (line === undefined || line.node.args[0]?.value === 'off' || looksAtUpgrade(route, context)) continue;
			const own = cache.level === 'own';
			yield {
				...aboutRoute(route),
				severity: 'information',
				at: own ? placeOf(line) : routePlace(route),
				message: `${titleOf(route)} answers from a cache (\`proxy_cache ${line.node.args[0]?.value}\`${own ? '' : `, ${whereIs(line, context.configuration)}`}) that does not look at Upgrade, so a handshake gets a stored 200 once a plain request has left one. Write \`proxy_cache_bypass $http_upgrade;\` and \`proxy_no_cache $http_upgrade;\` here.`,
				cures: () => curesOf(route, context),
			};
		}
	},
});

/** True when the bypass or the key depends on the handshake, or that cannot be told. */
function looksAtUpgrade(route: Route, context: RuleContext): boolean {
	return ['proxy_cache_bypass', 'proxy_cache_key'].some((name) => {
		const found = effective(route.location, name, context.version);
		if (found.level === 'unknown') return true;
		if (found.level === 'default') return false;
		return found.directives.some(({ node }) =>
			node.args.some(({ value }) => /\$\{?(?:http_upgrade|http_connection|connection_upgrade|http_sec_websocket)/i.test(value)),
		);
	});
}

function curesOf(route: Route, context: RuleContext): readonly Cure[] {
	const lines: string[] = [];
	for (const name of ['proxy_cache_bypass', 'proxy_no_cache']) {
		const found = effective(route.location, name, context.version);
		if (found.level === 'own' || found.level === 'unknown') return [];
		const kept =
			found.level === 'inherited'
				? found.directives.flatMap(({ node, file }) => node.args.map(({ span }) => file.tree.source.slice(span)))
				: [];
		lines.push(`${name} ${[...kept, '$http_upgrade'].join(' ')};`);
	}
	const edit = insertInto(route.location, lines, ANCHORS);
	return edit === undefined ? [] : [{ title: 'Keep handshakes from the cache', preferred: true, edits: [edit] }];
}
