import { Random } from '../differential/random.ts';
import { type Line, NO_END, someStyle, written } from './style.ts';

/** A plain GET that the configuration takes. */
export interface PlainRequest {
	readonly port: number;
	readonly uri: string;
}

export interface BrokenProject {
	/** By path; the main file is `nginx.conf`. */
	readonly files: Readonly<Record<string, string>>;
	readonly requests: readonly PlainRequest[];
	/** What was done to it, for the report. */
	readonly mistakes: readonly string[];
}

/** The lines of a location that make a WebSocket work, by what they are for. */
type Lines = Map<string, string>;

/** What a person does wrong with the lines of one location; says whether it could. */
type Mistake = readonly [name: string, make: (lines: Lines, random: Random) => boolean];

const set =
	(key: string, value: string | readonly string[]) =>
	(lines: Lines, random: Random): boolean => {
		if (!lines.has(key)) return false;
		lines.set(key, typeof value === 'string' ? value : random.pick(value));
		return true;
	};
const drop =
	(...keys: readonly string[]) =>
	(lines: Lines): boolean =>
		keys.map((key) => lines.delete(key)).some((deleted) => deleted);
const add =
	(key: string, values: readonly string[]) =>
	(lines: Lines, random: Random): boolean => {
		lines.set(key, random.pick(values));
		return true;
	};

const MISTAKES: readonly Mistake[] = [
	['no version', drop('version')],
	['version 1.0', set('version', 'proxy_http_version 1.0')],
	['no Connection', drop('connection')],
	['no Upgrade', drop('upgrade')],
	['neither header', drop('connection', 'upgrade')],
	['nothing', drop('connection', 'upgrade', 'version', 'host')],
	[
		'wrong Connection',
		set('connection', [
			'proxy_set_header Connection $http_upgrade',
			'proxy_set_header Connection close',
			'proxy_set_header Connection keep-alive',
			'proxy_set_header Connection ""',
			'proxy_set_header Connection $http_connection_upgrade',
			"proxy_set_header Connection 'Upgrade $cu'",
			'proxy_set_header connection "upgrade;"',
		]),
	],
	[
		'wrong Upgrade',
		set('upgrade', [
			'proxy_set_header Upgrade $http_upgrde',
			'proxy_set_header Upgrade $cu',
			'proxy_set_header Upgrade $http_connection',
			'proxy_set_header Upgrade: $http_upgrade',
			'proxy_set_header UPGRADE "$http_upgrade;"',
			'add_header Upgrade $http_upgrade',
		]),
	],
	[
		'swapped',
		(lines) => {
			if (!lines.has('upgrade') || !lines.has('connection')) return false;
			lines.set('upgrade', 'proxy_set_header Upgrade $cu');
			lines.set('connection', 'proxy_set_header Connection $http_upgrade');
			return true;
		},
	],
	['twice', add('twice', ['proxy_set_header Connection close', 'proxy_set_header Upgrade h2c'])],
	['method', add('method', ['proxy_method POST'])],
	['hidden', add('hidden', ['proxy_hide_header Upgrade', 'proxy_hide_header Sec-WebSocket-Accept'])],
	['no headers', add('pass', ['proxy_pass_request_headers off'])],
	['no key', add('key', ['proxy_set_header Sec-WebSocket-Key ""', 'proxy_set_header Sec-WebSocket-Version ""'])],
	['added', add('added', ['add_header Upgrade websocket always', 'add_header Sec-WebSocket-Accept x always'])],
	['try_files', add('try', ['try_files $uri $uri/ =404'])],
	['version 2', set('version', 'proxy_http_version 2')],
	['inner if', add('if', ['if ($http_upgrade) { set $seen 1; }', 'if ($http_upgrade = "websocket") { set $seen 1; }'])],
	['limit_except', add('except', ['limit_except GET { deny all; }', 'limit_except POST { deny all; }'])],
	['no referer', add('referer', ['valid_referers server_names; if ($invalid_referer) { return 403; }'])],
	['plain Host', set('host', ['proxy_set_header Host ""', 'proxy_set_header Host $proxy_host', 'proxy_set_header Host $hostt'])],
	['zero timeout', set('timeout', 'proxy_read_timeout 0')],
	['internal', add('internal', ['internal'])],
	['fixed Upgrade', set('upgrade', 'proxy_set_header Upgrade websocket')],
	['misspelt name', misspelt],
	['lost semicolon', (lines, random) => ended(lines, random, '')],
	['two semicolons', (lines, random) => ended(lines, random, ';;')],
];

/** Directive names as fingers write them. */
function misspelt(lines: Lines, random: Random): boolean {
	const [key, line] = random.pick([...lines]);
	const wrong = line
		.replace(/^proxy_set_header/, random.pick(['proxy_set_heder', 'proxy_set_headers', 'proxy-set-header', 'Proxy_Set_Header']))
		.replace(/^proxy_http_version/, 'proxy_http_verison')
		.replace(/^proxy_read_timeout/, 'proxy_read_timout');
	lines.set(key, wrong);
	return wrong !== line;
}

function ended(lines: Lines, random: Random, end: '' | ';;'): boolean {
	const [key, line] = random.pick([...lines]);
	lines.set(key, `${line}${end === '' ? NO_END : ';'}`);
	return true;
}

const PLACES = [
	'/ws',
	'/ws/',
	'/socket.io/',
	'= /exact',
	'^~ /cable',
	'~ ^/(live|stream)/',
	'~* /hub$',
	'/api/v1/ws',
	'"/quoted/ws"',
];

/** What the http level says of `$cu`: right, wrong in a usual way, or nothing. */
const MAPS: readonly (readonly [number, string, Line | undefined])[] = [
	[12, '', { open: 'map $http_upgrade $cu', body: ['default upgrade', "'' close"] }],
	[6, '', { open: 'map $http_upgrade $cu', body: ['default upgrade', "'' ''"] }],
	[3, 'inverted map', { open: 'map $http_upgrade $cu', body: ['default close', "'' upgrade"] }],
	[3, 'map without default', { open: 'map $http_upgrade $cu', body: ["'' close"] }],
	[2, 'map of a text', { open: 'map http_upgrade $cu', body: ['default upgrade', "'' close"] }],
	[2, 'map without Upgrade', { open: 'map $http_upgrade $cu', body: ['websocket $http_upgrade', "'' close"] }],
	[4, 'no map', undefined],
];

/** A working configuration with several WebSocket and plain locations, and then a few usual mistakes in it, in one of many ways to write it. */
export function brokenProject(seed: number, ports: readonly number[], backend: number): BrokenProject {
	const random = new Random(seed);
	const mistakes: string[] = [];
	const requests: PlainRequest[] = [];
	const [, mapMistake, map] = random.weighted(MAPS.map((choice) => [choice[0], choice] as const));
	if (mapMistake !== '') mistakes.push(mapMistake);
	const http: Line[] = ['access_log off'];
	if (map !== undefined) http.push(random.chance(25) ? { file: 'conf.d/map.conf', body: [map] } : map);
	if (random.chance(40))
		http.push({ open: 'upstream chat', body: [`server 127.0.0.1:${backend}`, ...(random.chance(40) ? ['keepalive 4'] : [])] });
	const hasUpstream = http.some((line) => typeof line !== 'string' && 'open' in line && line.open === 'upstream chat');
	http.push(...common(random, mistakes, 25));
	const snippets = new Map<string, readonly Line[]>();
	let number = 0;

	const location = (path: string, isWebSocket: boolean): Line => {
		const target = hasUpstream && random.chance(50) ? 'http://chat' : `http://127.0.0.1:${backend}`;
		const body: Line[] = [`proxy_pass ${target}`];
		if (!isWebSocket) {
			if (random.chance(50)) body.push('proxy_set_header Host $host');
			return { open: `location ${path}`, body };
		}
		const lines = workingLines(random, map === undefined && random.chance(60));
		if (random.chance(65)) {
			const [name, make] = random.pick(MISTAKES);
			if (make(lines, random)) mistakes.push(`${path}: ${name}`);
		}
		const all = random.chance(30) ? random.some([...lines.values()], lines.size) : [...lines.values()];
		if (random.chance(25) && all.length > 1) {
			const cut = random.between(0, all.length - 1);
			const known = random.chance(30) ? [...snippets.keys()][0] : undefined;
			const file = known ?? `snippets/ws${++number}.conf`;
			const moved = snippets.get(file) ?? all.slice(cut);
			snippets.set(file, moved);
			body.push(...all.slice(0, cut).filter((line) => !moved.includes(line)), { file, body: moved });
		} else body.push(...all);
		if (/^(?:\^~ )?\//.test(path) && random.chance(15))
			body.push({
				open: `location ${path.replace('^~ ', '').replace(/\/$/, '')}/inner`,
				body: [`proxy_pass ${target}`],
			});
		return { open: `location ${path}`, body };
	};

	for (const port of ports.slice(0, random.between(1, ports.length))) {
		const body: Line[] = [`listen 127.0.0.1:${port}`, ...common(random, mistakes, 30)];
		for (const path of random.some(PLACES, random.between(1, 3))) {
			body.push(location(path, true));
			requests.push({
				port,
				uri: path
					.replace(/^\S+ \^?(?=\/)/, '')
					.replace(/[$]$|\/$/, '/x')
					.replace(/\(.*\)/, 'live'),
			});
		}
		for (const path of random.some(['/', '/api/', '/health'], random.between(0, 2))) {
			body.push(location(path, false));
			requests.push({ port, uri: path.replace(/\/$/, '/x') });
		}
		if (random.chance(8)) {
			body.push({
				open: `location ${random.pick(['~* ^/(?:ws|cable|socket.io)', '~ /(ws|x)'])}`,
				body: [`proxy_pass http://127.0.0.1:${backend}`],
			});
			mistakes.push('a regular expression that takes the route');
		}
		if (random.chance(15)) body.push({ open: 'location ~ \\.(?:js|css)$', body: [`proxy_pass http://127.0.0.1:${backend}`] });
		const server: Line = { open: 'server', body };
		http.push(random.chance(35) ? { file: `conf.d/site${port}.conf`, body: [server] } : server);
	}
	const files = written(
		[
			{ open: 'events', body: [] },
			{ open: 'http', body: http },
		],
		someStyle(random),
		random,
	);
	return { files, requests, mistakes };
}

function workingLines(random: Random, outright: boolean): Lines {
	const lines: Lines = new Map();
	if (random.chance(60))
		lines.set(
			'host',
			random.pick(['proxy_set_header Host $host', 'proxy_set_header Host $http_host', 'proxy_set_header Host example.com']),
		);
	lines.set('version', 'proxy_http_version 1.1');
	lines.set(
		'upgrade',
		random.pick([
			'proxy_set_header Upgrade $http_upgrade',
			'proxy_set_header Upgrade "$http_upgrade"',
			'proxy_set_header upgrade $http_upgrade',
		]),
	);
	lines.set(
		'connection',
		outright
			? random.pick([
					'proxy_set_header Connection "upgrade"',
					'proxy_set_header Connection upgrade',
					'proxy_set_header Connection $http_connection',
				])
			: 'proxy_set_header Connection $cu',
	);
	if (random.chance(40)) lines.set('real', 'proxy_set_header X-Real-IP $remote_addr');
	if (random.chance(60)) lines.set('timeout', 'proxy_read_timeout 1h');
	return lines;
}

/** What a level around locations may set, and now and then what should stand in the location. */
function common(random: Random, mistakes: string[], percent: number): readonly Line[] {
	const lines: Line[] = [];
	if (random.chance(percent)) lines.push('proxy_set_header X-Outer $server_port', 'proxy_set_header Host $host');
	if (random.chance(percent / 2)) {
		lines.push('proxy_set_header Upgrade $http_upgrade', 'proxy_set_header Connection "upgrade"');
		mistakes.push('headers on an outer level');
	}
	if (random.chance(percent / 2)) lines.push('proxy_http_version 1.1');
	if (random.chance(percent / 6)) {
		lines.push('proxy_hide_header Upgrade');
		mistakes.push('hidden on an outer level');
	}
	if (random.chance(percent / 6)) {
		lines.push('proxy_method POST');
		mistakes.push('method on an outer level');
	}
	return lines;
}
