import type { Scope } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { type Door, doorsOf, namesOf, type WrittenName } from './doors.ts';
import { defineRule, placeOf, type Report } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'server-unreachable',
	summary: 'Another server has the same name on the same port, or is its default, and nginx sends every handshake there.',
	severity: 'error',
	why: `Of two servers with the same \`listen\` and the same \`server_name\` (in any case of letters, or both without one) nginx takes the
first and ignores the second, also when they stand in two files. \`nginx -t\` only warns: "conflicting server name … ignored". What stands in
the second server is never reached. Nor is a server without a name, when another one is the default of the port: no browser sends an empty
Host.`,
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
		{
			title: 'no name, and another server is the default',
			within: 'http',
			bad: `server {
	listen 8080 default_server;
	server_name chat.example.com;
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
	server_name chat.example.com;
	location / {
		return 404;
	}
}
server {
	listen 8080 default_server;
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
			proof: { bad: 404 },
		},
	],
	*check(context) {
		const routes = new Map<Scope, Route>();
		for (const route of context.routes) if (route.urls.length > 0 && !routes.has(route.server)) routes.set(route.server, route);
		if (routes.size === 0) return;
		const doors = doorsOf(context.configuration).map(withOwners);
		const doorsByServer = new Map<Scope, OwnedDoor[]>();
		for (const door of doors)
			for (const { server } of door.residents) doorsByServer.set(server, [...(doorsByServer.get(server) ?? []), door]);
		for (const [server, own] of doorsByServer) {
			const route = routes.get(server);
			if (route === undefined || server.context !== 'server' || server.unresolved.length > 0) continue;
			const names = namesOf(server);
			const shut = own.filter((door) => isShut(server, names, door));
			// Where some door or name leads here, the first name that is taken is told: only the others do.
			const [door] = shut.length > 0 ? shut : own.filter(({ owners }) => names.some((name) => isTaken(server, name, owners)));
			const name = door && names.find((one) => isTaken(server, one, door.owners));
			const owner = name === undefined ? door?.owners.get('') : door?.owners.get(keyOf(name));
			const taker = owner !== undefined && owner.server !== server ? owner.server : door?.fallback;
			const other = (taker === owner?.server ? owner?.name?.at : undefined) ?? taker?.opener;
			const at = name?.at ?? door?.residents.find((resident) => resident.server === server)?.listen.at ?? server.opener;
			// A file that is included twice is there once.
			if (door === undefined || at === undefined || other === undefined || taker?.opener?.node === server.opener?.node) continue;
			const ports = (shut.length > 0 ? shut : [door]).map(({ port }) => (port === 0 ? 'this socket' : `port ${port}`));
			const where = `${ports.join(' and ')} (${whereIs(other, context.configuration)})`;
			const there = ports.length === 1 ? 'that port' : 'those ports';
			const here = `${titleOf(route)} (${whereIs(route.at, context.configuration)})`;
			yield {
				...aboutRoute(route),
				...severity(shut, own, route.outside?.upgrade ?? false),
				at: placeOf(at),
				related: [{ ...placeOf(other), message: 'The server that nginx takes.' }],
				message:
					name === undefined
						? taker !== owner?.server
							? `Another server is the default of ${where}, and this one has no name that a browser could ask for, so no handshake on ${there} gets to ${here}. Give it a server_name, or write default_server behind its listen.`
							: `Another server without a name comes first on ${where}, so nginx never takes this one there, and no handshake on ${there} gets to ${here}. Move the location into the other server, or give this one a name or port.`
						: shut.length > 0
							? `Another server with the name ${name.text.toLowerCase()} comes first on ${where}, so nginx never takes this one there, and no handshake on ${there} gets to ${here}. Move the location into the other server, or give this one another name or port.`
							: `Another server with the name ${name.text.toLowerCase()} comes first on ${where}, so handshakes for that name go there and not to ${here}. Take the name off one of the two servers.`,
			} satisfies Report;
		}
	},
});

interface OwnedDoor extends Door {
	/** The first server with each name, in lower case; '' for servers without one. */
	readonly owners: ReadonlyMap<string, { readonly server: Scope; readonly name: WrittenName | undefined }>;
}

/** nginx warns of a name that comes again, and ignores it; of expressions the first that fits is taken (src/http/ngx_http.c, ngx_http_server_names). */
function withOwners(door: Door): OwnedDoor {
	const owners = new Map<string, { readonly server: Scope; readonly name: WrittenName | undefined }>();
	const own = (key: string, server: Scope, name: WrittenName | undefined): void => {
		if (!owners.has(key)) owners.set(key, { server, name });
	};
	for (const { server } of door.residents) {
		const names = namesOf(server);
		for (const name of names) if (!name.text.startsWith('~')) own(keyOf(name), server, name);
		if (names.length === 0 && server.unresolved.length === 0) own('', server, undefined);
	}
	return { ...door, owners };
}

function keyOf(name: WrittenName): string {
	return name.text.toLowerCase();
}

function isTaken(server: Scope, name: WrittenName, owners: OwnedDoor['owners']): boolean {
	const owner = owners.get(keyOf(name));
	return owner !== undefined && owner.server !== server;
}

/** True when neither a name nor being the default leads to a server at a door. */
function isShut(server: Scope, names: readonly WrittenName[], { owners, fallback }: OwnedDoor): boolean {
	if (fallback === undefined || fallback === server) return false;
	// No browser sends an empty Host, and no host is called _ (https://nginx.org/en/docs/http/server_names.html#miscellaneous_names).
	if (names.every(({ text }) => text === '' || text === '_')) return server.unresolved.length === 0;
	return names.every((name) => isTaken(server, name, owners));
}

/** Where a door for TLS, or some other one, is still open, or the other server passes handshakes on as well, it is no certain failure. */
function severity(shut: readonly Door[], own: readonly Door[], upgrades: boolean): Pick<Report, 'severity'> | undefined {
	if (upgrades) return { severity: 'information' };
	const open = own.filter((door) => !shut.includes(door));
	if (open.length === 0) return undefined;
	return { severity: shut.length === 0 || !open.some(({ tls }) => tls) ? 'warning' : 'information' };
}
