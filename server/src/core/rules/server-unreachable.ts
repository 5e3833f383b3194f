import type { Scope } from '../config/model.ts';
import { type Door, doorsOf, namesOf, type WrittenName } from './doors.ts';
import { defineRule, placeOf, type RelatedPlace, type Report } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'server-unreachable',
	summary: 'Another server has the same name on the same port, and nginx sends every handshake there.',
	severity: 'error',
	why: `Of two servers with the same \`listen\` and the same \`server_name\` (in any case of letters, or both without one) nginx takes the
first and ignores the second, also when they stand in two files. \`nginx -t\` only warns: "conflicting server name … ignored". What stands in
the second server is never reached.`,
	remedy: 'Move the locations into the first server, or give the second a name or a port of its own.',
	ignore: 'Never: no request reaches the second server by that name.',
	rows: ['RT22', 'DU4'],
	sources: [
		'https://nginx.org/en/docs/http/request_processing.html',
		'https://nginx.org/en/docs/http/server_names.html',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#server_name',
	],
	examples: [
		{
			title: 'the same name twice',
			within: 'http',
			bad: `server {
	listen 8080;
	server_name localhost;
	location / {
		return 404;
	}
}
server {
	listen 8080;
	«server_name LocalHost»;
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
	server_name localhost;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location / {
		return 404;
	}
}
`,
			fixed: '',
			proof: { bad: 404 },
		},
		{
			title: 'two servers without a name',
			within: 'http',
			bad: `server {
	listen 8080;
	location / {
		return 404;
	}
}
server {
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
	location / {
		return 404;
	}
}
`,
			fixed: '',
			proof: { bad: 404 },
		},
	],
	*check(context) {
		const servers = new Set(context.routes.filter(({ urls }) => urls.length > 0).map(({ server }) => server));
		if (servers.size === 0) return;
		const doors = doorsOf(context.configuration);
		for (const server of servers) {
			if (server.context !== 'server' || server.unresolved.length > 0) continue;
			const own = doors.filter(({ residents }) => residents.some((resident) => resident.server === server));
			const shut = own.flatMap((door) => {
				const taken = takenBy(server, door);
				return taken === undefined ? [] : [{ door, ...taken }];
			});
			const [first] = shut;
			const route = context.routes.find((one) => one.server === server && one.urls.length > 0);
			if (first === undefined || route === undefined) continue;
			const other = first.by.opener;
			const name = first.name?.text.toLowerCase() ?? '';
			const ports = shut.map(({ door }) => (door.port === 0 ? 'this socket' : `port ${door.port}`));
			const at = first.name?.at ?? first.listen ?? server.opener;
			// A file that is included twice is there once.
			if (at === undefined || other === undefined || other.node === server.opener?.node) continue;
			const related: readonly RelatedPlace[] = [
				{ ...placeOf(first.earlier?.at ?? other), message: 'The server that nginx takes.' },
			];
			yield {
				...aboutRoute(route),
				...severity(
					shut.map(({ door }) => door),
					own,
					route.outside?.upgrade ?? false,
				),
				at: placeOf(at),
				related,
				message: `${name === '' ? 'Another server without a name' : `Another server with the name ${name}`} comes first on ${ports.join(' and ')} (${whereIs(first.earlier?.at ?? other, context.configuration)}), so nginx never takes this one there, and no handshake on ${ports.length === 1 ? 'that port' : 'those ports'} gets to ${titleOf(route)} (${whereIs(route.at, context.configuration)}). Move the location into the other server, or give this one ${name === '' ? 'a name' : 'another name'} or port.`,
			} satisfies Report;
		}
	},
});

interface Taken {
	readonly by: Scope;
	/** The name of the server that is taken, and the same one of the earlier server; undefined for servers without names. */
	readonly name: WrittenName | undefined;
	readonly earlier: WrittenName | undefined;
	readonly listen: Door['residents'][number]['listen']['at'];
}

/** The earlier server that has each name of this one at a door; undefined when some name, or being the default, leads here. */
function takenBy(server: Scope, { residents, fallback }: Door): Taken | undefined {
	if (fallback === server) return undefined;
	const place = residents.findIndex((resident) => resident.server === server);
	const before = residents.slice(0, place).map((resident) => ({ server: resident.server, names: namesOf(resident.server) }));
	const names = namesOf(server);
	if (names.length === 0) {
		const by = before.find((one) => one.names.length === 0 && one.server.unresolved.length === 0)?.server;
		return by && { by, name: undefined, earlier: undefined, listen: residents[place]?.listen.at };
	}
	let found: Taken | undefined;
	for (const name of names) {
		const text = name.text.toLowerCase();
		if (text.startsWith('~')) return undefined;
		for (const one of before) {
			const earlier = one.names.find((other) => other.text.toLowerCase() === text);
			if (earlier === undefined) continue;
			found ??= { by: one.server, name, earlier, listen: undefined };
			break;
		}
		if (!before.some((one) => one.names.some((other) => other.text.toLowerCase() === text))) return undefined;
	}
	return found;
}

/** Where a door for TLS, or some other one, is still open, or the other server passes handshakes on as well, it is no certain failure. */
function severity(shut: readonly Door[], own: readonly Door[], upgrades: boolean): Pick<Report, 'severity'> | undefined {
	if (upgrades) return { severity: 'information' };
	const open = own.filter((door) => !shut.includes(door));
	if (open.length === 0) return undefined;
	return { severity: open.some(({ tls }) => tls) ? 'information' : 'warning' };
}
