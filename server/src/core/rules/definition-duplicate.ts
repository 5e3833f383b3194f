import { parseListen } from '../config/listen.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { removeDirective } from './cures/editing.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { saysTheSame } from './sameText.ts';
import { whereIs } from './wording.ts';

export default defineRule({
	id: 'definition-duplicate',
	summary: 'An upstream, a listen of one server, or a default server is there twice.',
	severity: 'error',
	refused: true,
	why: `nginx refuses to start with two \`upstream\` blocks of one name, with the same \`listen\` twice in a server, and with two servers that
are both \`default_server\` of one address, or that both set options of its socket, such as \`reuseport\`. Included files are the usual cause.`,
	remedy: 'Keep one of them.',
	ignore: 'Never: nginx does not start.',
	rows: ['DU4'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_upstream_module.html#upstream',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#listen',
	],
	examples: [
		{
			title: 'two upstreams of one name',
			within: 'http',
			bad: `upstream chat {
	server 127.0.0.1:9000;
}
«upstream chat» {
	server 127.0.0.1:9001;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream chat {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
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
			title: 'a listen twice',
			within: 'http',
			bad: `server {
	listen 8080;
	«listen 8080»;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
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
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const http of httpScopes(context.configuration.root)) {
			for (const name of ['limit_req_zone', 'limit_conn_zone'])
				yield* repeated(http.byName.get(name) ?? [], zoneBound, context, name);
			const caches = CACHES.flatMap((name) => http.byName.get(name) ?? []);
			yield* repeated(caches, ({ node }) => node.args[0]?.value, context, 'cache in');
			yield* repeated(http.byName.get('upstream') ?? [], (at) => at.node.args[0]?.value.toLowerCase(), context, 'upstream');
			const defaults: PlacedDirective[] = [];
			const optioned: PlacedDirective[] = [];
			for (const { body } of http.byName.get('server') ?? []) {
				const listens = body?.byName.get('listen') ?? [];
				yield* repeated(listens, keyOfListen, context, 'listen');
				defaults.push(...listens.filter((at) => parseListen(at)?.defaultServer));
				optioned.push(...listens.filter(setsOptions));
			}
			yield* repeated(optioned, keyOfListen, context, 'line of options for listen');
			yield* repeated(defaults, keyOfListen, context, 'default server of');
		}
	},
});

/** Each cache has a folder of its own (src/core/ngx_file.c, ngx_add_path). */
const CACHES: readonly string[] = ['proxy_cache_path', 'fastcgi_cache_path', 'uwsgi_cache_path', 'scgi_cache_path'];

/** The zone that a limit is bound to; nginx takes no second line for it, the same key or not. */
function zoneBound({ node }: PlacedDirective): string | undefined {
	return node.args.flatMap(({ value }) => /^zone=([^:]+):/.exec(value)?.[1] ?? [])[0];
}

function* repeated(
	lines: readonly PlacedDirective[],
	keyOf: (at: PlacedDirective) => string | undefined,
	{ configuration }: RuleContext,
	what: string,
) {
	const seen = new Map<string, PlacedDirective>();
	for (const at of lines) {
		const key = at.file.tree.template ? undefined : keyOf(at);
		if (key === undefined) continue;
		const first = seen.get(key);
		if (first === undefined) seen.set(key, at);
		else if (first.node !== at.node || first.via.length > 0)
			yield {
				severity: 'error' as const,
				at: placeOf(at),
				related: [{ ...placeOf(first), message: 'the first one' }],
				message: `nginx refuses to start: there is a second ${what} ${at.node.args[0]?.value ?? ''} (the first stands in ${whereIs(first, configuration)}). Keep one of them.`,
				cures: () => withoutSecond(first, at, what),
			};
	}
}

/** What says the same twice is taken out; of two that differ a person has to choose. */
function withoutSecond(first: PlacedDirective, at: PlacedDirective, what: string): readonly Cure[] {
	if (first.node === at.node || (what !== 'listen' && what !== 'upstream')) return [];
	return [{ title: `Remove this ${what}`, preferred: saysTheSame(first, at), edits: [removeDirective(at)] }];
}

/** True for a listen with options of the socket, which one listen of an address may have (src/http/ngx_http.c, ngx_http_add_addresses). */
function setsOptions({ node }: PlacedDirective): boolean {
	return node.args.some(({ value }) => SOCKET_OPTION.test(value));
}

const SOCKET_OPTION =
	/^(?:(?:setfib|fastopen|backlog|rcvbuf|sndbuf|accept_filter|ipv6only|so_keepalive)=.*|deferred|bind|reuseport)$/;

/** The address as nginx compares it: all of IPv4, or of IPv6, has several spellings. */
function canonical(address: string): string {
	if (address === '0.0.0.0') return '*';
	return /^\[[0:]+\]$/.test(address) ? '[::]' : address;
}

/** Address, port and protocol; a host name may stand for an address that is written elsewhere, and is left alone. */
function keyOfListen(at: PlacedDirective): string | undefined {
	const listen = parseListen(at);
	if (listen === undefined || /-/.test(at.node.args[0]?.value ?? '')) return undefined;
	return `${canonical(listen.address)}:${listen.port}:${listen.quic ? 'udp' : 'tcp'}`;
}

function httpScopes(root: Scope): readonly Scope[] {
	if (root.context === 'http') return [root];
	return (root.byName.get('http') ?? []).flatMap(({ body }) => body ?? []);
}
