import { describe, expect, it } from 'vitest';
import { type Asked, modelOf } from './asking.ts';

const MAP = `map $http_upgrade $connection_upgrade { default upgrade; '' close; }`;

function ask(location: string, asked: Asked = {}, version = '1.26.3', around = '') {
	const prediction = modelOf(
		`${MAP} upstream back_end { server 127.0.0.1:9001; } server { listen 8080; ${around} location / { ${location} } }`,
		version,
	).predict(asked);
	return {
		headers: Object.fromEntries(prediction.upstream?.headers ?? []),
		version: prediction.upstream?.httpVersion,
		obstacles: prediction.obstacles.map(({ code }) => code),
		upgrade: prediction.upgrade,
	};
}

const PASS = 'proxy_pass http://127.0.0.1:9001;';
const VERSION = 'proxy_http_version 1.1;';
const UPGRADE = 'proxy_set_header Upgrade $http_upgrade;';
const BOTH = `${VERSION} ${UPGRADE} proxy_set_header Connection upgrade;`;

describe('the headers that the backend gets', () => {
	it.each([
		['HD1: nothing set', PASS, ['http-1.0', 'upgrade-missing', 'connection-missing']],
		['HD2: Upgrade alone', `${PASS} ${VERSION} ${UPGRADE}`, ['connection-missing']],
		['HD3: Connection alone', `${PASS} ${VERSION} proxy_set_header Connection upgrade;`, ['upgrade-missing']],
		['HD4: no HTTP version', `${PASS} ${UPGRADE} proxy_set_header Connection upgrade;`, ['http-1.0']],
		['HD6: HTTP/2', `${PASS} proxy_http_version 2; ${UPGRADE} proxy_set_header Connection upgrade;`, ['http-2']],
		[
			'HD7: Connection $http_upgrade',
			`${PASS} ${VERSION} ${UPGRADE} proxy_set_header Connection $http_upgrade;`,
			['connection-value'],
		],
		[
			'HD8: swapped',
			`${PASS} ${VERSION} proxy_set_header Upgrade $connection_upgrade; proxy_set_header Connection $http_upgrade;`,
			['upgrade-value', 'connection-value'],
		],
		[
			'HD10: a bad token',
			`${PASS} ${VERSION} ${UPGRADE} proxy_set_header Connection "Upgrade $connection_upgrade";`,
			['connection-value'],
		],
		['HD11: close', `${PASS} ${VERSION} ${UPGRADE} proxy_set_header Connection close;`, ['connection-value']],
		['HD11: empty', `${PASS} ${VERSION} ${UPGRADE} proxy_set_header Connection "";`, ['connection-missing']],
		['HD12: a list', `${PASS} ${VERSION} ${UPGRADE} proxy_set_header Connection "keep-alive, UPGRADE";`, []],
		['HD13: the client’s own', `${PASS} ${VERSION} ${UPGRADE} proxy_set_header Connection $http_connection;`, []],
		[
			'HD15: a misspelt header variable',
			`${PASS} ${VERSION} proxy_set_header Upgrade $http_upgrde; proxy_set_header Connection upgrade;`,
			['upgrade-missing'],
		],
		['a line in an if, which nginx refuses', `${PASS} ${BOTH} if ($http_upgrade) { proxy_set_header Connection close; }`, []],
		[
			'a variable that is a number',
			`${PASS} ${VERSION} ${UPGRADE} proxy_set_header Connection $connection-upgrade;`,
			['connection-value'],
		],
		['HD21: Upgrade twice', `${PASS} ${BOTH} ${UPGRADE}`, ['upgrade-value']],
		['HD21: one of two Connection lines is empty', `${PASS} ${BOTH} proxy_set_header connection "";`, []],
		[
			'HD22: names in any case',
			`${PASS} ${VERSION} proxy_set_header upgrade $http_upgrade; proxy_set_header CONNECTION upgrade;`,
			[],
		],
		[
			'HD23: a colon in the name',
			`${PASS} ${VERSION} proxy_set_header Upgrade: $http_upgrade; proxy_set_header Connection upgrade;`,
			['upgrade-value'],
		],
		['HD24: a variable as name', `${PASS} ${BOTH} proxy_set_header $x y;`, []],
		[
			'HD25: a backslash',
			`${PASS} ${VERSION} proxy_set_header Upgrade \\$http_upgrade; proxy_set_header Connection upgrade;`,
			['upgrade-value'],
		],
		[
			'HD26: add_header is for the answer',
			`${PASS} ${VERSION} add_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;`,
			['upgrade-missing'],
		],
		['HD27: no client headers', `${PASS} ${BOTH} proxy_pass_request_headers off;`, ['key-missing', 'key-missing']],
		['HD28: no key', `${PASS} ${BOTH} proxy_set_header Sec-WebSocket-Key "";`, ['key-missing']],
		['HD31: Upgrade hidden', `${PASS} ${BOTH} proxy_hide_header Upgrade;`, ['response-header-hidden']],
		['HD31: hidden and passed again', `${PASS} ${BOTH} proxy_hide_header Upgrade; proxy_pass_header Upgrade;`, []],
		['HD32: the accept key hidden', `${PASS} ${BOTH} proxy_hide_header Sec-WebSocket-Accept;`, ['response-header-hidden']],
		['HD33: Connection hidden', `${PASS} ${BOTH} proxy_hide_header Connection;`, []],
		['HD34: Upgrade added always', `${PASS} ${BOTH} add_header Upgrade websocket always;`, ['response-header-added']],
		['HD34: Upgrade added, which a 101 is spared', `${PASS} ${BOTH} add_header Upgrade websocket;`, []],
		['HD35: a protocol added', `${PASS} ${BOTH} add_header Sec-WebSocket-Protocol x always;`, ['response-header-added']],
		['HD37: another method', `${PASS} ${BOTH} proxy_method POST;`, ['method']],
		['HD39: what has no effect', `${PASS} ${BOTH} proxy_buffering off; gzip on; proxy_socket_keepalive on; proxy_store off;`, []],
		['TO10: a timeout of 0', `${PASS} ${BOTH} proxy_read_timeout 0;`, ['response-status']],
		['BK6: fastcgi makes no tunnel', 'fastcgi_pass 127.0.0.1:9001;', ['module']],
		['BK6: grpc makes none', 'grpc_pass 127.0.0.1:9001;', ['module']],
		['BK7: uwsgi needs no header lines', 'include uwsgi_params; uwsgi_pass 127.0.0.1:9001;', []],
		['a uwsgi backend must be told the method', 'uwsgi_param X y; uwsgi_pass 127.0.0.1:9001;', ['method']],
		['BK7: scgi needs none', 'scgi_param REQUEST_METHOD $request_method; scgi_pass 127.0.0.1:9001;', []],
	] as const)('%s', (_says, location, obstacles) => {
		const answer = ask(location);
		expect(answer.obstacles).toEqual(obstacles);
		expect(answer.upgrade).toBe(obstacles.length === 0);
	});

	it('§0.2: the defaults of each version', () => {
		expect(ask(PASS, {}, '1.29.6')).toMatchObject({ version: '1.0', headers: { host: '127.0.0.1:9001', connection: 'close' } });
		expect(ask(PASS, {}, '1.29.7')).toMatchObject({ version: '1.1', headers: { host: '127.0.0.1:9001' } });
		expect(ask(PASS, {}, '1.29.7').headers).not.toHaveProperty('connection');
		expect(ask(`${PASS} ${UPGRADE} proxy_set_header Connection upgrade;`, {}, '1.30.6').upgrade).toBe(true);
		expect(
			ask(`${PASS} proxy_http_version 1.0; ${UPGRADE} proxy_set_header Connection upgrade;`, {}, '1.30.6').obstacles,
		).toEqual(['http-1.0']);
	});

	it('HD38: the client needs an Upgrade header of any kind, and no Connection', () => {
		const client: Asked = {
			plain: true,
			headers: [
				['Upgrade', 'websocket'],
				['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
				['Sec-WebSocket-Version', '13'],
			],
		};
		expect(ask(`${PASS} ${BOTH}`, client).upgrade).toBe(true);
		expect(ask(`${PASS} ${BOTH}`, { ...client, httpVersion: '1.0' }).upgrade).toBe(true);
	});

	it('HD19: a hard-coded handshake does not open a tunnel for a plain request', () => {
		const hard = `${PASS} ${VERSION} proxy_set_header Upgrade websocket; proxy_set_header Connection upgrade;`;
		expect(ask(hard, { plain: true })).toMatchObject({
			upgrade: false,
			headers: { upgrade: 'websocket', connection: 'upgrade' },
		});
		expect(ask(hard, { plain: true }).obstacles).toContain('client-request');
	});

	it('IN1: lines of the server are lost to one line of the location; IN4: the version is not', () => {
		const lost = ask(`${PASS} proxy_set_header X-Real-IP $remote_addr;`, {}, '1.26.3', BOTH);
		expect(lost).toMatchObject({
			version: '1.1',
			obstacles: ['upgrade-missing', 'connection-missing'],
			headers: { 'x-real-ip': '127.0.0.1' },
		});
		expect(ask(PASS, {}, '1.26.3', BOTH).upgrade).toBe(true);
	});

	it('IN13: Host lines since 1.31.4', () => {
		const twice = `${PASS} proxy_set_header Host a; proxy_set_header X 1; proxy_set_header Host b;`;
		expect(ask(twice, {}, '1.30.6').headers.host).toBe('a, b');
		expect(ask(twice, {}, '1.31.4').headers.host).toBe('b');
		expect(ask(`${PASS} proxy_set_header Host "";`, {}, '1.30.6').headers).not.toHaveProperty('host');
		expect(ask(`${PASS} proxy_set_header Host "";`, {}, '1.31.4').headers.host).toBe('127.0.0.1:9001');
	});

	it('BK1, BK4: Host is the upstream’s name by default', () => {
		expect(ask('proxy_pass http://back_end;').headers.host).toBe('back_end');
		expect(ask('proxy_pass http://Local.example:80;').headers.host).toBe('Local.example');
		expect(ask('proxy_pass https://Local.example:80;').headers.host).toBe('Local.example:80');
		expect(ask('proxy_pass http://unix:/run/app.sock;').headers.host).toBe('localhost');
	});

	it('joins a header that is sent twice', () => {
		expect(ask(`${PASS} proxy_set_header X-A 1; proxy_set_header x-a 2;`).headers['x-a']).toBe('1, 2');
	});

	it('reads a client’s header lines as each version does', () => {
		const asked: Asked = {
			headers: [
				['X-M', 'a'],
				['X-M', 'b'],
				['X_U', 'under'],
			],
		};
		const location = `${PASS} proxy_set_header A $http_x_m; proxy_set_header B $http_x_u;`;
		expect(ask(location, asked, '1.22.1').headers.a).toBe('a');
		expect(ask(location, asked, '1.26.3').headers.a).toBe('a, b');
		expect(ask(location, asked).headers).not.toHaveProperty('b');
		expect(ask(location, asked, '1.26.3', 'underscores_in_headers on;').headers.b).toBe('under');
	});

	it('keeps what cannot be known as its variable, and the outcome known', () => {
		expect(ask(`${PASS} ${BOTH} proxy_set_header X-Id "r-$request_id";`)).toMatchObject({
			upgrade: true,
			headers: { 'x-id': 'r-$request_id' },
		});
	});
});

describe('the silence a tunnel survives', () => {
	const idle = (location: string, around = ''): number | null =>
		modelOf(`server { listen 8080; ${around} location / { ${location} } }`).predict({}).idleTimeoutMs;
	it.each([
		['TO1: 60 s by default', PASS, 60_000],
		['TO11: units', `${PASS} proxy_read_timeout 1h30m;`, 5_400_000],
		['TO11: a bare number is seconds', `${PASS} proxy_read_timeout 90;`, 90_000],
		['TO13: uwsgi has its own', 'uwsgi_pass 127.0.0.1:1; proxy_read_timeout 1h; uwsgi_read_timeout 500ms;', 500],
		['TO13: scgi too', 'scgi_pass 127.0.0.1:1;', 60_000],
		['BK6: fastcgi has no tunnel', 'fastcgi_pass 127.0.0.1:1;', null],
	])('%s', (_says, location, milliseconds) => {
		expect(idle(location)).toBe(milliseconds);
	});
	it('IN4: comes from the nearest level', () => {
		expect(idle(PASS, 'proxy_read_timeout 1d;')).toBe(86_400_000);
	});
});
