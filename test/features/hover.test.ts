import { expect, test } from 'vitest';
import type { Hover, MarkupContent } from 'vscode-languageserver/node';
import { type SessionOptions, uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';

/** The hover at `‸` of a main file. */
async function hoverAt(marked: string, options: SessionOptions = {}): Promise<{ text: string; on: string } | undefined> {
	const session = await start(options);
	const { caret } = await session.open(MAIN, marked);
	const hover = await session.at<Hover | null>('textDocument/hover', MAIN, caret);
	if (hover === null || hover.range === undefined) return undefined;
	return { text: (hover.contents as MarkupContent).value, on: session.document(MAIN).getText(hover.range) };
}

const around = (location: string, http = ''): string => `events {}
http {
	map $http_upgrade $connection_upgrade {
		default upgrade;
		'' close;
	}
${http}	server {
		listen 8080;
		server_name chat.example.com;
		${location}
	}
}
`;

const ROUTE = `location /ws/ {
			proxy_pass http://127.0.0.1:9000/app/;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $connection_upgrade;
			proxy_read_timeout 5m;
		}`;

test.each([
	['the location', 'location /ws/', 'location /w‸s/'],
	['its handler', 'proxy_pass', 'proxy_pa‸ss'],
	['a header', 'Connection $', 'Connec‸tion $'],
	['the timeout', 'proxy_read_timeout 5m', 'proxy_read_timeout 5‸m'],
])('on %s stands what the backend receives', async (_, from, to) => {
	const found = await hoverAt(around(ROUTE.replace(from, to)));
	expect(found?.text).toContain('A WebSocket handshake **fails** at `ws://chat.example.com:8080/ws/`');
	expect(found?.text).toContain(
		'`127.0.0.1:9000` receives `GET /app/ HTTP/1.0`, `Upgrade: websocket`, `Connection: upgrade`, `Host: 127.0.0.1:9000`',
	);
	expect(found?.text).toContain('idle limit 5 min');
	expect(found?.text).toContain(`\`proxy_set_header Connection $connection_upgrade\` ([line 13](${uriOf(MAIN)}#L13))`);
});

test('the version that is set decides', async () => {
	const found = await hoverAt(around(ROUTE.replace('proxy_pa', 'proxy_pa‸')), { settings: { nginxVersion: '1.30' } });
	expect(found?.text).toContain('A WebSocket handshake **upgrades**');
	expect(found?.text).toContain('HTTP/1.1');
});

test('a value that comes from the http level is told with its line', async () => {
	const found = await hoverAt(around(ROUTE.replace('location /w', 'location /w‸'), '\tproxy_http_version 1.1;\n'));
	expect(found?.text).toContain(`\`proxy_http_version 1.1\` ([line 7](${uriOf(MAIN)}#L7))`);
});

test('on a variable stands the block that defines it', async () => {
	const found = await hoverAt(around(ROUTE.replace('$connection_', '$conn‸ection_')));
	expect(found?.on).toBe('$connection_upgrade');
	expect(found?.text).toContain("map $http_upgrade $connection_upgrade {\n\tdefault upgrade;\n\t'' close;\n}");
	expect(found?.text).toContain(`[nginx.conf, line 3](${uriOf(MAIN)}#L3)`);
});

test("on one of nginx's own variables stands its documentation", async () => {
	const found = await hoverAt(around('return 200 $hos‸t;'));
	expect(found?.on).toBe('$host');
	expect(found?.text).toMatch(/\$host.*nginx's own/);
	expect((await hoverAt(around('return 200 $http_sec_web‸socket_key;')))?.text).toMatch(/header/);
});

test('on a directive stand its forms, its default for the version in force, its contexts, and the documentation', async () => {
	const old = await hoverAt(around('proxy_http_v‸ersion 1.1;'));
	expect(old?.on).toBe('proxy_http_version');
	expect(old?.text).toContain('Default in nginx 1.28.0: `1.0`');
	expect(old?.text).toContain('In: http, server, location');
	expect(old?.text).toContain('https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version');
	const young = await hoverAt(around('proxy_http_v‸ersion 1.1;'), { settings: { nginxVersion: '1.29.7' } });
	expect(young?.text).toContain('Default in nginx 1.29.7: `1.1`');
});

test('the same name means another directive in another context', async () => {
	const http = await hoverAt(around('location / { proxy_pa‸ss http://a; }'));
	expect(http?.text).toContain('ngx_http_proxy_module');
	const stream = await hoverAt('stream { server { listen 1; proxy_pa‸ss a:1; } }\n');
	expect(stream?.text).toContain('ngx_stream_proxy_module');
});

test.each([
	['white space', around('‸  return 200;').replace('\n\t\t‸', '\n\t‸\t')],
	['a comment', around('# pro‸xy_pass')],
	['an argument that has nothing to tell', around('root /sr‸v;')],
	['a name that nobody knows', around('whatev‸er on;')],
])('on %s stands nothing', async (_, marked) => {
	expect(await hoverAt(marked)).toBeUndefined();
});
