import type { Item, Word } from './tree.ts';
import { reference, text } from './values.ts';
import { BACKENDS, type Surroundings, type World } from './world.ts';

/* The rewrite phase: set, if, rewrite, return; and the words of redirects. */

const PATTERNS: readonly {
	readonly pattern: string;
	readonly groups: number;
	readonly names: readonly string[];
	readonly paths: readonly string[];
}[] = [
	{ pattern: '^/ws/(.*)$', groups: 1, names: [], paths: ['/ws/room', '/ws/'] },
	{ pattern: '^/ws$', groups: 0, names: [], paths: ['/ws'] },
	{ pattern: '^/(?<section>[a-z]+)/(?<rest>.*)$', groups: 2, names: ['section', 'rest'], paths: ['/api/v1', '/ws/a b'] },
	{ pattern: '^/old/(\\d+)', groups: 1, names: [], paths: ['/old/12', '/old/7x'] },
	{ pattern: '\\.js$', groups: 0, names: [], paths: ['/a.js', '/ws/a.js'] },
	{ pattern: '(?i)^/API', groups: 0, names: [], paths: ['/api', '/Api/x'] },
	{ pattern: '^(/[^/]*)(/.*)?$', groups: 2, names: [], paths: ['/one', '/one/two'] },
	{ pattern: '^/.*', groups: 0, names: [], paths: [] },
	{ pattern: '^', groups: 0, names: [], paths: [] },
	{ pattern: '/a b', groups: 0, names: [], paths: ['/a b'] },
	{ pattern: '^/(ws|api)(?:/|$)', groups: 1, names: [], paths: ['/ws', '/api/'] },
	{ pattern: '/chat/?$', groups: 0, names: [], paths: ['/chat', '/ws/chat/'] },
	{ pattern: '^/(?!ws)(.*)$', groups: 1, names: [], paths: ['/api', '/ws'] },
	{ pattern: '(?<=/)ws$', groups: 0, names: [], paths: ['/a/ws'] },
	{ pattern: '^/([[:alpha:]]+)$', groups: 1, names: [], paths: ['/abc', '/a1'] },
	{ pattern: '^/(\\w)\\1', groups: 1, names: [], paths: ['/aab', '/abc'] },
	{ pattern: '^/(?:a|ab)(c|bcd)(.*)$', groups: 2, names: [], paths: ['/abcd', '/abc/x'] },
	{ pattern: '^/.{3}$', groups: 0, names: [], paths: ['/abc', '/éx'] },
	{ pattern: '^/(?i:API)/(x+?)(x*)$', groups: 2, names: [], paths: ['/api/xxx', '/API/x'] },
	{ pattern: '\\/ws\\/', groups: 0, names: [], paths: ['/a/ws/b'] },
	{ pattern: '^/x++y', groups: 0, names: [], paths: ['/xxy', '/x'] },
	{ pattern: '[^/]+$', groups: 0, names: [], paths: ['/a/b', '/a/'] },
	{ pattern: '^(?>/w|/ws)(s?)$', groups: 1, names: [], paths: ['/ws', '/w'] },
	{ pattern: '^/\\d{1,3}(?:\\.\\d+)*$', groups: 0, names: [], paths: ['/1.2.3', '/1234'] },
	{ pattern: '^/(a)?(b)?$', groups: 2, names: [], paths: ['/b', '/a', '/ab'] },
	{ pattern: '^/\\x77s', groups: 0, names: [], paths: ['/ws'] },
	{ pattern: '^/u/(\\w{2,4})/([^/]+)', groups: 2, names: [], paths: ['/u/ab/c', '/u/abcde/f'] },
];

/** A regular expression on a path. Its example paths become known to the world. */
export function pathPattern(world: World): (typeof PATTERNS)[number] {
	const chosen = world.random.pick(PATTERNS);
	world.paths.push(...chosen.paths);
	return chosen;
}

const CODES = [
	'200',
	'204',
	'301',
	'302',
	'303',
	'307',
	'308',
	'400',
	'401',
	'403',
	'404',
	'405',
	'410',
	'418',
	'426',
	'444',
	'500',
	'502',
	'503',
] as const;

export function returning(world: World, around: Surroundings): Item {
	const { random } = world;
	return random.weighted([
		[45, (): Item => world.item('return', [random.pick(CODES)])],
		[15, (): Item => world.item('return', [random.pick(['200', '404', '426', '418', '503']), text(world, around)])],
		[25, (): Item => world.item('return', [random.pick(['301', '302', '303', '307', '308']), redirectTarget(world, around)])],
		[
			10,
			(): Item =>
				world.item('return', [
					`${random.pick(['http', 'https'])}://${random.pick(['b.example.com', '$host', 'x.test:8443'])}${random.pick(['/', '/x?y=1', '$request_uri', '$uri'])}`,
				]),
		],
	] as const)();
}

function redirectTarget(world: World, around: Surroundings): string {
	const { random } = world;
	return random.weighted([
		[25, (): string => random.pick(['/x/', '/ws/', '/login?next=/a', '/a b', '/é', '/%20', 'relative', '//other.test/x'])],
		[
			20,
			(): string =>
				`${random.pick(['https://$host', '$scheme://$http_host', 'https://b.example.com', 'http://$server_name:8080'])}${random.pick(['$request_uri', '$uri', '$uri$is_args$args', '/fixed', '/$arg_a'])}`,
		],
		[15, (): string => `$uri/${random.chance(50) ? '$is_args$args' : ''}`],
		[10, (): string => `/to${reference(world, around)}`],
	] as const)();
}

export function rewriting(world: World, around: Surroundings, inside: 'server' | 'location'): Item {
	const { random } = world;
	const { pattern, groups, names } = pathPattern(world);
	const inner = { captures: groups, names: [...around.names, ...names], named: around.named };
	const to = random.weighted([
		[25, (): string => random.pick(['/ws/new', '/api/v2', '/x', '/a%20b', '/new?q=1', '/new?', '/ws?fixed=1&b=2', '/chat'])],
		[
			25,
			(): string =>
				groups > 0
					? `${random.pick(['/new/', '/ws/', '/api/', '/'])}$1${random.chance(25) ? '?' : ''}`
					: `/p$uri${random.chance(20) ? '?' : ''}`,
		],
		[10, (): string => `/q?u=${reference(world, inner)}${random.chance(30) ? '?' : ''}`],
		[10, (): string => `/v${reference(world, inner)}`],
		[
			8,
			(): string =>
				`${random.pick(['http://b.example.com', 'https://$host', '$scheme://$host'])}${groups > 0 ? '/$1' : '/moved'}`,
		],
	] as const)();
	const flag = random.weighted([
		[30, 'last'],
		[inside === 'location' ? 34 : 14, 'break'],
		[20, undefined],
		[8, 'redirect'],
		[8, 'permanent'],
	] as const);
	for (const path of ['/ws/new', '/api/v2', '/x', '/chat', '/new/room']) if (random.chance(15)) world.paths.push(path);
	return world.item('rewrite', flag === undefined ? [pattern, to] : [pattern, to, flag]);
}

export function setting(world: World, around: Surroundings, name: string): Item {
	return world.item('set', [`$${name}`, world.random.chance(15) ? '' : text(world, around)]);
}

const COMPARED: readonly {
	readonly variable: string;
	readonly values: readonly string[];
	readonly patterns: readonly string[];
}[] = [
	{
		variable: '$http_upgrade',
		values: ['websocket', 'WebSocket', ''],
		patterns: ['websocket', '^WebSocket$', '.', '^(web)(.*)$'],
	},
	{ variable: '$http_connection', values: ['Upgrade', 'keep-alive'], patterns: ['upgrade', '(^|, *)Upgrade'] },
	{ variable: '$request_method', values: ['POST', 'GET'], patterns: ['^(GET|HEAD)$', '^P'] },
	{ variable: '$args', values: ['', 'a=1'], patterns: ['a=([^&]*)', '(?<pair>x=\\w+)'] },
	{ variable: '$arg_a', values: ['1', 'ws', ''], patterns: ['^\\d$', 'w'] },
	{ variable: '$host', values: ['a.example.com', 'example.com'], patterns: ['\\.com$', '^(?<label2>[^.]+)'] },
	{ variable: '$uri', values: ['/ws', '/'], patterns: ['^/ws(/.*)?$', '(.)$'] },
	{ variable: '$request_uri', values: ['/ws', '/'], patterns: ['\\?', '^/([^?]*)'] },
	{ variable: '$http_x_probe', values: ['one', ''], patterns: ['^o', '(n)'] },
	{ variable: '$cookie_c', values: ['blue'], patterns: ['^b'] },
	{ variable: '$scheme', values: ['http', 'https'], patterns: ['s$'] },
	{ variable: '$http_origin', values: ['', 'https://a.example.com'], patterns: ['^https://a\\.'] },
	{ variable: '$invalid_referer', values: ['1', ''], patterns: ['1'] },
	{ variable: '$server_port', values: ['18001'], patterns: ['2$'] },
	{ variable: '$remote_addr', values: ['127.0.0.1', '10.1.2.3', 'unix:'], patterns: ['^10\\.'] },
	{ variable: '$server_addr', values: ['127.0.0.1'], patterns: ['^unix:', '1$'] },
];

/** The words of a condition, with the parentheses glued as people do, and what its captures are. */
function condition(
	world: World,
	around: Surroundings,
): { readonly words: readonly Word[]; readonly captures: number; readonly names: readonly string[] } {
	const { random } = world;
	const raw = (...words: string[]): readonly Word[] => {
		const glued = random.chance(75);
		const parts = glued
			? [`(${words[0]}`, ...words.slice(1, -1), words.length > 1 ? `${words.at(-1)})` : '']
			: ['(', ...words, ')'];
		if (glued && words.length === 1) return [{ raw: `(${words[0]})` }];
		return parts.map((word) => ({ raw: word }));
	};
	const quoted = (value: string): string =>
		value === '' || /[\s;{}()]/.test(value) || random.chance(30)
			? `"${value.replace(/\\(?=["\\])/g, '\\\\').replaceAll('"', '\\"')}"`
			: value;
	const { variable, values, patterns } =
		random.chance(20) && world.variables.length + around.names.length > 0
			? {
					variable: `$${random.pick([...world.variables, ...around.names])}`,
					values: ['a', 'upgrade', '1', ''],
					patterns: ['^.', 'a|b', '(.)'],
				}
			: random.pick(COMPARED);
	return random.weighted([
		[22, () => ({ words: raw(variable), captures: 0, names: [] })],
		[22, () => ({ words: raw(variable, '=', quoted(random.pick(values))), captures: 0, names: [] })],
		[14, () => ({ words: raw(variable, '!=', quoted(random.pick(values))), captures: 0, names: [] })],
		[
			34,
			() => {
				const pattern = random.pick(patterns);
				const operator = random.pick(['~', '~*', '~', '~*', '!~', '!~*']);
				const negative = operator.startsWith('!');
				return {
					words: raw(variable, operator, quoted(pattern)),
					captures: negative ? 0 : [...pattern.matchAll(/\((?!\?[^<])/g)].length,
					names: negative ? [] : [...pattern.matchAll(/\(\?<(\w+)>/g)].map((match) => match[1] ?? ''),
				};
			},
		],
		[
			8,
			() => ({
				words: raw(
					random.pick(['-f', '-d', '-e', '-x', '!-f', '!-d', '!-e', '!-x']),
					random.pick(['$request_filename', '$document_root$uri', '/nowhere/$arg_a']),
				),
				captures: 0,
				names: [],
			}),
		],
	] as const)();
}

/** An `if` block for server or location level. `here`: what may stand in it beyond the rewrite module. */
export function iffing(world: World, around: Surroundings, inside: 'server' | 'location', here: readonly (() => Item)[]): Item {
	const { random } = world;
	const { words, captures, names } = condition(world, around);
	const inner: Surroundings = { captures, names: [...around.names, ...names], named: around.named };
	const children: Item[] = [];
	for (
		let count = random.weighted([
			[60, 1],
			[30, 2],
			[10, 3],
		]);
		count > 0;
		count--
	)
		children.push(
			random.weighted([
				[30, (): Item => returning(world, inner)],
				[20, (): Item => setting(world, inner, random.pick(around.names.length > 0 ? around.names : ['later']))],
				[20, (): Item => rewriting(world, inner, inside)],
				[6, (): Item => world.item('break', [])],
				[inside === 'location' && here.length > 0 ? 45 : 0, (): Item => random.pick(here)()],
			] as const)(),
		);
	return world.item('if', words, withoutTwins(children));
}

/** `proxy_pass` and the like may stand once in a block. */
export function withoutTwins(children: readonly Item[]): Item[] {
	const seen = new Set<string>();
	return children.filter(({ name }) => {
		if (!/_pass$|^(try_files|auth_basic|auth_basic_user_file|internal|proxy_http_version|root|alias|satisfy)$/.test(name))
			return true;
		const key = name.endsWith('_pass') ? 'pass' : name === 'alias' ? 'root' : name;
		if (seen.has(key)) return false;
		seen.add(key);
		return true;
	});
}

/** The rewrite module's directives of one level. */
export function rewritePhase(
	world: World,
	around: Surroundings,
	inside: 'server' | 'location',
	amount: number,
	here: readonly (() => Item)[] = [],
): { readonly items: Item[]; readonly names: readonly string[] } {
	const { random } = world;
	const items: Item[] = [];
	const names: string[] = [...around.names];
	for (let count = amount; count > 0; count--) {
		const near = { ...around, names };
		items.push(
			random.weighted([
				[inside === 'server' ? 4 : 10, (): Item => returning(world, near)],
				[25, (): Item => rewriting(world, near, inside)],
				[
					25,
					(): Item => {
						const name = random.weighted([
							[23, 'first_var'],
							[23, 'second'],
							[23, 'backend_name'],
							[23, 'Mixed'],
							[5, 'args'],
							[3, 'http_x_probe'],
						] as const);
						const item = setting(world, near, name);
						names.push(name);
						return item;
					},
				],
				[30, (): Item => iffing(world, near, inside, here)],
				[4, (): Item => world.item('break', [])],
			] as const)(),
		);
	}
	return { items, names };
}

/** `set` of a variable to something that can be proxied to. */
export function settingBackend(world: World, name: string): Item {
	const { random } = world;
	return world.item('set', [
		`$${name}`,
		world.upstreams.length > 0 && random.chance(50) ? random.pick(world.upstreams) : random.pick(BACKENDS.slice(0, 5)),
	]);
}
