import { effective } from '../config/effective.ts';
import type { Route } from '../routes/route.ts';
import { appendWord, insertInto } from './cures/editing.ts';
import { ANCHORS } from './cures/headerLines.ts';
import { type Cure, defineRule, type Edit, placeOf, type RuleContext } from './rule.ts';
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
		{
			title: 'a bypass for something else',
			within: 'http',
			bad: `proxy_cache_path cache keys_zone=pages:1m;
server {
	listen 8080;
	proxy_cache pages;
	location /ws {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_cache_bypass $cookie_nocache;
		proxy_no_cache $http_upgrade;
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
		proxy_cache_bypass $cookie_nocache $http_upgrade;
		proxy_no_cache $http_upgrade;
		proxy_http_version 1.1;
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
		for (const route of context.routes) {
			if (route.handler?.node.name.value !== 'proxy_pass' || route.handshake.outcome !== 'proxied') continue;
			const cache = effective(route.location, 'proxy_cache', context.version);
			if (cache.level !== 'own' && cache.level !== 'inherited') continue;
			const line = cache.directives.at(-1);
			const { cacheKey } = route.handshake;
			if (line === undefined || cacheKey === undefined || cacheKey !== route.plain.cacheKey) continue;
			const own = cache.level === 'own';
			const advice = cures(route, context);
			yield {
				...aboutRoute(route),
				severity: 'information',
				at: own ? placeOf(line) : routePlace(route),
				message: `${titleOf(route)} answers from a cache (\`proxy_cache ${line.node.args[0]?.value}\`${own ? '' : `, ${whereIs(line, context.configuration)}`}) that does not look at Upgrade, so a handshake gets a stored 200 once a plain request has left one. ${advice.text}`,
				cures: () => advice.cures,
			};
		}
	},
});

/** The two lines that keep handshakes from the cache: written anew, or `$http_upgrade` on the one that stands here. */
function cures(route: Route, context: RuleContext): { readonly text: string; readonly cures: readonly Cure[] } {
	const missing: string[] = [];
	const edits: Edit[] = [];
	const said: string[] = [];
	for (const name of ['proxy_cache_bypass', 'proxy_no_cache']) {
		const found = effective(route.location, name, context.version);
		if (found.level === 'unknown') return { text: 'Write `proxy_cache_bypass $http_upgrade;` here.', cures: [] };
		const lines = found.level === 'default' ? [] : found.directives;
		const words = lines.flatMap(({ node, file }) => node.args.map(({ span }) => file.tree.source.slice(span)));
		if (words.some((word) => UPGRADE.test(word))) continue;
		const last = lines.at(-1);
		if (found.level === 'own' && last !== undefined) {
			edits.push(appendWord(last, '$http_upgrade'));
			said.push(`add \`$http_upgrade\` to ${name}`);
		} else {
			missing.push(`${name} ${[...words, '$http_upgrade'].join(' ')};`);
			said.push(`${said.length > 0 && edits.length === 0 ? '' : 'write '}\`${name} $http_upgrade;\``);
		}
	}
	const inserted = missing.length === 0 ? undefined : insertInto(route.location, missing, ANCHORS);
	const text = said.join(' and ');
	const all = inserted === undefined ? edits : [...edits, inserted];
	return {
		text: `${text.charAt(0).toUpperCase()}${text.slice(1)} here.`,
		cures:
			(missing.length > 0 && inserted === undefined) || all.length === 0
				? []
				: [{ title: 'Keep handshakes from the cache', preferred: true, edits: all }],
	};
}

const UPGRADE = /\$\{?http_upgrade\b/i;
