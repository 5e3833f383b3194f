import { access, errorPage, idle, locations } from './locations.ts';
import { headerLines, proxySettings, upstreams } from './proxying.ts';
import { Random } from './random.ts';
import { rewritePhase } from './rewriting.ts';
import { streamBlock } from './streaming.ts';
import type { Item } from './tree.ts';
import { included, variableBlocks } from './values.ts';
import { LISTENING_SOCKET, type Listen, NET, NOWHERE, PORTS, TLS_PORT, World } from './world.ts';

/** A configuration and what is worth asking it. */
export interface Generated {
	readonly seed: number;
	readonly tree: readonly Item[];
	readonly world: World;
}

/** The configuration of a seed. */
export function generate(seed: number): Generated {
	const random = new Random(seed);
	const world = new World(random);
	const before = [...upstreams(world), ...variableBlocks(world)];
	const settings: Item[] = [];
	if (random.chance(40)) settings.push(...headerLines(world, NOWHERE));
	if (random.chance(25)) settings.push(...proxySettings(world).filter(({ name }) => name !== 'add_header'));
	if (random.chance(6)) settings.push(errorPage(world, NOWHERE));
	if (random.chance(8)) settings.push(...serverSettings(world));
	settings.push(...idle(world));
	const taken = new Set<string>();
	const servers = Array.from(
		{
			length: random.weighted([
				[world.theme === 'names' ? 0 : 35, 1],
				[30, 2],
				[22, 3],
				[13, 4],
			]),
		},
		() => server(world, taken),
	);
	const blocks = [...before, ...settings, ...servers];
	const http = random.chance(35) ? random.some(blocks, blocks.length) : blocks;
	const main = world.item('http', [], included(world, unrepeated(http), 30));
	return { seed, tree: [...streamBlock(world), main], world };
}

/** Of directives that may stand once in a level, the first. */
function unrepeated(items: readonly Item[]): Item[] {
	const seen = new Set<string>();
	return items.filter(({ name }) => {
		if (
			/^(server|map|geo|split_clients|upstream|proxy_set_header|proxy_hide_header|proxy_pass_header|error_page|add_header|location|set|if|rewrite|return|listen|server_name|allow|deny|set_real_ip_from|break|limit_except|proxy_redirect)$/.test(
				name,
			)
		)
			return true;
		if (seen.has(name)) return false;
		seen.add(name);
		return true;
	});
}

/** What a guide says that a handshake needs. */
function handshakeLines(world: World): Item[] {
	const { random } = world;
	const connection = world.connectionVariables[0];
	return [
		world.item('proxy_set_header', ['Upgrade', '$http_upgrade']),
		world.item('proxy_set_header', [
			'Connection',
			connection === undefined ? random.pick(['upgrade', 'Upgrade']) : `$${connection}`,
		]),
		...(random.chance(60) ? [world.item('proxy_set_header', ['Host', random.pick(['$host', '$http_host'])])] : []),
		world.item('proxy_http_version', ['1.1']),
	];
}

function serverSettings(world: World): Item[] {
	const { random } = world;
	const flags = [
		'merge_slashes',
		'underscores_in_headers',
		'ignore_invalid_headers',
		'absolute_redirect',
		'port_in_redirect',
		'server_name_in_redirect',
	];
	return random
		.some(flags, random.between(1, 2))
		.map((name) =>
			world.item(name, [
				random.chance(60) ? (/^(merge|ignore|absolute|port)/.test(name) ? 'off' : 'on') : random.pick(['on', 'off']),
			]),
		);
}

const ADDRESSES = [`${NET}11`, `${NET}12`] as const;

function listens(world: World, taken: Set<string>): Item[] {
	const { random } = world;
	if (world.theme === 'names') return [crowded(world, taken)];
	const made: Item[] = [];
	const own = new Set<string>();
	for (
		let count = random.weighted([
			[70, 1],
			[25, 2],
			[5, 3],
		]);
		count > 0;
		count--
	) {
		const port =
			random.weighted([
				[60, PORTS[0]],
				[30, PORTS[1]],
				[10, PORTS[2]],
			] as const) ??
			PORTS[0] ??
			'';
		const address = random.weighted([
			[55, ADDRESSES[0]],
			[15, ADDRESSES[1]],
			[20, ''],
			[10, '*'],
		] as const);
		const socket = `${address === '' ? '*' : address}:${port}`;
		if (own.has(socket)) continue;
		own.add(socket);
		const parameters: string[] = [];
		if (random.chance(10) && !taken.has(socket)) {
			parameters.push(random.chance(85) ? 'default_server' : 'default');
			taken.add(socket);
		}
		made.push(world.item('listen', [address === '' ? port : `${address}:${port}`, ...parameters]));
		const reached = address === '' || address === '*' ? [...ADDRESSES, '127.0.0.1'] : [address];
		for (const one of reached) addListen(world, { address: `${one}:${port}`, tls: false });
	}
	if (random.chance(4)) {
		made.push(world.item('listen', [LISTENING_SOCKET]));
		addListen(world, { address: LISTENING_SOCKET, tls: false });
	}
	if (random.chance(12)) {
		made.push(world.item('listen', [`${ADDRESSES[0]}:${TLS_PORT}`, 'ssl']));
		addListen(world, { address: `${ADDRESSES[0]}:${TLS_PORT}`, tls: true });
	}
	return made;
}

/** The one socket that all servers share, so that names decide. */
function crowded(world: World, taken: Set<string>): Item {
	const address = `${ADDRESSES[0]}:${PORTS[0]}`;
	const isDefault = world.random.chance(25) && !taken.has(address);
	if (isDefault) taken.add(address);
	addListen(world, { address, tls: false });
	return world.item('listen', isDefault ? [address, 'default_server'] : [address]);
}

function addListen(world: World, listen: Listen): void {
	if (!world.listens.some(({ address }) => address === listen.address)) world.listens.push(listen);
}

const NAMES: readonly {
	readonly name: string;
	readonly hosts: readonly string[];
	readonly captures?: number;
	readonly names?: readonly string[];
}[] = [
	{ name: 'a.example.com', hosts: ['a.example.com'] },
	{ name: 'b.example.com', hosts: ['b.example.com'] },
	{ name: 'example.com', hosts: ['example.com'] },
	{ name: 'WWW.Example.ORG', hosts: ['www.example.org'] },
	{ name: '*.example.com', hosts: ['x.example.com', 'a.example.com', 'a.b.example.com'] },
	{ name: '*.a.example.com', hosts: ['x.a.example.com'] },
	{ name: '.example.org', hosts: ['example.org', 'www.example.org', 'a.b.example.org'] },
	{ name: 'www.example.*', hosts: ['www.example.net', 'www.example.co.uk', 'www.example.org'] },
	{ name: 'mail.*', hosts: ['mail.test', 'mail.example.com'] },
	{ name: '~^(?<sub>[a-z]+)\\.dyn\\.test$', hosts: ['abc.dyn.test', 'ABC.dyn.test', 'a1.dyn.test'], captures: 1, names: ['sub'] },
	{ name: '~^www\\d+\\.', hosts: ['www7.example.com', 'www12.test'] },
	{ name: '~example', hosts: ['other-example.test'] },
	{ name: '~^(.+)\\.example\\.(?<tld>\\w+)$', hosts: ['p.example.io'], captures: 2, names: ['tld'] },
	{ name: '', hosts: ['', '', '', 'nobody.test'] },
	{ name: '_', hosts: ['nobody.test'] },
	{ name: '127.0.0.1', hosts: ['127.0.0.1'] },
];

function server(world: World, taken: Set<string>): Item {
	const { random } = world;
	const children: Item[] = listens(world, taken);
	let captures = 0;
	const names: string[] = [];
	if (random.chance(82)) {
		const chosen = random.some(
			world.theme === 'names'
				? [...NAMES, ...NAMES.filter(({ name }) => name === ''), ...NAMES.filter(({ name }) => name === '')]
				: NAMES,
			random.weighted([
				[55, 1],
				[30, 2],
				[15, 3],
			]),
		);
		for (const one of chosen) {
			world.hosts.push(...one.hosts);
			captures = Math.max(captures, one.captures ?? 0);
			names.push(...(one.names ?? []));
		}
		const written = chosen.map(({ name }) => name);
		if (random.chance(20) && written.length > 1) children.push(...written.map((name) => world.item('server_name', [name])));
		else children.push(world.item('server_name', written));
	}
	// Twice the same name is refused by `valid_referers server_names`.
	if (world.theme === 'names' && random.chance(25) && !children.some(({ args }) => args.includes(''))) {
		children.push(world.item('server_name', ['']));
		world.hosts.push('', '');
	}
	const named = random.some(
		['ws', 'fallback', 'App'],
		random.weighted([
			[35, 0],
			[45, 1],
			[20, 2],
		]),
	);
	const around = { captures, names, named };
	children.push(
		...random.weighted([
			[40, () => handshakeLines(world)],
			[25, () => headerLines(world, around)],
			[35, () => []],
		] as const)(),
	);
	if (random.chance(30)) children.push(...proxySettings(world));
	if (world.theme === 'redirects' || world.theme === 'headers' || random.chance(15)) children.push(...serverSettings(world));
	if (random.chance(12)) children.push(errorPage(world, around));
	if (random.chance(20))
		children.push(...access(world, around).filter(({ name, children: block }) => name !== 'limit_except' && block === undefined));
	if (random.chance(2))
		children.push(world.item('try_files', ['$uri', random.pick(['/x', '=404', `@${named[0] ?? 'missing'}`])]));
	const rewrites = rewritePhase(
		world,
		around,
		'server',
		random.weighted([
			[70, 0],
			[20, 1],
			[10, 2],
		]),
	);
	children.push(...rewrites.items);
	children.push(
		...locations(world, { prefix: undefined, depth: 0, around: { ...around, names: rewrites.names } }, random.between(1, 6)),
	);
	return world.item(
		'server',
		[],
		included(world, random.chance(25) ? random.some(unrepeated(children), children.length) : unrepeated(children), 15),
	);
}
