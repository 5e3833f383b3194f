import { distance } from 'fastest-levenshtein';
import { isOpenAddress } from '../config/address.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { parseNumber } from '../reference/values.ts';
import { replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOfArgument, type Report } from './rule.ts';
import { directivesIn, isComplete, scopesOf } from './scopes.ts';

export default defineRule({
	id: 'zone-refused',
	summary: 'A limit or a cache names a zone that nothing defines, or a limit of connections that is none.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `The zones of \`limit_conn\`, \`limit_req\` and \`proxy_cache\` are defined in the http block. nginx refuses to start when one is missing ("zero
size shared memory zone", "zone … is unknown"), and with a limit of connections that is not from 1 to 65535. Zones are looked for only where
the whole configuration is there.`,
	remedy:
		'Define the zone in the http block, with `limit_conn_zone`, `limit_req_zone` or `proxy_cache_path`, or correct its name.',
	ignore: 'A file that is not here defines it.',
	rows: ['DU12', 'UP16'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_limit_conn_module.html',
		'https://nginx.org/en/docs/http/ngx_http_limit_req_module.html',
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache',
	],
	examples: [
		{
			title: 'a zone with a letter too few',
			within: 'http',
			bad: `limit_conn_zone $binary_remote_addr zone=sockets:1m;
server {
	listen 8080;
	limit_conn «socket» 200;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `limit_conn_zone $binary_remote_addr zone=sockets:1m;
server {
	listen 8080;
	limit_conn sockets 200;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'no connection at all',
			within: 'http',
			bad: `limit_conn_zone $binary_remote_addr zone=sockets:1m;
server {
	listen 8080;
	limit_conn sockets «0»;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `limit_conn_zone $binary_remote_addr zone=sockets:1m;
server {
	listen 8080;
	limit_conn sockets 200;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		const { root, fragment } = context.configuration;
		for (const side of ['http', 'stream'] as const)
			for (const scope of scopesOf(root, side)) {
				const isWhole = fragment === undefined && [root, scope].every(isComplete);
				const zones = zonesOf(scope);
				for (const at of directivesIn(scope)) {
					if (at.file.tree.template || at.node.end === 'missing' || at.node.block !== undefined) continue;
					yield* refusedLimit(at);
					const use = isWhole ? zoneUsed(at) : undefined;
					if (use === undefined || isOpenAddress(use.name) || zones.get(use.kind)?.has(use.name) === true) continue;
					yield* unknownZone(at, use, [...(zones.get(use.kind) ?? [])]);
				}
			}
	},
});

/** What a zone is for, by the directive that defines it. */
const DEFINING: ReadonlyMap<string, string> = new Map([
	['limit_conn_zone', 'zone'],
	['limit_req_zone', 'zone'],
	['proxy_cache_path', 'keys_zone'],
	['fastcgi_cache_path', 'keys_zone'],
	['uwsgi_cache_path', 'keys_zone'],
	['scgi_cache_path', 'keys_zone'],
]);

interface ZoneUse {
	readonly name: string;
	/** The directive that would define it. */
	readonly kind: string;
	readonly argument: number;
}

/** The names of the zones that a scope defines, by the directive that does. */
function zonesOf(scope: Scope): ReadonlyMap<string, ReadonlySet<string>> {
	const zones = new Map<string, Set<string>>();
	for (const [directive, parameter] of DEFINING)
		for (const { node } of scope.byName.get(directive) ?? [])
			for (const { value } of node.args) {
				const name = value.startsWith(`${parameter}=`) ? value.slice(parameter.length + 1).split(':')[0] : undefined;
				if (name === undefined) continue;
				const known = zones.get(directive) ?? new Set<string>();
				zones.set(directive, known.add(name));
			}
	return zones;
}

function zoneUsed({ node }: PlacedDirective): ZoneUse | undefined {
	const { value: name } = node.name;
	const [first] = node.args;
	if (name === 'limit_conn' && node.args.length === 2 && first !== undefined)
		return { name: first.value, kind: 'limit_conn_zone', argument: 0 };
	if (name === 'limit_req') {
		const argument = node.args.findIndex(({ value }) => value.startsWith('zone='));
		const zone = node.args[argument]?.value.slice('zone='.length);
		return zone === undefined ? undefined : { name: zone, kind: 'limit_req_zone', argument };
	}
	if (/^(?:proxy|fastcgi|uwsgi|scgi)_cache$/.test(name) && node.args.length === 1 && first !== undefined && first.value !== 'off')
		return { name: first.value, kind: `${name}_path`, argument: 0 };
	return undefined;
}

function* unknownZone(at: PlacedDirective, { name, kind, argument }: ZoneUse, known: readonly string[]): Generator<Report> {
	const near = known.filter((other) => distance(other.toLowerCase(), name.toLowerCase()) <= 2);
	const meant = near.length === 1 ? near[0] : undefined;
	const word = at.node.args[argument]?.value ?? '';
	yield {
		severity: 'error',
		at: placeOfArgument(at, argument),
		message: `nginx refuses to start: no ${kind} defines the zone "${name}". ${meant === undefined ? `Add the ${kind} to the ${at.scope.context.startsWith('stream') ? 'stream' : 'http'} block, or take this line away.` : `Did you mean ${meant}?`}`,
		cures: (): readonly Cure[] => {
			const text = `${word.slice(0, word.length - name.length)}${meant}`;
			const edit = meant === undefined ? undefined : replaceArgument(at, argument, text);
			return edit === undefined ? [] : [{ title: `Write ${text}`, preferred: true, edits: [edit] }];
		},
	};
}

function* refusedLimit(at: PlacedDirective): Generator<Report> {
	const text = at.node.name.value === 'limit_conn' && at.node.args.length === 2 ? at.node.args[1]?.value : undefined;
	if (text === undefined || isOpenAddress(text)) return;
	const most = parseNumber(text);
	if (most !== undefined && most >= 1 && most <= 65_535) return;
	yield {
		severity: 'error',
		at: placeOfArgument(at, 1),
		message: `nginx refuses to start: limit_conn takes a number from 1 to 65535, not "${text}". Write how many connections are allowed.`,
	};
}
