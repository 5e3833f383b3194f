import type { PlacedDirective } from '../config/model.ts';
import { isAtLeast } from '../reference/versions.ts';
import { insertBefore, removeDirective, replaceArgument } from './cures/editing.ts';
import { mapBehind } from './mapCause.ts';
import { type Cure, defineRule, placeOf, type Report, type RuleContext } from './rule.ts';
import { titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'backend-keepalive-lost',
	summary: 'Every plain request opens a new connection to the backend, though connections are kept for it.',
	severity: 'hint',
	why: `Since 1.29.7 nginx keeps connections to the servers of an \`upstream\` block by itself, before that where it says \`keepalive\`. A map
with \`'' close\` tells the backend on every plain request to close the connection: five requests take five connections instead of one.
Before 1.29.7 a \`keepalive\` that stands above \`ip_hash\` or another method is lost as well.`,
	remedy: "Write `'' '';` in the map, and the balancing method above `keepalive`.",
	ignore: 'Only WebSockets come to this backend: a tunnel never goes back to the pool.',
	rows: ['MP2', 'UP5', 'UP8'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive',
		'https://nginx.org/en/docs/http/websocket.html',
	],
	examples: [
		{
			title: 'the map says close to plain requests',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	«'' close»;
}
upstream chat {
	server 127.0.0.1:9000;
	keepalive 16;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
upstream chat {
	server 127.0.0.1:9000;
	keepalive 16;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
		{
			title: 'keepalive above the balancing method',
			within: 'http',
			bad: `upstream chat {
	server 127.0.0.1:9000;
	«keepalive 16»;
	ip_hash;
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
	ip_hash;
	keepalive 16;
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
			proof: { bad: 101 },
		},
	],
	*check(context) {
		const reported = new Set<PlacedDirective>();
		for (const route of context.routes) {
			const { plain } = route;
			const block = plain.upstream?.upstream;
			if (plain.upstream?.module !== 'proxy' || block === undefined || !keeps(block, context)) continue;
			const found = isAtLeast(context.version, '1.29.7') ? undefined : misplaced(block);
			// Where no connection is kept, closing them costs nothing more.
			if (found !== undefined) {
				const { keepalive, method } = found;
				if (reported.has(keepalive)) continue;
				reported.add(keepalive);
				yield {
					severity: 'hint',
					at: placeOf(keepalive),
					message: `${method.node.name.value} (${whereIs(method, context.configuration)}) stands below it and takes the place of keepalive, so nginx before 1.29.7 keeps no connections to these servers. Move ${method.node.name.value} above it.`,
					cures: () => moved(keepalive, method),
				};
				continue;
			}
			const [line] = plain.upstream.headerSources.get('connection') ?? [];
			if (line !== undefined && plain.upstream.headers.get('connection')?.toLowerCase() === 'close') {
				const entry = entryBehind(line, context);
				const at = entry ?? line;
				if (reported.has(at)) continue;
				reported.add(at);
				yield {
					route,
					severity: 'hint',
					at: placeOf(at),
					related: [
						{ ...placeOf(line), message: `Sent as Connection by ${titleOf(route)}.` },
						{ ...placeOf(block), message: 'Connections to these servers are kept.' },
					],
					message: `Plain requests through ${titleOf(route)} tell the backend to close the connection ("Connection: close"), so each opens a new one, though nginx keeps them for upstream ${block.node.args[0]?.value} (${whereIs(block, context.configuration)}). Let the map give nothing for them: \`'' '';\`.`,
					...(entry === undefined ? {} : { cures: () => emptied(entry) }),
				} satisfies Report;
			}
		}
	},
});

/** Whether nginx keeps connections to the servers of an upstream block: by itself since 1.29.7, else where told (UP8). */
function keeps(block: PlacedDirective, context: RuleContext): boolean {
	if (block.body === undefined || block.body.unresolved.length > 0) return false;
	const line = block.body.byName.get('keepalive')?.at(-1);
	if (line === undefined) return isAtLeast(context.version, '1.29.7');
	return line.node.args[0]?.value !== '0';
}

/** The entry of a map that gives `close` for a request without Upgrade, when it gives it to nothing else. */
function entryBehind(line: PlacedDirective, context: RuleContext): PlacedDirective | undefined {
	const behind = mapBehind(line, context);
	if (behind === undefined || !/^\$\{?http_upgrade\}?$/i.test(behind.map.source)) return undefined;
	const entry = behind.map.lookUp('')?.at;
	return entry !== undefined && entry.node.name.value === '' ? entry : undefined;
}

function emptied(entry: PlacedDirective): readonly Cure[] {
	const edit = replaceArgument(entry, 0, "''");
	return edit === undefined ? [] : [{ title: 'Say nothing to plain requests', preferred: true, edits: [edit] }];
}

const METHODS: ReadonlySet<string> = new Set(['ip_hash', 'least_conn', 'hash', 'random', 'least_time']);

/** keepalive and the balancing method that stands below it. */
function misplaced(block: PlacedDirective): Readonly<Record<'keepalive' | 'method', PlacedDirective>> | undefined {
	const lines = block.body?.directives ?? [];
	const at = lines.findIndex(({ node }) => node.name.value === 'keepalive');
	const keepalive = lines[at];
	const method = keepalive && lines.slice(at).find(({ node }) => METHODS.has(node.name.value));
	return method === undefined || keepalive === undefined ? undefined : { keepalive, method };
}

function moved(keepalive: PlacedDirective, method: PlacedDirective): readonly Cure[] {
	if (keepalive.file !== method.file || keepalive.via.length !== method.via.length) return [];
	return [
		{
			title: `Move ${method.node.name.value} above keepalive`,
			preferred: true,
			edits: [insertBefore(keepalive, [method.file.tree.source.slice(method.node.span)]), removeDirective(method)],
		},
	];
}
