import type { Random } from './random.ts';
import type { Listen, Theme, World } from './world.ts';

/** A request to send. */
export interface Asked {
	readonly listen: Listen;
	readonly method: string;
	/** The raw target. */
	readonly uri: string;
	readonly httpVersion: '1.0' | '1.1';
	readonly headers: readonly (readonly [string, string])[];
}

/** Requests worth asking this configuration. */
export function requests(world: World, random: Random, count: number): Asked[] {
	return Array.from({ length: count }, () => request(world, random));
}

function request(world: World, random: Random): Asked {
	const listen =
		random.chance(97) && world.listens.length > 0
			? random.pick(world.listens)
			: { address: random.pick(['127.77.77.12:18003', '127.77.77.11:18002', '127.0.0.1:18001']), tls: false };
	const httpVersion = random.chance(95) ? '1.1' : '1.0';
	const method = random.weighted([
		[world.theme === 'methods' ? 30 : 88, 'GET'],
		[4, 'POST'],
		[2, 'HEAD'],
		[2, 'PUT'],
		[1, 'DELETE'],
		[1, 'OPTIONS'],
		[1, random.pick(['TRACE', 'PATCH', 'PROPFIND', 'BREW', 'get'])],
	] as const);
	const host = hostOf(world, random);
	const headers: (readonly [string, string])[] = [];
	if (host !== undefined && (httpVersion === '1.1' || random.chance(70))) headers.push(['Host', host]);
	if (random.chance(1)) headers.push(['Host', 'second.test']);
	headers.push(...handshake(random), ...extras({ random, theme: world.theme }, method));
	let uri = target(world, random);
	if (random.chance(2))
		uri = `${random.pick(['http', 'HTTP', 'https'])}://${host === undefined || host === '' ? 'b.example.com' : host}${uri}`;
	return { listen, method, uri, httpVersion, headers: random.chance(25) ? random.some(headers, headers.length) : headers };
}

function hostOf(world: World, random: Random): string | undefined {
	const host =
		world.hosts.length > 0 && random.chance(82)
			? random.pick(world.hosts)
			: random.pick([
					'nobody.test',
					'a.example.com',
					'x.example.com',
					'example.com',
					'127.0.0.1',
					'127.77.77.11',
					'[::1]',
					'www.example.net',
				]);
	return random.weighted<() => string | undefined>([
		[76, (): string => host],
		[6, (): string => host.toUpperCase()],
		[6, (): string => `${host}:${random.pick(['18001', '80', '8443', ''])}`],
		[3, (): string => `${host}.`],
		[2, (): string => `${host}.:8080`],
		[2, (): string => ''],
		[
			1,
			(): string =>
				random.pick([
					'a b',
					'a/b',
					'a..b',
					'.a',
					'a_b.test',
					'é.test',
					'[::1',
					':80',
					'a\\b',
					'host:port',
					'a:b:c',
					'-',
					'a,b',
					'*',
				]),
		],
		[1, (): undefined => undefined],
	])();
}

/** The headers of a handshake: mostly right, else one of the ways in which clients and proxies differ. */
function handshake(random: Random): (readonly [string, string])[] {
	if (random.chance(14)) return random.chance(50) ? [] : [['Connection', random.pick(['close', 'keep-alive'])]];
	const headers: (readonly [string, string])[] = [];
	const upgrade = random.weighted([
		[84, 'websocket'],
		[6, 'WebSocket'],
		[3, 'h2c'],
		[2, ''],
		[2, 'websocket, h2c'],
		[3, undefined],
	] as const);
	const connection = random.weighted([
		[62, 'Upgrade'],
		[15, 'keep-alive, Upgrade'],
		[8, 'upgrade'],
		[4, 'close'],
		[4, 'keep-alive'],
		[2, 'close, Upgrade'],
		[2, ''],
		[3, undefined],
	] as const);
	if (connection !== undefined) headers.push(['Connection', connection]);
	if (upgrade !== undefined) headers.push([random.chance(5) ? 'UPGRADE' : 'Upgrade', upgrade]);
	if (random.chance(1)) headers.push(['Upgrade', 'second']);
	if (random.chance(1)) headers.push(['Connection', 'second']);
	if (random.chance(97)) headers.push(['Sec-WebSocket-Version', random.chance(97) ? '13' : '8']);
	if (random.chance(97)) headers.push(['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==']);
	return headers;
}

function extras({ random, theme }: Pick<World, 'random' | 'theme'>, method: string): (readonly [string, string])[] {
	const often = (about: Theme, percent: number): number => (theme === about ? 60 : percent);
	const headers: (readonly [string, string])[] = [];
	const maybe = (percent: number, name: string, values: readonly string[]): void => {
		if (random.chance(percent)) headers.push([name, random.pick(values)]);
	};
	maybe(40, 'X-Probe', ['one', 'two', 'a b', 'ONE', '', 'zero', 'é', 'tail ']);
	maybe(4, 'X-Probe', ['again']);
	maybe(often('headers', 25), 'Cookie', [
		'c=blue',
		'd=1; c=green',
		'c=blue; c=green',
		'C=up',
		'cc=1;c=2',
		'c',
		'c=',
		'c="q"',
		'xc=no',
	]);
	maybe(often('headers', 4), 'Cookie', ['e=5; c=second']);
	maybe(18, 'Origin', [
		'https://a.example.com',
		'https://example.com:8443',
		'https://evil.test',
		'null',
		'http://evil-example.com',
	]);
	maybe(often('referers', 15), 'Referer', [
		'http://a.example.com/',
		'https://www.example.com/x',
		'http://example.org',
		'http://x.good.test/',
		'nonsense',
		'http://www.test.de/',
		'https://A.EXAMPLE.COM/path/1',
		'',
		'http://evil.test/?http://a.example.com',
		'ftp://a.example.com/',
	]);
	maybe(often('real ip', 8), 'X-Forwarded-For', [
		'10.1.2.3',
		'10.1.2.3, 10.0.0.1',
		'10.1.2.3,127.0.0.1',
		'192.168.1.1 , 10.0.0.7',
		'bad',
		'10.0.0.7:8080',
		'::1',
		'[::1]:80',
		'1.2.3',
		'10.0.0.1, bad',
		'',
	]);
	maybe(often('real ip', 3), 'X-Forwarded-For', ['9.9.9.9']);
	maybe(often('access', 4), 'Authorization', ['Basic dTpw', 'Bearer x', 'Digest y', 'basic !', 'Basic', 'Token']);
	maybe(6, 'User-Agent', ['Mozilla/5.0', '']);
	maybe(often('headers', 4), 'X_Under_Score', ['1']);
	maybe(often('headers', 1), 'X.Dot', ['1']);
	maybe(3, 'Sec-WebSocket-Protocol', ['chat, superchat']);
	maybe(2, 'Content-Type', ['text/plain']);
	maybe(3, 'Accept-Encoding', ['gzip']);
	maybe(2, 'Via', ['1.1 first', '']);
	maybe(1, 'TE', ['trailers']);
	maybe(2, 'Keep-Alive', ['5']);
	maybe(often('real ip', 1), 'X-Real-IP', ['10.0.0.7', '10.1.2.3', 'x', '192.168.1.1:99', '2001:db8::7']);
	if (random.chance(2)) headers.push(['Transfer-Encoding', random.pick(['chunked', 'Chunked', 'gzip'])]);
	else if (method === 'POST' || method === 'PUT' || method === 'PATCH') headers.push(['Content-Length', '0']);
	else if (random.chance(1)) headers.push(['Content-Length', '0']);
	return headers;
}

/** A raw request target: a known path, often written in another way, often with a query. */
function target(world: World, random: Random): string {
	let path =
		world.paths.length > 0 && random.chance(85)
			? random.pick(world.paths)
			: random.pick(['/', '/ws', '/ws/', '/api/x', '/nowhere', '/WS', '/wsabc', '/index.html', '/ws/a.js', '/a/b/c']);
	if (random.chance(12)) path += random.pick(['/', 'x', '/y', '/room/1', '.js', '//']);
	let raw = random.chance(90) ? encodePath(path) : Buffer.from(path).includes(0x20) ? encodePath(path) : path;
	if (random.chance(17)) raw = varied(raw, random);
	if (random.chance(40))
		raw += `?${random.pick(['a=1', 'a=ws', 'x=1&a=2', 'a=1&a=2', '', 'A=1', 'a=%20&x=y', 'a', 'aa=1', 'x=ws#frag', 'u=/../..', 'a=1?b=2', 'ip=10.0.0.7', 'ip=10.0.0.8&a=ws', 'ip=192.168.1.1', 'ip=bad', 'a=é', 'a=+b', '&&a=3', 'a=b=c'])}`;
	return raw;
}

function encodePath(path: string): string {
	return [...path]
		.map((character) =>
			/[\w\-./~:@!$&'()*+,;=%]/.test(character) && character !== '%'
				? character
				: [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
		)
		.join('');
}

/** The same path, or nearly, written otherwise. */
function varied(raw: string, random: Random): string {
	const at = random.below(raw.length + 1);
	const inserted = (text: string): string => raw.slice(0, at) + text + raw.slice(at);
	const slash = raw.indexOf('/', random.below(raw.length));
	const atSlash = (text: string): string => (slash === -1 ? raw : `${raw.slice(0, slash)}${text}${raw.slice(slash + 1)}`);
	return random.weighted([
		[14, (): string => atSlash('//')],
		[10, (): string => atSlash('/./')],
		[10, (): string => atSlash('/zz/../')],
		[4, (): string => atSlash('/zz/%2e%2E/')],
		[4, (): string => atSlash('%2F')],
		[3, (): string => atSlash('/../')],
		[6, (): string => inserted('%20')],
		[4, (): string => inserted('+')],
		[3, (): string => inserted(';p=1')],
		[3, (): string => inserted('#frag')],
		[3, (): string => inserted('%c3%a9')],
		[3, (): string => inserted('é')],
		[2, (): string => inserted('%25')],
		[2, (): string => inserted('%3F')],
		[2, (): string => inserted('%00')],
		[2, (): string => inserted('%zz')],
		[1, (): string => inserted('%')],
		[2, (): string => inserted('"')],
		[1, (): string => inserted('\\')],
		[1, (): string => (/[^ ]\/[^ ]/.test(raw) ? raw.replace(/(?<=[^ ]\/)(?=[^ ])/, ' ') : raw)],
		[2, (): string => inserted('...')],
		[2, (): string => `${raw}/..`],
		[2, (): string => `${raw}/.`],
		[1, (): string => raw.slice(1)],
		[1, (): string => random.pick(['*', '/../x', '?a=1', '//', '/.', '/..', '/%2e', ''])],
		[12, (): string => raw.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`)],
		[8, (): string => raw.toUpperCase()],
	] as const)();
}
