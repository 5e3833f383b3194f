import type { PlacedDirective } from '../config/model.ts';
import type { Reason } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { replaceArgument } from './cures/editing.ts';
import { resolved } from './cures/resolver.ts';
import { completed, prefixed, respelt } from './cures/targetScheme.ts';
import { defineRule, placeOf, type Report, type RuleContext } from './rule.ts';
import { headFault } from './targetHeads.ts';
import { aboutRoute, whereIs } from './wording.ts';

export default defineRule({
	id: 'proxy-target-unusable',
	summary: 'nginx cannot find a backend from the value of proxy_pass and answers 500 or 502 itself.',
	severity: 'error',
	why: `A variable in proxy_pass is looked at when the request comes, not when nginx starts. A host name then needs a \`resolver\`
(without one: 502, "no resolver defined"), and a value that does not start with http:// or https://, or has no host or no proper port, is answered
with 500. An IP address or the name of an \`upstream\` block needs no resolver; but where all servers of the block are marked \`down\`, nginx
answers 502 as well.`,
	remedy:
		'Begin the address with http://, add a `resolver` (in Docker: `resolver 127.0.0.11;`), name an `upstream`, or write the address without a variable.',
	ignore: 'Never: every handshake fails.',
	rows: ['UP14', 'PR15'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver',
	],
	examples: [
		{
			title: 'a host name in a variable, and no resolver',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $backend chat.internal;
		«proxy_pass http://$backend:9000»;
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
		set $backend 127.0.0.1;
		proxy_pass http://$backend:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 502 },
		},
		{
			title: 'the name of a container in a variable',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $backend chat;
		«proxy_pass http://$backend:9000»;
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
		set $backend chat;
		proxy_pass http://$backend;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 502 },
		},
		{
			title: 'ws:// in a variable',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $backend ws://127.0.0.1:9000;
		«proxy_pass $backend»;
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
		set $backend http://127.0.0.1:9000;
		proxy_pass $backend;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: `server {
	listen 8080;
	location /ws {
		set $backend http://127.0.0.1:9000;
		proxy_pass $backend;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 500 },
		},
		{
			title: 'no scheme in a variable',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $backend 127.0.0.1:9000;
		«proxy_pass $backend»;
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
		set $backend 127.0.0.1:9000;
		proxy_pass http://$backend;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 500 },
		},
		{
			title: 'a port that is none',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $port 90000;
		«proxy_pass http://127.0.0.1:$port»;
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
		set $port 9000;
		proxy_pass http://127.0.0.1:$port;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 500 },
		},
		{
			title: 'every server is down',
			within: 'http',
			bad: `upstream chat {
	server 127.0.0.1:9000 down;
}
server {
	listen 8080;
	location /ws {
		«proxy_pass http://chat»;
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
			fixed: '',
			proof: { bad: 502 },
		},
		{
			title: 'a slash behind the path of a socket',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«proxy_pass http://unix:/run/chat.sock/»;
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
			fixed: `server {
	listen 8080;
	location /ws {
		proxy_pass http://unix:/run/chat.sock;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 502 },
		},
		{
			title: 'a table of backends without their scheme',
			within: 'http',
			bad: `map $arg_room $backend {
	default 127.0.0.1:9000;
	lobby 127.0.0.1:9001;
}
server {
	listen 8080;
	location /ws {
		«proxy_pass $backend»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $arg_room $backend {
	default 127.0.0.1:9000;
	lobby 127.0.0.1:9001;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://$backend;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 500 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { handshake } = route;
			if (handshake.location !== route.location) continue;
			const socket = noSocket(route);
			if (socket !== undefined) yield { ...aboutRoute(route), ...socket };
			if (handshake.outcome !== 'answered') {
				yield* neverAddress(route, context);
				continue;
			}
			const reason = handshake.because.find(({ at }) => at.node.name.value === 'proxy_pass');
			if (reason === undefined) continue;
			const trouble = handshake.status === 502 ? noBackend(reason, route, context) : noAddress(reason, route, context);
			if (trouble !== undefined) yield { ...aboutRoute(route), at: placeOf(reason.at), ...trouble };
		}
	},
});

/** What the fixed beginning of the address, and all values of its variables, say before anybody asks. */
function* neverAddress(route: Route, context: RuleContext): Generator<Report> {
	const at = route.handler;
	const address = at?.node.args[0]?.value ?? '';
	if (at?.node.name.value !== 'proxy_pass' || !address.includes('$') || at.file.tree.template) return;
	const fault = headFault(address, context.variables());
	if (fault === undefined || (fault.kind === 'always' && route.handshake.upgrade)) return;
	const place = { ...aboutRoute(route), at: placeOf(at) };
	const table = fault.tables[0]?.at;
	const where = table === undefined ? '' : ` (${table.node.name.value}, ${whereIs(table, context.configuration)})`;
	if (fault.kind === 'always')
		yield {
			...place,
			message: `nginx answers 500 to every request: ${written(at)} never comes to an address that begins with http:// or https:// and a host, but to "${fault.value}"${where}. ${/^https?:\/\//i.test(fault.value) ? 'Give the variable a value' : 'Write http:// in front'}.`,
			cures: () => completed(at, context),
		};
	else
		yield {
			...place,
			severity: 'warning',
			message:
				fault.kind === 'rest'
					? `nginx answers 500 to the clients for whom ${written(at)} comes to no address: the split_clients${where.replace('split_clients, ', '')} gives them no value. Add a last entry \`*\` to it.`
					: `nginx answers 500 to the clients for whom ${written(at)} comes to "${fault.value}"${where}, which does not begin with http:// or https:// and a host. Write all values alike.`,
		};
}

type Trouble = Pick<Report, 'message' | 'cures'>;

/**
 * 502: nginx takes all behind `unix:` up to a colon for the socket's path (src/core/ngx_inet.c, ngx_parse_unix_domain_url), a slash at its
 * end as well, and no socket has that name.
 */
function noSocket({ handler, match }: Route): Pick<Report, 'at' | 'message' | 'cures'> | undefined {
	const word = handler?.node.name.value === 'proxy_pass' ? handler.node.args[0] : undefined;
	const path = /^https?:\/\/unix:([^:$]+)\/$/i.exec(word?.value ?? '')?.[1];
	if (handler === undefined || word === undefined || path === undefined) return undefined;
	const start = word.value.slice(0, word.value.length - 1);
	const isRoot = match?.pattern === '/';
	return {
		at: placeOf(handler),
		message: `nginx takes "${path}/", with the slash, for the path of the socket, finds none and answers 502. Write ${start}${isRoot ? '' : `, or ${start}:/ if the backend is to get / in place of ${match?.pattern ?? 'the path'}`}.`,
		cures: () => {
			const text = handler.file.tree.source.slice(word.span).replace(/\/(["']?)$/, '$1');
			const edit = replaceArgument(handler, 0, text);
			return edit === undefined ? [] : [{ title: `Write ${start}`, preferred: true, changes: 'backend', edits: [edit] }];
		},
	};
}

/** 502: no server of the upstream is up, or nothing resolves the host. */
function noBackend({ at, value }: Reason, route: Route, { configuration }: RuleContext): Trouble | undefined {
	if (value !== undefined) {
		const host = /^https?:\/\/([^/:?]+)/i.exec(value)?.[1] ?? '';
		return {
			message: `nginx answers 502 ("no resolver defined"): the host "${host}" in ${written(at)} comes from a variable, and nothing turns it into an address. Add \`resolver\` with the address of your name server (in Docker 127.0.0.11), or name an \`upstream\` block.`,
			cures: () =>
				resolved(
					route,
					at,
					route.handshake.because.map((reason) => reason.at),
					configuration,
				),
		};
	}
	const block = route.handshake.because.find((reason) => reason.at.node.name.value === 'upstream')?.at;
	const servers = block?.body?.byName.get('server') ?? [];
	// An upstream without any server is refused at the start, and told as that.
	if (block === undefined || servers.length === 0) return undefined;
	const which =
		servers.length === 1 ? 'the only server' : servers.length === 2 ? 'both servers' : `all ${servers.length} servers`;
	return {
		message: `nginx answers 502 ("no live upstreams"): ${which} of upstream "${block.node.args[0]?.value ?? ''}" (${whereIs(block, configuration)}) ${servers.length === 1 ? 'is' : 'are'} marked \`down\`. Take \`down\` off a server, or add another one.`,
	};
}

/** 500: what the variables come to is no address (ngx_http_proxy_eval). */
function noAddress({ at, value }: Reason, { handshake }: Route, context: RuleContext): Trouble | undefined {
	if (value === undefined) return undefined;
	const answers = `nginx answers ${handshake.status}: ${written(at)} comes to "${value}"`;
	const decided = handshake.because.map((reason) => reason.at);
	const rest = /^https?:\/\/(.*)$/is.exec(value)?.[1];
	if (rest !== undefined) {
		const port = /^(?:\[[^\]]*\]|[^/?:]+):([^/?]*)/.exec(rest)?.[1];
		return {
			message:
				port === undefined
					? `${answers}, which has no host. See where its variable should get its value.`
					: `${answers}, and "${port}" is no port. Give it a number from 1 to 65535.`,
		};
	}
	return {
		message: `${answers}, which does not begin with http:// or https://. ${/^wss?:/i.test(value) ? 'Write one of these, also for WebSockets.' : 'Write one of these in front.'}`,
		cures: () => (/^wss?:/i.test(value) ? respelt(decided) : prefixed(at, context)),
	};
}

function written({ node }: PlacedDirective): string {
	return `\`proxy_pass ${node.args[0]?.value ?? ''}\``;
}
