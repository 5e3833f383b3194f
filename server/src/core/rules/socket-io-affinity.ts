import type { PlacedDirective, Scope } from '../config/model.ts';
import { isSocketIo } from '../routes/names.ts';
import { insertBlockAtEnd, insertBlockBefore } from './cures/editing.ts';
import { type Cure, defineRule, type Edit, placeOf } from './rule.ts';
import { evidenceOf, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'socket-io-affinity',
	summary: 'Requests of one socket.io session go to several servers, and all but one do not know it.',
	severity: 'warning',
	why: `socket.io and SockJS begin with several HTTP requests that belong to one session, and only then upgrade. Spread over servers, the
second request meets one that answers 400 "Session ID unknown". Clients that are set to \`transports: ["websocket"]\` need no affinity.`,
	remedy: 'Add `ip_hash;` (or `hash $remote_addr consistent;`, or `sticky cookie` since 1.29.6) to the upstream.',
	ignore: 'Every client uses the websocket transport alone, or the servers share their sessions.',
	rows: ['UP1', 'UP2', 'UP4'],
	sources: [
		'https://socket.io/docs/v4/using-multiple-nodes/',
		'https://nginx.org/en/docs/http/ngx_http_upstream_module.html#ip_hash',
	],
	examples: [
		{
			title: 'two servers in turn',
			within: 'http',
			path: '/socket.io/',
			bad: `«upstream nodes» {
	server 127.0.0.1:9000;
	server localhost:9000;
}
server {
	listen 8080;
	location /socket.io/ {
		proxy_pass http://nodes;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream nodes {
	ip_hash;
	server 127.0.0.1:9000;
	server localhost:9000;
}
server {
	listen 8080;
	location /socket.io/ {
		proxy_pass http://nodes;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
		{
			title: 'a hash over what each request has of its own',
			within: 'http',
			path: '/socket.io/',
			bad: `«upstream nodes» {
	hash $request_uri consistent;
	server 127.0.0.1:9000;
	server localhost:9000;
}
server {
	listen 8080;
	location /socket.io/ {
		proxy_pass http://nodes;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream nodes {
	ip_hash;
	server 127.0.0.1:9000;
	server localhost:9000;
}
server {
	listen 8080;
	location /socket.io/ {
		proxy_pass http://nodes;
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
			const upstream = route.handshake.upstream;
			const block = upstream?.upstream;
			if (route.match === undefined || !(isSocketIo(route.match.pattern) || /sockjs/i.test(route.match.pattern))) continue;
			if (block?.body === undefined || upstream === null) continue;
			const scattering = scatteringOf(upstream.balancing, block.body);
			if (scattering === undefined) continue;
			const servers = new Set(
				(block.body.byName.get('server') ?? [])
					.filter(({ node }) => !node.args.some(({ value }) => value === 'backup' || value === 'down'))
					.map(({ node }) => node.args[0]?.value.toLowerCase().replace(/^([^:]+|\[.*\])$/, '$1:80')),
			).size;
			if (servers < 2) continue;
			yield {
				route,
				severity: 'warning',
				at: placeOf(block),
				related: [{ ...placeOf(route.at), message: `${titleOf(route)} sends socket.io here.` }, ...evidenceOf(route)],
				message: `${titleOf(route)} (${whereIs(route.at, context.configuration)}) spreads the requests of one socket.io session over ${servers} servers (${scattering}), and all but one answer 400 "Session ID unknown". ${upstream.balancing === 'hash' ? 'Write `ip_hash;` in its place' : 'Add `ip_hash;` to this upstream'}, unless every client uses the websocket transport alone.`,
				cures: () => curesOf(block),
			};
		}
	},
});

/** How an upstream sends the requests of one session here and there; undefined where it does not, or where that is not known. */
function scatteringOf(balancing: string, body: Scope): string | undefined {
	if (/^(?:round robin|least_conn|random|least_time)$/.test(balancing)) return balancing;
	const key = balancing === 'hash' ? body.byName.get('hash')?.at(-1)?.node.args[0]?.value : undefined;
	return key !== undefined && CHANGES.test(key) ? `hash ${key}` : undefined;
}

/** Variables that differ between the requests of one session, all of a socket.io client. */
const CHANGES =
	/\$\{?(?:request(?:_uri|_id|_method|_length|_time)?|args|query_string|arg_(?:sid|t|transport)|connection(?:_requests|_time)?|remote_port|msec|time_(?:iso8601|local)|http_(?:upgrade|connection|sec_websocket_key))(?!\w)/;

/** The method stands first: before keepalive (UP5), and nginx refuses it beside a backup server (UP4). */
function curesOf(block: PlacedDirective): readonly Cure[] {
	const { body } = block;
	if (body === undefined) return [];
	const [hash] = body.byName.get('hash') ?? [];
	if (hash !== undefined)
		return body.byName.get('hash')?.length === 1 && hash.scope === body && hash.via.length === block.via.length
			? [{ title: 'Send each client to one server (ip_hash)', preferred: true, edits: [replaceDirective(hash)] }]
			: [];
	const names = ['least_conn', 'random', 'least_time', 'include'];
	if (names.some((name) => body.byName.has(name))) return [];
	if ((body.byName.get('server') ?? []).some(({ node }) => node.args.some(({ value }) => value === 'backup'))) return [];
	const [first] = body.directives;
	const edit = first === undefined ? insertBlockAtEnd(body, ['ip_hash;']) : insertFirst(first);
	return edit === undefined ? [] : [{ title: 'Send each client to one server (ip_hash)', preferred: true, edits: [edit] }];
}

function replaceDirective({ node, file }: PlacedDirective): Edit {
	return { path: file.path, span: { start: node.name.span.start, end: node.span.end }, text: 'ip_hash;' };
}

function insertFirst(first: PlacedDirective) {
	const edit = insertBlockBefore(first, ['ip_hash;']);
	const { eol } = first.file.tree.source;
	return { ...edit, text: edit.text.endsWith(`${eol}${eol}`) ? edit.text.slice(0, -eol.length) : edit.text };
}
