import { headerLines, otherPass, type PassPlace, proxyPass, proxySettings } from './proxying.ts';
import { pathPattern, returning, rewritePhase, withoutTwins } from './rewriting.ts';
import type { Item, Word } from './tree.ts';
import { included, text } from './values.ts';
import { BACKENDS, type Surroundings, type World } from './world.ts';

/* Locations: which there are, how they nest, and what stands in them. */

const PATHS = [
	'/',
	'/ws',
	'/ws/',
	'/api',
	'/api/',
	'/a',
	'/chat/',
	'/socket.io/',
	'/ws/chat',
	'/a b/',
	'/é',
	'/WS',
	'/ws.',
	'/old/',
	'/x',
	'/new/',
	'/%41',
	'/static/',
	'/ws/room/',
	'ws',
	'',
] as const;
const DEEPER = ['chat', 'room/', '/in/', 'x', '1', '/', 'a b', '.js'] as const;

interface Place {
	/** The prefix of the enclosing location; undefined at server level. */
	readonly prefix: string | undefined;
	readonly depth: number;
	readonly around: Surroundings;
}

/** The locations of a server or of another location. */
export function locations(world: World, place: Place, count: number): Item[] {
	const { random } = world;
	const taken = new Set<string>();
	const made: Item[] = [];
	for (let left = count; left > 0; left--) {
		const location = oneLocation(world, place, taken);
		if (location !== undefined) made.push(location);
	}
	if (place.depth === 0) {
		if (!taken.has('/') && random.chance(70))
			made.splice(random.below(made.length + 1), 0, prefixLocation(world, place, '/', undefined));
		for (const name of place.around.named)
			made.push(world.item('location', [`@${name}`], content(world, { ...place, prefix: undefined, depth: 9 }, 'named', 0)));
	}
	return made;
}

function oneLocation(world: World, place: Place, taken: Set<string>): Item | undefined {
	const { random } = world;
	if (random.chance(28)) {
		const { pattern, groups, names } = pathPattern(world);
		const around = { captures: groups, names: [...place.around.names, ...names], named: place.around.named };
		const modifier = random.chance(65) ? '~' : '~*';
		const args: (string | Word)[] = random.chance(4) && !/[\s{]/.test(pattern) ? [`${modifier}${pattern}`] : [modifier, pattern];
		return world.item(
			'location',
			args,
			content(world, { ...place, prefix: undefined, around, depth: place.depth + 1 }, 'regex', groups),
		);
	}
	const path = place.prefix === undefined ? random.pick(PATHS) : place.prefix + random.pick(DEEPER);
	const modifier = random.weighted([
		[18, '='],
		[14, '^~'],
		[68, undefined],
	] as const);
	const key = modifier === '=' ? `=${path}` : path;
	if (taken.has(key)) return undefined;
	taken.add(key);
	return prefixLocation(world, place, path, modifier);
}

function prefixLocation(world: World, place: Place, path: string, modifier: '=' | '^~' | undefined): Item {
	const { random } = world;
	world.paths.push(path, path);
	if (path.length > 1 && path.endsWith('/')) world.paths.push(path.slice(0, -1));
	else world.paths.push(`${path}/more`);
	const body = content(
		world,
		{ ...place, prefix: modifier === '=' ? undefined : path, depth: place.depth + 1 },
		modifier === '=' ? 'exact' : 'prefix',
		0,
	);
	const glued = modifier !== undefined && random.chance(5) && !/\s/.test(path);
	return world.item('location', modifier === undefined ? [path] : glued ? [`${modifier}${path}`] : [modifier, path], body);
}

type Kind = 'prefix' | 'exact' | 'regex' | 'named';

/** What stands in a location. */
function content(world: World, place: Place, kind: Kind, groups: number): Item[] {
	const { random } = world;
	const around = { ...place.around, captures: kind === 'regex' ? groups : place.around.captures };
	const literalUri = kind === 'prefix' || kind === 'exact';
	const children: Item[] = [];
	const passPlace: PassPlace = { uri: literalUri, settable: true, around };
	const inIf: readonly (() => Item)[] = [
		() => proxyPass(world, { uri: false, settable: false, around }).pass,
		() => proxyPass(world, { uri: false, settable: false, around }).pass,
		() => world.item('add_header', ['X-From-If', 'yes']),
		() => errorPage(world, around),
		() => world.item('scgi_pass', [random.pick(BACKENDS.slice(0, 5))]),
	];
	const rewrites = rewritePhase(
		world,
		around,
		'location',
		random.weighted([
			[world.theme === 'conditions' ? 10 : 68, 0],
			[20, 1],
			[world.theme === 'conditions' ? 40 : 8, 2],
			[world.theme === 'conditions' ? 30 : 4, 3],
		]),
		inIf,
	);
	const near: Surroundings = { ...around, names: rewrites.names };
	children.push(...rewrites.items);
	if (random.chance(34)) children.push(...headerLines(world, near));
	if (random.chance(30)) children.push(...proxySettings(world));
	children.push(...access(world, around));
	if (around.named.length > 0 && kind !== 'named' && world.often('jumps', 16)) children.push(...dispatch(world, around));
	if (world.often('jumps', 9)) children.push(errorPage(world, around));
	if (world.often('jumps', 11)) children.push(tryFiles(world, around, kind));
	if (random.chance(kind === 'named' ? 1 : 4)) children.push(world.item('internal', []));
	children.push(...idle(world));
	const handler = random.weighted([
		[74, 'proxy'],
		[world.theme === 'modules' ? 90 : 7, 'other'],
		[9, 'return'],
		[7, 'none'],
		[1, 'alias'],
		[1, 'gif'],
	] as const);
	if (handler === 'proxy') {
		const { before, pass } = proxyPass(world, { ...passPlace, around: near });
		children.push(...before, pass);
	} else if (handler === 'other') children.push(...otherPass(world));
	else if (handler === 'alias' && kind !== 'named')
		children.push(world.item('alias', [random.pick(['/nowhere/', '/nowhere/$arg_a'])]));
	else if (handler === 'gif') children.push(world.item('empty_gif', []));
	else if (handler === 'return') children.push(returning(world, near));
	const nested = (kind === 'prefix' || kind === 'regex') && place.depth < 4 && random.chance(kind === 'prefix' ? 20 : 6);
	if (nested)
		children.push(
			...locations(
				world,
				{ prefix: kind === 'prefix' ? place.prefix : undefined, depth: place.depth, around: near },
				random.between(1, 3),
			).filter((item) => kind !== 'regex' || /^~/.test(String(item.args[0]))),
		);
	return included(world, withoutTwins(mixed(world, children)), 6);
}

/** Moves some directives elsewhere: the order matters to the rewrite module alone, and there it is part of the question. */
function mixed(world: World, children: readonly Item[]): Item[] {
	const { random } = world;
	return random.chance(30) ? random.some(children, children.length) : [...children];
}

/** Who may: allow, deny, auth_basic, limit_except, valid_referers. */
export function access(world: World, around: Surroundings): Item[] {
	const { random } = world;
	const items: Item[] = [];
	const rules = (): Item[] =>
		random
			.some(
				[
					['deny', 'all'],
					['allow', 'all'],
					['allow', '127.0.0.1'],
					['deny', '127.0.0.0/8'],
					['allow', '10.0.0.0/8'],
					['deny', '10.0.0.1'],
					['deny', 'unix:'],
					['allow', '::1'],
				] as const,
				random.between(1, 3),
			)
			.map(([name, value]) => world.item(name, [value]));
	if (world.often('access', 4)) items.push(...rules());
	if (world.often('access', 3))
		items.push(
			world.item('auth_basic', [random.pick(['realm', 'realm', 'off'])]),
			world.item('auth_basic_user_file', ['htpasswd']),
		);
	if (world.often('access', 2)) items.push(world.item('satisfy', ['any']));
	if (world.often('methods', 5)) {
		const methods = random.some(['GET', 'POST', 'PUT', 'HEAD', 'DELETE'], random.between(1, 2));
		items.push(
			world.item(
				'limit_except',
				methods,
				random.weighted([
					[55, () => rules()],
					[30, () => [proxyPass(world, { uri: false, settable: false, around }).pass]],
					[15, () => [world.item('auth_basic', ['limited']), world.item('auth_basic_user_file', ['htpasswd'])]],
				] as const)(),
			),
		);
	}
	if (world.often('referers', 4)) {
		// nginx refuses a name that server_names brings a second time.
		const byName = random.chance(30);
		const hosts = byName
			? ['www.test.*', 'other.test/path']
			: ['*.example.com', 'example.org', 'www.test.*', 'a.example.com/path'];
		const words = [...random.some(['none', 'blocked'], random.between(0, 2)), ...random.some(hosts, random.between(1, 3))];
		if (random.chance(30)) words.push('~\\.good\\.');
		if (byName) words.push('server_names');
		items.push(world.item('valid_referers', random.some(words, words.length)));
		if (random.chance(85)) items.push(world.item('if', [{ raw: '($invalid_referer)' }], [world.item('return', ['403'])]));
	}
	if (world.often('real ip', 1)) items.push(...realAddress(world));
	return items;
}

/** Where the client's address is taken from (ngx_http_realip_module). */
export function realAddress(world: World): Item[] {
	const { random } = world;
	const items = random
		.some(['127.0.0.0/8', '127.0.0.1', '10.0.0.0/8', '10.1.2.3', 'unix:', '::1', '0.0.0.0/0'], random.between(1, 3))
		.map((from) => world.item('set_real_ip_from', [from]));
	if (random.chance(75))
		items.push(world.item('real_ip_header', [random.pick(['X-Forwarded-For', 'X-Forwarded-For', 'X-Real-IP', 'x-probe'])]));
	if (random.chance(40)) items.push(world.item('real_ip_recursive', ['on']));
	return items;
}

const IDLE: readonly (readonly [string, ...string[]])[] = [
	['gzip', 'on'],
	['tcp_nodelay', 'off'],
	['keepalive_timeout', '0'],
	['server_tokens', 'off'],
	['etag', 'off'],
	['chunked_transfer_encoding', 'off'],
	['expires', '1h'],
	['default_type', 'text/html'],
	['sendfile', 'on'],
	['proxy_connect_timeout', '5s'],
	['proxy_cookie_path', '/', '/x/'],
	['sub_filter', 'a', 'b'],
	['send_timeout', '1h'],
	['proxy_socket_keepalive', 'on'],
	['client_max_body_size', '1m'],
	['reset_timedout_connection', 'on'],
	['root', '/nowhere'],
	['index', 'i.html'],
	['recursive_error_pages', 'on'],
	['proxy_request_buffering', 'off'],
	['proxy_next_upstream', 'error', 'timeout', 'http_502'],
	['log_not_found', 'off'],
	['satisfy', 'any'],
	['proxy_ssl_server_name', 'on'],
	['proxy_ssl_verify', 'off'],
];

/** Directives that change nothing about a handshake (semantics HD39), or seldom. */
export function idle(world: World): Item[] {
	const { random } = world;
	if (!random.chance(15)) return [];
	return random.some(IDLE, random.between(1, 2)).map(([name, ...args]) => world.item(name, args));
}

const ERROR_CODES = ['400', '401', '403', '404', '405', '418', '426', '500', '502', '301', '302'] as const;

export function errorPage(world: World, around: Surroundings): Item {
	const { random } = world;
	const codes = random.some(ERROR_CODES, random.between(1, 3));
	const override = random.weighted([
		[50, []],
		[25, ['=']],
		[25, [`=${random.pick(['200', '204', '302', '404', '503'])}`]],
	] as const);
	const target = random.weighted([
		[
			around.named.length > 0 ? 45 : 3,
			(): string => `@${around.named.length > 0 && random.chance(95) ? random.pick(around.named) : 'missing'}`,
		],
		[25, (): string => random.pick(['/ws', '/api/', '/x', '/fallback', '/ws/err?e=1'])],
		[10, (): string => `/err${text(world, around).replace(/[^\w$/{}]/g, '')}`],
		[8, (): string => random.pick(['http://b.example.com/', 'https://$host/err', '$scheme://$host$request_uri'])],
	] as const)();
	return world.item('error_page', [...codes, ...override, target]);
}

/** The ways in which people send upgrades elsewhere than plain requests (semantics RT7, RT8). */
function dispatch(world: World, around: Surroundings): Item[] {
	const { random } = world;
	const code = random.pick(['418', '426', '403', '404']);
	const named = `@${random.pick(around.named)}`;
	const words = random.pick([
		['($http_upgrade)'],
		['($http_upgrade', '=', 'websocket)'],
		['($http_upgrade', '~*', '^websocket$)'],
	]);
	return [
		world.item(
			'if',
			words.map((raw) => ({ raw })),
			[world.item('return', [code])],
		),
		world.item('error_page', [
			code,
			...random.weighted([
				[60, ['=']],
				[20, []],
				[20, ['=200']],
			] as const),
			named,
		]),
	];
}

function tryFiles(world: World, around: Surroundings, kind: Kind): Item {
	const { random } = world;
	const files = random.some(['$uri', '$uri/', '/static$uri', '/none', '$uri.html', '/x/'], random.between(1, 2));
	const last = random.weighted([
		[
			around.named.length > 0 && kind !== 'named' ? 45 : 1,
			(): string => `@${around.named.length > 0 ? random.pick(around.named) : 'missing'}`,
		],
		[20, (): string => random.pick(['=404', '=503', '=403'])],
		[25, (): string => random.pick(['/ws', '/x?$args', '/api/$arg_a', '/fallback', '/ws/try?u=$uri'])],
	] as const)();
	return world.item('try_files', [...files, last]);
}
