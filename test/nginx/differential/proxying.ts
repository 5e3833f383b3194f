import { settingBackend } from './rewriting.ts';
import type { Item } from './tree.ts';
import { included, reference, text } from './values.ts';
import { BACKENDS, DEAD_BACKEND, type Surroundings, type World } from './world.ts';

/* Upstreams, the ways of passing a request on, and the headers that go with it. */

export function upstreams(world: World): Item[] {
	const { random } = world;
	const names = random.some(
		['backend', 'ws_pool', 'app.internal', 'Chat', 'node-servers'],
		random.weighted([
			[25, 0],
			[40, 1],
			[25, 2],
			[10, 3],
		]),
	);
	return names.map((name) => {
		const method = random.weighted([
			[55, undefined],
			[10, ['least_conn']],
			[10, ['ip_hash']],
			[8, ['hash', '$arg_a']],
			[8, ['hash', '$remote_addr', 'consistent']],
			[5, ['random']],
			[4, ['random', 'two', 'least_conn']],
		] as const);
		const servers = Array.from(
			{
				length: random.weighted([
					[50, 1],
					[35, 2],
					[15, 3],
				]),
			},
			(_, index) => {
				// A backend that hangs up (fastcgi and the like do here) must not count as dead for the next request.
				const parameters = random.weighted([
					[75, ['max_fails=0']],
					[15, [`weight=${random.between(1, 4)}`, 'max_fails=0']],
					[index > 0 && method === undefined ? 7 : 0, [random.pick(['backup', 'down']), 'max_fails=0']],
				] as const);
				return world.item('server', [random.chance(4) ? DEAD_BACKEND : world.backend(), ...parameters]);
			},
		);
		const children = method === undefined ? servers : [world.item(method[0], method.slice(1)), ...servers];
		if (random.chance(15)) children.push(world.item('keepalive', ['8']));
		world.upstreams.push(name);
		if (random.chance(8)) world.secureUpstreams.add(name);
		return world.item('upstream', [name], included(world, children, 8));
	});
}

/** Where a `proxy_pass` may say what. */
export interface PassPlace {
	/** A URI part is allowed without variables (not in regex or named locations, `if`, `limit_except`). */
	readonly uri: boolean;
	/** A `set` may stand before it. */
	readonly settable: boolean;
	readonly around: Surroundings;
}

/** `proxy_pass` in one of its forms, with the `set` it may need before it. */
export function proxyPass(world: World, place: PassPlace): { readonly before: readonly Item[]; readonly pass: Item } {
	const { random } = world;
	const host = world.upstreams.length > 0 && random.chance(50) ? random.pick(world.upstreams) : world.backend();
	const cased = !host.startsWith('unix:') && random.chance(4) ? host.toUpperCase() : host;
	// nginx wants one scheme for an upstream block that comes later than its use.
	const secure = world.upstreams.includes(host) ? world.secureUpstreams.has(host) : random.chance(7);
	const scheme = secure ? 'https' : random.chance(3) ? 'HTTP' : 'http';
	const literal = (uri: string): string => `${scheme}://${cased}${uri === '' ? '' : cased.startsWith('unix:') ? `:${uri}` : uri}`;
	const wrap = (url: string, before: readonly Item[] = []): ReturnType<typeof proxyPass> => ({
		before,
		pass: world.item('proxy_pass', [url]),
	});
	return random.weighted([
		[40, () => wrap(literal(''))],
		[
			2,
			() =>
				wrap(`http://$${random.pick(['host', 'http_host', 'arg_b', 'server_name'])}${random.pick(['', '$request_uri', '/x'])}`),
		],
		[
			place.uri ? 32 : 0,
			() =>
				wrap(
					literal(random.pick(['/', '/app', '/app/', '/app/v1/', '/x?y=1', '/a%20b', '/é/', '/deep/er', '//', '/;p', '/x y'])),
				),
		],
		[
			place.settable ? 8 : 0,
			() => {
				const variable = random.pick(['backend_name', 'upstream_host']);
				const before = settingBackend(world, variable);
				return wrap(
					`http://${random.chance(20) ? `\${${variable}}` : `$${variable}`}${random.pick(['', '', '', '/fixed', '$request_uri', '$uri', '$uri$is_args$args', '/pre$request_uri'])}`,
					[before],
				);
			},
		],
		[
			world.backendVariables.length > 0 ? 12 : 0,
			() =>
				wrap(
					`http://$${random.pick(world.backendVariables)}${random.pick(['', '', '/fixed/', '$request_uri', '/x$uri$is_args$args'])}`,
				),
		],
		[
			10,
			() =>
				wrap(
					literal(
						random.pick([
							'$request_uri',
							'$uri',
							'$uri$is_args$args',
							'/fixed?a=$arg_a',
							'/p$uri',
							'/$1',
							'/$1$2$is_args$args',
							`/r/${reference(world, place.around)}`,
						]),
					),
				),
		],
		[2, () => wrap(`$scheme://${host.startsWith('unix:') ? BACKENDS[0] : host}${random.pick(['', '/s'])}`)],
	] as const)();
}

/** Another module's handler: tunnels with uwsgi and scgi, none with the others. */
export function otherPass(world: World): Item[] {
	const { random } = world;
	const kind = random.weighted([
		[45, 'uwsgi'],
		[40, 'scgi'],
		[8, 'fastcgi'],
		[4, 'grpc'],
		[3, 'memcached'],
	] as const);
	const host = world.upstreams.length > 0 && random.chance(30) ? random.pick(world.upstreams) : world.backend();
	if (kind === 'grpc') return [world.item('grpc_pass', [`grpc://${host}`])];
	if (kind === 'memcached') return [world.item('set', ['$memcached_key', '$uri']), world.item('memcached_pass', [host])];
	const parameters = [
		['REQUEST_URI', '$request_uri'],
		['QUERY_STRING', '$query_string'],
		['SERVER_PROTOCOL', '$server_protocol'],
		['HTTP_HOST', '$host'],
		['X_EXTRA', text(world)],
	] as const;
	// The backend is strict about the method, so it is told always.
	const lines = [['REQUEST_METHOD', '$request_method'] as const, ...random.some(parameters, random.between(0, 5))].map(
		([name, value]) => world.item(`${kind}_param`, [name, value]),
	);
	return [...lines, world.item(`${kind}_pass`, [host])];
}

const CONNECTIONS = [
	'upgrade',
	'Upgrade',
	'keep-alive, Upgrade',
	'$http_connection',
	'close',
	'keep-alive',
	'',
	'$http_upgrade',
	'upgrade;',
] as const;
const EXTRA = [
	'X-Real-IP',
	'X-Forwarded-For',
	'X-Forwarded-Proto',
	'X-Probe',
	'X-Extra',
	'Origin',
	'X-Forwarded-Host',
	'Cookie',
	'x-lower',
	'X_Under',
	'Authorization',
	'User-Agent',
	'Accept-Encoding',
	'Via',
	'TE',
	'Keep-Alive',
	'X-Forwarded-Port',
] as const;

/** The `proxy_set_header` lines of one level. */
export function headerLines(world: World, place: Surroundings): Item[] {
	const { random } = world;
	const around = world.mapsCapture ? { ...place, captures: 0 } : place;
	const lines: (readonly [string, string])[] = [];
	const cased = (name: string): string => (random.chance(6) ? random.pick([name.toLowerCase(), name.toUpperCase()]) : name);
	const connection = (): string =>
		world.connectionVariables.length > 0 && random.chance(60)
			? `$${random.pick(world.connectionVariables)}`
			: random.pick(CONNECTIONS);
	if (random.chance(72)) {
		lines.push([
			cased('Upgrade'),
			random.weighted([
				[86, '$http_upgrade'],
				[6, 'websocket'],
				[3, ''],
				[3, '$http_upgrad'],
				[2, '"$http_upgrade"'],
			] as const),
		]);
		if (random.chance(90)) lines.push([cased('Connection'), connection()]);
	} else if (random.chance(25)) lines.push([cased('Connection'), connection()]);
	if (random.chance(50))
		lines.push([
			cased('Host'),
			random.pick([
				'$host',
				'$http_host',
				'$proxy_host',
				'fixed.test',
				'$server_name',
				'$host:$server_port',
				'',
				'$http_x_missing',
				text(world, around),
			]),
		]);
	for (const name of random.some(
		EXTRA,
		random.weighted([
			[35, 0],
			[35, 1],
			[20, 2],
			[10, 3],
		]),
	))
		lines.push([name, text(world, around)]);
	if (random.chance(5))
		lines.push([
			random.pick(['Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions']),
			random.pick(['', '13', '$http_sec_websocket_key']),
		]);
	if (random.chance(4)) lines.push(['X-$arg_a', 'literal name']);
	if (random.chance(6) && lines.length > 0) {
		const [name, value] = random.pick(lines);
		lines.push([cased(name), random.chance(50) ? value : text(world, around)]);
	}
	return random.some(lines, lines.length).map(([name, value]) => world.item('proxy_set_header', [name, value]));
}

/** Other settings of the proxy module for one level. */
export function proxySettings(world: World): Item[] {
	const { random } = world;
	const items: Item[] = [];
	if (random.chance(2)) items.push({ ...world.item('proxy_http_version', ['2']), since: '1.29.4' });
	else if (random.chance(55)) items.push(world.item('proxy_http_version', [random.chance(90) ? '1.1' : '1.0']));
	if (random.chance(20))
		items.push(
			world.item(random.pick(['proxy_read_timeout', 'proxy_send_timeout']), [random.pick(['1h', '3600s', '1d', '5m', '90'])]),
		);
	if (random.chance(5))
		items.push(world.item('proxy_method', [random.pick(['GET', 'POST', 'PUT', '$request_method', '$arg_a'])]));
	if (random.chance(4)) items.push(world.item('proxy_pass_request_headers', [random.pick(['off', 'on'])]));
	if (random.chance(4)) items.push(world.item('proxy_pass_request_body', ['off']));
	if (random.chance(3)) items.push(world.item('proxy_set_body', ['text']));
	if (random.chance(6))
		items.push(
			world.item('proxy_hide_header', [
				random.pick(['Upgrade', 'Sec-WebSocket-Accept', 'Connection', 'X-Powered-By', 'upgrade']),
			]),
		);
	if (random.chance(4)) items.push(world.item('proxy_pass_header', [random.pick(['Upgrade', 'Server', 'Sec-WebSocket-Accept'])]));
	if (random.chance(4))
		items.push(
			world.item('add_header', [
				random.pick(['Upgrade', 'X-Answer', 'Sec-WebSocket-Accept', 'Connection']),
				random.pick(['websocket', 'x']),
				...(random.chance(60) ? ['always'] : []),
			]),
		);
	if (random.chance(10)) items.push(world.item('proxy_buffering', [random.pick(['off', 'on'])]));
	if (random.chance(4)) items.push(world.item('proxy_intercept_errors', ['on']));
	if (random.chance(4)) items.push(world.item('proxy_redirect', ['off']));
	return items;
}
