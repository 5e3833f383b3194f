import type { Item } from './tree.ts';
import { DEAD_BACKEND, NET, STREAM_PORT, STREAM_TLS_PORT, type World } from './world.ts';

/* `stream {}`: servers that pass bytes on, told apart by address, and on newer versions by the name in the TLS greeting. */

const HOSTS = ['a.example.com', 'b.example.com', 'www.example.org', 'x.a.example.com'] as const;
const ADDRESSES = [`${NET}11`, `${NET}12`] as const;

/** Names that choose a server by the TLS greeting, and hosts that they fit. */
const NAMES = ['a.example.com', '*.example.com', '.example.org', 'www.example.*', '~^x\\.(?<under>.+)$'] as const;

/** A stream block, in some configurations. */
export function streamBlock(world: World): Item[] {
	const { random } = world;
	if (!world.often('stream', 6)) return [];
	world.hosts.push(...HOSTS);
	const upstreams = random.some(['tunnel', 'Pool'], random.between(0, 2)).map((name) => upstream(world, name));
	const targets = upstreams.map(({ args }) => String(args[0]));
	const variables = Array.from({ length: random.between(0, 2) }, (_, index) => `s${index}`);
	const blocks = variables.map((name) => variable(world, name, targets));
	const level = random.chance(30) ? settings(world) : [];
	const servers = ADDRESSES.flatMap((address) => [
		...(random.chance(75) ? servesAt(world, `${address}:${STREAM_PORT}`, { targets, variables }, false) : []),
		...(random.chance(60) ? servesAt(world, `${address}:${STREAM_TLS_PORT}`, { targets, variables }, true) : []),
	]);
	if (servers.length === 0)
		servers.push(...servesAt(world, `${random.pick(['', '*:'])}${STREAM_PORT}`, { targets, variables }, false));
	return [world.item('stream', [], [...upstreams, ...blocks, ...level, ...servers])];
}

interface Within {
	readonly targets: readonly string[];
	readonly variables: readonly string[];
}

/** The servers of one address: one, or on nginx 1.25.5 and later several with names. */
function servesAt(world: World, listen: string, within: Within, tls: boolean): Item[] {
	const { random } = world;
	const reached = listen.includes('.') ? [listen] : ADDRESSES.map((address) => `${address}:${STREAM_PORT}`);
	// TLS ends here, or only its greeting is read and all of it goes on to a backend that speaks it.
	const ends = tls && random.chance(55);
	for (const address of reached) world.listens.push({ address, tls, sni: true });
	const first = server(world, listen, within, ends ? 'ssl' : tls ? 'preread' : 'plain');
	if (!tls || random.chance(40)) return [first];
	const more = random.some(NAMES, random.between(1, 2)).map((name) => {
		const made = server(world, listen, within, ends ? 'ssl' : 'none');
		return { ...made, since: '1.25.5', children: [world.item('server_name', [name]), ...(made.children ?? [])] };
	});
	return [first, ...more];
}

function server(world: World, listen: string, { targets, variables }: Within, kind: 'ssl' | 'preread' | 'plain' | 'none'): Item {
	const { random } = world;
	const children: Item[] = [world.item('listen', kind === 'ssl' ? [listen, 'ssl'] : [listen])];
	if (kind === 'preread' || (kind === 'plain' && random.chance(10))) children.push(world.item('ssl_preread', ['on']));
	if (random.chance(20)) children.push(...settings(world).slice(0, 1));
	const own = random.chance(20) ? 'chosen' : undefined;
	if (own !== undefined)
		children.push(
			world.item('set', [
				`$${own}`,
				variables.length > 0 && random.chance(60) ? `$${random.pick(variables)}` : backend(world, targets),
			]),
		);
	const computed = own ?? (variables.length > 0 && random.chance(60) ? random.pick(variables) : undefined);
	children.push(
		random.chance(5)
			? world.item('return', [random.pick(['hello', '$remote_addr', '$server_port'])])
			: world.item('proxy_pass', [computed === undefined ? backend(world, targets) : `$${computed}`]),
	);
	if (kind !== 'preread' && kind !== 'none' && random.chance(12)) children.push(world.item('proxy_ssl', ['on']));
	return world.item('server', [], random.chance(30) ? random.some(children, children.length) : children);
}

function backend(world: World, targets: readonly string[]): string {
	const { random } = world;
	return targets.length > 0 && random.chance(50) ? random.pick(targets) : random.chance(4) ? DEAD_BACKEND : world.backend();
}

function settings(world: World): Item[] {
	const { random } = world;
	const access = random.weighted([
		[50, []],
		[20, [['deny', '10.0.0.0/8']]],
		[12, [['deny', '127.0.0.1']]],
		[
			18,
			[
				['allow', random.pick(['127.0.0.0/8', '10.0.0.1', 'all'])],
				['deny', 'all'],
			],
		],
	] as const);
	return random.some(
		[
			...access.map(([name, what]) => world.item(name, [what])),
			world.item('proxy_timeout', ['5s']),
			world.item('proxy_connect_timeout', ['2s']),
		],
		3,
	);
}

function upstream(world: World, name: string): Item {
	const { random } = world;
	const method = random.weighted([
		[60, []],
		[20, [world.item('least_conn', [])]],
		[20, [world.item('hash', ['$remote_addr'])]],
	] as const);
	const servers = Array.from({ length: random.between(1, 3) }, (_, index) =>
		world.item('server', [
			world.backend(),
			'max_fails=0',
			...(index > 0 && method.length === 0 && random.chance(15) ? ['down'] : []),
		]),
	);
	return world.item('upstream', [name], [...method, ...servers]);
}

const SOURCES: readonly (readonly [string, readonly string[]])[] = [
	['$ssl_preread_server_name', ['a.example.com', '~^(?<sub>[a-z]+)\\.example', '', '~org$']],
	['$ssl_server_name', ['a.example.com', 'b.example.com', '']],
	['$server_port', [STREAM_PORT, STREAM_TLS_PORT]],
	['$server_addr', [ADDRESSES[0], `~${ADDRESSES[1].replaceAll('.', '\\.')}`]],
	['$remote_addr', ['127.0.0.1', '~^127', '10.0.0.1']],
	['$ssl_preread_alpn_protocols', ['http/1.1', '~h2', '']],
	['$protocol', ['TCP', 'UDP']],
];

function variable(world: World, name: string, targets: readonly string[]): Item {
	const { random } = world;
	const value = (): string => backend(world, targets);
	if (random.chance(15))
		return world.item(
			'geo',
			[...(random.chance(40) ? ['$server_addr'] : []), `$${name}`],
			[world.item('default', [value()]), world.item(random.pick(['127.0.0.0/8', `${ADDRESSES[0]}/32`, '10.0.0.0/8']), [value()])],
		);
	if (random.chance(15))
		return world.item(
			'split_clients',
			[random.pick(['$server_port', '$remote_addr$server_addr']), `$${name}`],
			[world.item(random.pick(['30%', '50%']), [value()]), world.item('*', [value()])],
		);
	const [source, keys] = random.pick(SOURCES);
	return world.item(
		'map',
		[source, `$${name}`],
		[
			...(random.chance(95) ? [world.item('default', [value()])] : []),
			...random.some(keys, 3).map((key) => world.item(key, [value()])),
		],
	);
}
