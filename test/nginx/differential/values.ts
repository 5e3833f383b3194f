import type { Item } from './tree.ts';
import { NOWHERE, type Surroundings, type World } from './world.ts';

/* Variables: maps, geo, split_clients, and texts with variables in them. */

const BUILT_IN = [
	'host',
	'http_host',
	'uri',
	'request_uri',
	'args',
	'query_string',
	'is_args',
	'document_uri',
	'arg_a',
	'arg_x',
	'arg_missing',
	'cookie_c',
	'cookie_missing',
	'http_x_probe',
	'http_x_missing',
	'http_upgrade',
	'http_connection',
	'http_origin',
	'http_referer',
	'http_user_agent',
	'http_cookie',
	'http_sec_websocket_protocol',
	'scheme',
	'server_name',
	'server_port',
	'server_addr',
	'remote_addr',
	'request_method',
	'request',
	'server_protocol',
	'https',
	'content_length',
	'content_type',
	'proxy_host',
	'proxy_port',
	'proxy_add_x_forwarded_for',
	'http_x_forwarded_for',
	'nginx_version',
	'remote_user',
	'http_x_under_score',
	'invalid_referer',
	'limit_rate',
	'http_sec_websocket_key',
	'request_completion',
	'is_args',
	'realip_remote_addr',
	'http_authorization',
	'http_via',
] as const;

const LITERALS = [
	'upgrade',
	'Upgrade',
	'websocket',
	'close',
	'keep-alive',
	'on',
	'0',
	'1',
	'x',
	'a b',
	'ws',
	'keep-alive, Upgrade',
	'text/plain',
	'é',
	'a"b',
	"it's",
	'back\\slash',
	'semi;colon',
	'{brace}',
	'#hash',
	'a,b',
] as const;

/** A variable reference: `$name`, `${name}`, in any case. */
export function reference(world: World, around: Surroundings = NOWHERE): string {
	const { random } = world;
	const kind = random.weighted([
		[/^(?:geo|split|maps)$/.test(world.theme) ? 15 : 52, 'built-in'],
		[world.theme === 'maps' ? 80 : 24, 'own'],
		[12, 'near'],
		[12, 'capture'],
	] as const);
	if (kind === 'capture' && around.captures > 0)
		return `$${random.between(1, Math.min(9, around.captures + (random.chance(10) ? 1 : 0)))}`;
	const name =
		kind === 'own' && world.variables.length > 0
			? random.pick(world.variables)
			: kind === 'near' && around.names.length > 0
				? random.pick(around.names)
				: random.pick(BUILT_IN);
	const cased = random.chance(3) ? name.toUpperCase() : name;
	return random.chance(12) ? `\${${cased}}` : `$${cased}`;
}

/** A text as it may stand in a header's value. */
export function text(world: World, around: Surroundings = NOWHERE): string {
	const { random } = world;
	return random.weighted([
		[40, (): string => reference(world, around)],
		[22, (): string => random.pick(LITERALS)],
		[12, (): string => `${random.pick(['x-', 'v=', '/', 'ws:'])}${reference(world, around)}`],
		[12, (): string => `${reference(world, around)}${random.pick([':', '/', '-', ', ', ' '])}${reference(world, around)}`],
		[5, (): string => `${bracketed(reference(world, around))}tail`],
		[5, (): string => ''],
	] as const)();
}

function bracketed(variable: string): string {
	return variable.startsWith('${') || /^\$\d/.test(variable) ? variable : `\${${variable.slice(1)}}`;
}

/** Sources of maps, with keys that requests really have. */
const SOURCES: readonly {
	readonly source: string;
	readonly keys: readonly string[];
	readonly patterns: readonly string[];
	readonly hosts?: true;
}[] = [
	{
		source: '$http_upgrade',
		keys: ['WebSocket', 'h2c', ''],
		patterns: ['~*^websocket$', '~^web', '~(?<proto>[a-z0-9]+)$', '~.', '~^$'],
	},
	{
		source: '$http_connection',
		keys: ['Upgrade', 'keep-alive', '', 'close'],
		patterns: ['~*upgrade', '~*(^|,)\\s*upgrade', '~^(.)(.)', '~^$'],
	},
	{ source: '$http_x_probe', keys: ['one', 'two', '', 'a b'], patterns: ['~^(?<first>.)', '~*^ONE$', '~o$', '~^(?<whole>.+)$'] },
	{ source: '$arg_a', keys: ['1', 'ws', '', '2'], patterns: ['~^\\d+$', '~^(\\w)(\\w*)$', '~*WS'] },
	{
		source: '$host',
		keys: ['a.example.com', 'example.com', 'www.example.org'],
		patterns: ['~^(?<label>[^.]+)\\.', '~*\\.COM$'],
		hosts: true,
	},
	{ source: '$uri', keys: ['/ws', '/', '/api/', '/a b'], patterns: ['~^/ws', '~^/(?<part>[^/]*)', '~\\.js$', '~*^/API'] },
	{ source: '$request_uri', keys: ['/ws', '/ws?a=1', '/'], patterns: ['~\\?', '~^/(\\w+)', '~%'] },
	{ source: '$cookie_c', keys: ['blue', 'green', ''], patterns: ['~^b', '~*^GREEN'] },
	{ source: '$request_method', keys: ['GET', 'POST'], patterns: ['~^P'] },
	{ source: '$args', keys: ['', 'a=1'], patterns: ['~(^|&)a=(?<value_a>[^&]*)', '~x=(\\w+)'] },
	{
		source: '$http_origin',
		keys: ['', 'https://a.example.com', 'https://evil.test'],
		patterns: ['~^https?://([a-z]+\\.)?example\\.com(:\\d+)?$'],
	},
	{ source: '$server_port', keys: ['18001', '18002'], patterns: ['~1$'] },
	{ source: '$scheme:$server_name', keys: ['http:a.example.com', 'http:'], patterns: ['~^https:'] },
	{ source: '$http_upgrade$http_connection', keys: ['', 'websocketUpgrade'], patterns: ['~*^websocket.*upgrade$'] },
	{ source: '$remote_addr', keys: ['127.0.0.1', '10.0.0.1'], patterns: ['~^127\\.'] },
	{ source: 'http_upgrade', keys: ['websocket', 'http_upgrade'], patterns: ['~up'] },
];

const HOST_KEYS = ['*.example.com', '.example.org', 'www.example.*', 'a.example.com', 'example.com', '*.a.example.com', 'mail.*'];

/** The maps, geos and splits of an http block; their variables become known to the world. */
export function variableBlocks(world: World): Item[] {
	const { random } = world;
	const blocks: Item[] = [];
	if (random.chance(75)) blocks.push(upgradeMap(world));
	for (
		let count = random.weighted([
			[20, 0],
			[30, 1],
			[30, 2],
			[20, 3],
		]);
		count > 0;
		count--
	)
		blocks.push(map(world));
	if (world.theme === 'maps') blocks.push(map(world), map(world), map(world));
	if (random.chance(30)) blocks.push(backendMap(world));
	if (world.often('geo', 15)) blocks.push(geo(world));
	if (world.often('geo', 1)) blocks.push(geo(world));
	if (world.often('split', 15)) blocks.push(splitClients(world));
	if (world.often('split', 1)) blocks.push(splitClients(world));
	return blocks;
}

/** The map that every guide shows, right or wrong. */
function upgradeMap(world: World): Item {
	const { random } = world;
	const name = fresh(world, ['connection_upgrade', 'ws_connection', 'upgrade_header']);
	world.connectionVariables.push(name);
	const entries = random.weighted([
		[
			60,
			[
				['default', 'upgrade'],
				['', random.pick(['close', ''])],
			],
		],
		[8, [['', 'close']]],
		[
			5,
			[
				['default', 'close'],
				['', 'upgrade'],
			],
		],
		[
			9,
			[
				['websocket', 'upgrade'],
				['default', random.pick(['close', '', 'keep-alive'])],
			],
		],
		[
			9,
			[
				['~*^websocket$', 'Upgrade'],
				['default', ''],
			],
		],
		[
			5,
			[
				['default', 'keep-alive, Upgrade'],
				['', ''],
			],
		],
		[4, [['default', '$http_connection']]],
	] as const);
	return world.item(
		'map',
		[random.chance(94) ? '$http_upgrade' : 'http_upgrade', `$${name}`],
		entries.map(([key, value]) => world.item(key, [value])),
	);
}

function map(world: World): Item {
	const { random } = world;
	const name = fresh(world, ['m_one', 'm_two', 'M_Three', 'm4', 'm_five']);
	const chained = world.variables.length > 0 && random.chance(world.theme === 'maps' ? 35 : 15);
	const { source, keys, patterns, hosts } = chained
		? {
				source: `$${random.pick(world.variables)}`,
				keys: ['upgrade', 'close', '', 'a', 'b', 'ws'],
				patterns: ['~*^up', '~(.)$'],
				hosts: undefined,
			}
		: random.pick(world.theme === 'maps' && random.chance(60) ? SOURCES.filter(({ hosts }) => hosts) : SOURCES);
	const byHost = hosts === true && random.chance(world.theme === 'maps' ? 95 : 60);
	const children: Item[] = [];
	if (byHost) children.push(world.item('hostnames', []));
	if (world.often('maps', 8)) children.push(world.item('volatile', []));
	for (const key of random.some(byHost ? HOST_KEYS : keys, random.between(0, 3)))
		children.push(world.item(key, [mapValue(world, 0, [])]));
	for (const pattern of random.some(patterns, random.between(0, 2))) {
		const groups = [...pattern.matchAll(/\((?!\?[^<])/g)].length;
		const names = [...pattern.matchAll(/\(\?<(\w+)>/g)].map((match) => match[1] ?? '');
		if (groups > names.length) world.mapsCapture = true;
		children.push(world.item(pattern, [mapValue(world, groups, names)]));
	}
	if (random.chance(70)) children.splice(random.below(children.length + 1), 0, world.item('default', [mapValue(world, 0, [])]));
	if (random.chance(4)) children.push(world.item('\\default', ['escaped']));
	const item = world.item('map', [source, `$${name}`], included(world, children, world.theme === 'maps' ? 50 : 10));
	world.variables.push(name);
	return item;
}

/** Puts some of a block's entries into a file of their own. */
export function included(world: World, children: readonly Item[], percent = 10): Item[] {
	const { random } = world;
	if (children.length < 2 || !random.chance(percent)) return [...children];
	const from = random.below(children.length - 1);
	const to = random.between(from + 1, children.length);
	const part = children.slice(from, to);
	return [
		...children.slice(0, from),
		{ ...world.item('include', [], part), files: random.chance(30) ? 2 : 1 },
		...children.slice(to),
	];
}

function mapValue(world: World, groups: number, names: readonly string[]): string {
	const { random } = world;
	return random.weighted([
		[50, (): string => random.pick(['a', 'b', 'upgrade', 'close', '', '0', '1', 'ws', 'Upgrade', 'x y'])],
		[25, (): string => reference(world, { captures: groups, names, named: [] })],
		[25, (): string => `${random.pick(['p-', 'q/'])}${reference(world, { captures: groups, names, named: [] })}`],
	] as const)();
}

/** A map that chooses where requests go. */
function backendMap(world: World): Item {
	const { random } = world;
	const name = fresh(world, ['target', 'pool']);
	const target = (): string =>
		world.upstreams.length > 0 && random.chance(60)
			? random.pick(world.upstreams)
			: random.pick([world.backend(), world.backend()]);
	const { source, keys, patterns } = random.pick(SOURCES.slice(0, 9));
	const children = [
		world.item('default', [target()]),
		...random.some(keys, 2).map((key) => world.item(key, [target()])),
		...random
			.some(
				patterns.filter((pattern) => !/\((?!\?)/.test(pattern)),
				1,
			)
			.map((key) => world.item(key, [target()])),
	];
	world.backendVariables.push(name);
	return world.item('map', [source, `$${name}`], children);
}

function geo(world: World): Item {
	const { random } = world;
	const name = fresh(world, ['zone', 'near']);
	const source = random.weighted([
		[50, undefined],
		[35, '$arg_ip'],
		[15, '$remote_addr'],
	] as const);
	const children: Item[] = [];
	if (random.chance(25)) {
		children.push(world.item('ranges', []));
		for (const range of random.some(
			['127.0.0.0-127.255.255.255', '10.0.0.0-10.0.0.6', '10.0.0.7-10.0.0.9', '192.168.1.1-192.168.1.1'],
			3,
		))
			children.push(world.item(range, [random.pick(['a', 'b', 'c'])]));
	} else
		for (const net of random.some(
			[
				'127.0.0.0/8',
				'127.0.0.1',
				'10.0.0.0/24',
				'10.0.0.7',
				'10.0.0.0/8',
				'0.0.0.0/0',
				'192.168.1.1/32',
				'2001:db8::/32',
				'::1',
			],
			4,
		))
			children.push(world.item(net, [random.pick(['a', 'b', 'c', 'upgrade'])]));
	if (random.chance(60)) children.push(world.item('default', [random.pick(['none', '0', ''])]));
	world.variables.push(name);
	return world.item('geo', source === undefined ? [`$${name}`] : [source, `$${name}`], children);
}

function splitClients(world: World): Item {
	const { random } = world;
	const name = fresh(world, ['variant', 'bucket']);
	const source = random.pick(['$arg_a', '$http_x_probe', '$arg_a-$http_x_probe', '$request_uri', '$host$uri', 'constant']);
	const parts = random.pick([
		['50%', '*'],
		['10%', '20%', '*'],
		['33.3%', '33.3%', '33.4%'],
		['0.5%', '99%'],
		['100%'],
		['25%', '25%', '25%', '*'],
	] as const);
	world.variables.push(name);
	return world.item(
		'split_clients',
		[source, `$${name}`],
		parts.map((part, index) => world.item(part, [['a', 'b', 'c', 'd'][index] ?? 'e'])),
	);
}

function fresh(world: World, names: readonly string[]): string {
	const taken = new Set(
		[...world.variables, ...world.connectionVariables, ...world.backendVariables].map((name) => name.toLowerCase()),
	);
	const free = names.filter((name) => !taken.has(name.toLowerCase()));
	const name = free.length > 0 ? world.random.pick(free) : `v${taken.size}`;
	return name;
}
