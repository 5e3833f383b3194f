import { addressFaultText, isOpenAddress, readAddress } from '../config/address.ts';
import type { PlacedDirective } from '../config/model.ts';
import { isAtLeast } from '../reference/versions.ts';
import { replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOf, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { scopesOf } from './scopes.ts';

export default defineRule({
	id: 'stream-target-refused',
	summary: 'A stream server has no listen or no target, or proxy_pass in it is no host and port.',
	severity: 'error',
	refused: true,
	why: `In \`stream\` nginx passes bytes on and knows no scheme: \`proxy_pass http://…\` is "invalid host", and an address without a port is
"no port in upstream". nginx refuses to start.`,
	remedy: 'Write `host:port`, or the name of an upstream of the stream block.',
	ignore: 'Never: nginx does not start.',
	rows: ['SM3'],
	sources: ['https://nginx.org/en/docs/stream/ngx_stream_proxy_module.html#proxy_pass'],
	examples: [
		{
			title: 'a URL',
			within: 'main',
			bad: `events {
}
stream {
	server {
		listen 8081;
		proxy_pass «http://127.0.0.1:9000»;
	}
}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			good: `events {
}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			fixed: `events {
}
stream {
	server {
		listen 8081;
		proxy_pass 127.0.0.1:9000;
	}
}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const stream of scopesOf(context.configuration.root, 'stream')) {
			const upstreams = new Map(
				(stream.byName.get('upstream') ?? []).map((at) => [at.node.args[0]?.value.toLowerCase() ?? '', at]),
			);
			const isKnown = stream.unresolved.length === 0 && !stream.assumed;
			for (const server of stream.byName.get('server') ?? []) {
				yield* incomplete(server, context);
				for (const at of server.body?.byName.get('proxy_pass') ?? []) {
					const value = at.node.args[0]?.value ?? '';
					if (at.node.args.length !== 1 || at.file.tree.template || isOpenAddress(value) || upstreams.has(value.toLowerCase()))
						continue;
					yield* refusedTarget(at, value, upstreams, isKnown);
				}
			}
		}
	},
});

function* refusedTarget(
	at: PlacedDirective,
	value: string,
	upstreams: ReadonlyMap<string, PlacedDirective>,
	isKnown: boolean,
): Generator<Report> {
	const { fault, host, port } = readAddress(value, 'server');
	const upstream = upstreams.get(host.toLowerCase());
	const report = { severity: 'error' as const, at: placeOfArgument(at, 0), cures: () => curesOf(at, value) };
	if (/^[a-z]+:\/\//i.test(value))
		yield {
			...report,
			message: 'nginx refuses to start: proxy_pass in stream passes bytes on and takes no URL. Write host and port alone.',
		};
	else if (fault !== undefined)
		yield {
			...report,
			message: `nginx refuses to start: ${addressFaultText(fault, value)}. Write \`proxy_pass host:port;\`.`,
		};
	else if (port === undefined && isKnown && !/^unix:/i.test(value))
		yield {
			...report,
			message: `nginx refuses to start with no port in upstream "${value}": no upstream of the stream block has this name, and an address needs its port. Write \`${value}:PORT\`.`,
		};
	else if (port !== undefined && upstream !== undefined)
		yield {
			...report,
			related: [{ ...placeOf(upstream), message: 'the upstream' }],
			message: `nginx refuses to start: "${host}" is an upstream, which has the ports of its servers, and proxy_pass may not give it port ${port}. Leave the port out.`,
			cures: () => replaced(at, host, 'Leave the port out'),
		};
}

/** Handlers of nginx's own stream modules; another module's may be any name, so an unknown one counts as a handler. */
const NO_HANDLERS =
	/^(?:listen|server_name|include|access_log|error_log|allow|deny|limit_conn.*|proxy_(?!pass$).*|preread_.*|resolver.*|set|set_real_ip_from|ssl_.*|status_zone|sub_.*|tcp_nodelay|variables_hash_.*)$/;

/** A stream server without a listen, or before 1.27 without a handler (src/stream/ngx_stream.c; run on 1.22, 1.26 and 1.30). */
function* incomplete(server: PlacedDirective, { version }: RuleContext): Generator<Report> {
	const { body } = server;
	if (body === undefined || server.node.block?.closed !== true || server.file.tree.template || body.unresolved.length > 0) return;
	const report = { severity: 'error' as const, at: placeOf(server) };
	if (!body.byName.has('listen'))
		yield {
			...report,
			message: 'nginx refuses to start: this stream server has no listen. Write `listen PORT;` in it.',
		};
	else if (!isAtLeast(version, '1.27.0') && body.directives.every(({ node }) => NO_HANDLERS.test(node.name.value)))
		yield {
			...report,
			message:
				'nginx refuses to start: this stream server passes its bytes nowhere ("no handler for server"). Write `proxy_pass host:port;` in it.',
		};
}

function replaced(at: PlacedDirective, text: string, title: string): readonly Cure[] {
	const edit = replaceArgument(at, 0, text);
	return edit === undefined ? [] : [{ title, preferred: true, edits: [edit], changes: 'backend' }];
}

function curesOf(at: PlacedDirective, value: string): readonly Cure[] {
	const [, bare] = /^\s*((?:[\w.-]+|\[[\da-f:.]+\]):\d+)\s*\/?\s*$/i.exec(value) ?? [];
	if (bare !== undefined) return replaced(at, bare, `Pass bytes to ${bare}`);
	const [, scheme, host, port] = /^(https?|wss?|tcp):\/\/([^/:]+|\[[^\]]+\])(:\d+)?\/?$/i.exec(value) ?? [];
	if (scheme === undefined || host === undefined) return [];
	const text = port ?? (/^(?:https|wss)$/i.test(scheme) ? ':443' : /^tcp$/i.test(scheme) ? undefined : ':80');
	return text === undefined ? [] : replaced(at, `${host}${text}`, `Pass bytes to ${host}${text}`);
}
