import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatVersion } from '../../server/src/core/reference/versions.ts';
import { sandboxText } from '../../server/src/core/sandbox/report.ts';
import { isProved, type SandboxResult } from '../../server/src/core/sandbox/result.ts';
import { runSandbox } from '../../server/src/node/sandbox/runSandbox.ts';
import { processesWith, type SandboxGround, sandboxGenerations, sandboxGround } from '../support/sandboxes.ts';

const nginxes = await sandboxGenerations();
const [oldest] = nginxes;
const newest = nginxes.at(-1);
if (oldest === undefined || newest === undefined) throw new Error('there is no nginx here to make sandboxes with');

let ground: SandboxGround;
beforeEach(() => {
	ground = sandboxGround();
});
afterEach(() => {
	expect(ground.left(), 'folders that a sandbox left').toEqual([]);
	expect(processesWith(ground.parent), 'processes that a sandbox left').toEqual([]);
	ground.remove();
});

const FORWARD = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
const http = (inside: string): string => `events {}\nhttp {\n${inside}\n}\n`;
const shown = (result: SandboxResult): readonly string[] =>
	result.routes.map(({ title, outcome, status, predicted }) => `${title} ${outcome} ${status} ${predicted}`);

describe.each(nginxes.map((nginx) => [formatVersion(nginx.version), nginx] as const))('the sandbox with nginx %s', (_, nginx) => {
	test('proves each route by a handshake, and says what the backend received', async () => {
		const configuration = ground.configuration({
			'nginx.conf': http(`include conf.d/*.conf; upstream app { server 10.9.8.7:9000; server app.internal:9000; }`),
			'conf.d/a.conf': `server {
	listen 443 ssl; listen [::]:80; server_name chat.example.com;
	ssl_certificate /etc/ssl/chat.pem; ssl_certificate_key /etc/ssl/chat.key;
	access_log /var/log/nginx/chat.log; error_log syslog:server=192.0.2.1;
	location /ws/ { proxy_pass http://app; ${FORWARD} }
	location /socket.io/ { proxy_pass https://node.example.com:8443/x/; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection close; }
	location / { root /var/www; }
}`,
		});
		const result = await runSandbox(configuration, { nginx, parent: ground.parent });
		expect(result.problems).toEqual([]);
		expect(shown(result)).toEqual([
			'location /ws/ upgraded 101 upgrades',
			'location /ws/ upgraded 101 upgrades',
			'location /socket.io/ refused 426 fails',
			'location /socket.io/ refused 426 fails',
		]);
		expect(result.routes[0]?.url).toBe('wss://chat.example.com/ws/');
		expect(result.routes[0]?.seen[0]?.headers).toContainEqual(['Upgrade', 'websocket']);
		expect(result.routes[0]?.balancing.reduce((sum, { count }) => sum + count, 0)).toBe(4);
		expect(result.routes[0]?.balancing.map(({ address }) => address)).toEqual(['10.9.8.7:9000', 'app.internal:9000']);
		expect(result.routes[2]?.seen[0]).toMatchObject({ address: 'node.example.com:8443', requestLine: 'GET /x/ HTTP/1.1' });
		expect(result.routes[2]?.seen[0]?.headers).toContainEqual(['Host', 'node.example.com:8443']);
		expect(isProved([result])).toBe(false);
	});

	test('runs a stream block too, whose module the system loads', async () => {
		const configuration = ground.configuration({
			'nginx.conf': `events {}
stream {
	map $ssl_preread_server_name $where { default 127.0.0.1:9001; }
	server { listen 9443; ssl_preread on; proxy_pass $where; }
}
http { server { listen 80; location /ws { proxy_pass http://127.0.0.1:9002; ${FORWARD} } } }
`,
		});
		const result = await runSandbox(configuration, { nginx, parent: ground.parent });
		expect(result.problems).toEqual([]);
		expect(shown(result)).toContain('location /ws upgraded 101 upgrades');
	});

	test('says where nginx refuses the configuration, in the file and on the line of the person', async () => {
		const configuration = ground.configuration({
			'nginx.conf': http('include conf.d/*.conf;'),
			'conf.d/a.conf': 'server {\n\tlisten 80;\n\tproxy_buffer_size 1k 2k;\n}\n',
		});
		const result = await runSandbox(configuration, { nginx, parent: ground.parent });
		expect(result.outcome).toBe('rejected');
		expect(result.problems).toEqual([
			{
				severity: 'error',
				message: 'invalid number of arguments in "proxy_buffer_size" directive',
				path: join(ground.folder, 'conf.d/a.conf'),
				line: 3,
			},
		]);
	});
});

test('zero proved routes is no success', async () => {
	const configuration = ground.configuration({ 'nginx.conf': http('server { listen 80; location / { return 200; } }') });
	const result = await runSandbox(configuration, { nginx: newest, parent: ground.parent });
	expect(result).toMatchObject({ outcome: 'ran', routes: [] });
	expect(isProved([result])).toBe(false);
	expect(isProved([])).toBe(false);
});

describe('a configuration that means harm', () => {
	test('runs no code, connects nowhere, and shows no key', async () => {
		let connections = 0;
		const outside = createServer((socket) => {
			connections++;
			socket.destroy();
		});
		await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
		const address = outside.address();
		const port = address !== null && typeof address === 'object' ? address.port : 0;
		const planted = join(ground.folder, 'planted');
		const configuration = ground.configuration({
			'nginx.conf': `load_module ${ground.folder}/evil.so;
user root; env SECRET; working_directory ${ground.folder}; pid ${planted}-pid; error_log ${planted}-log debug;
events {}
http {
	resolver 127.0.0.1:${port};
	access_log ${planted}-access;
	access_log syslog:server=127.0.0.1:${port};
	proxy_cache_path ${planted}-cache keys_zone=c:1m;
	client_body_temp_path ${planted}-temp;
	init_by_lua_block { os.execute("touch ${planted}-lua") }
	server {
		listen 0.0.0.0:80; server_name a;
		include id_rsa;
		location /ws/ { proxy_pass http://127.0.0.1:${port}; ${FORWARD} proxy_store ${planted}-store; js_access main.check; }
		location /lua/ws { access_by_lua_block { os.execute("touch ${planted}-lua") } proxy_pass http://127.0.0.1:${port}; ${FORWARD} }
		location /dav/ws { dav_methods PUT; root ${ground.folder}; proxy_pass http://$arg_to; ${FORWARD} }
		location /fine/ws { proxy_pass http://127.0.0.1:${port}; ${FORWARD} }
	}
	server {
		listen 81; server_name b;
		location /fine/ws { proxy_pass http://127.0.0.1:${port}; ${FORWARD} proxy_set_header Authorization "Bearer topsecret"; }
	}
}
mail { auth_http 127.0.0.1:${port}; server { listen 25; protocol smtp; } }
`,
			id_rsa: '-----BEGIN OPENSSH PRIVATE KEY-----\nVERYPRIVATE\n-----END OPENSSH PRIVATE KEY-----\n',
			'evil.so': 'no library',
		});
		const before = readdirSync(ground.folder);
		const result = await runSandbox(configuration, { nginx: newest, parent: ground.parent });
		await new Promise((resolve) => outside.close(resolve));
		expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
		expect(connections).toBe(0);
		expect(readdirSync(ground.folder)).toEqual(before);
		const report = sandboxText([result], (path) => path) + JSON.stringify(result);
		expect(report).not.toContain('VERYPRIVATE');
		expect(report).not.toContain('topsecret');
		expect(shown(result).map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
			'location /ws/ not-proved',
			'location /lua/ws not-proved',
			'location /dav/ws not-proved',
			'location /fine/ws not-proved',
			'location /fine/ws upgraded',
		]);
		expect(result.rewritings.map(({ what, line }) => `${line} ${what}`)).toEqual(
			expect.arrayContaining(['1 load_module evil.so', '10 init_by_lua_block', '13 include id_rsa', '14 proxy_store']),
		);
		expect(result.routes[0]?.reason).toContain('js_access (line 14): it runs code');
	});
});

describe('whatever happens, nothing stays behind', () => {
	const GOOD = http(`server { listen 80; location /ws/ { proxy_pass http://127.0.0.1:9000; ${FORWARD} } }`);

	test('after twenty runs in a row', async () => {
		const configuration = ground.configuration({ 'nginx.conf': GOOD });
		const handles = process.getActiveResourcesInfo().length;
		for (let run = 0; run < 20; run++) {
			const result = await runSandbox(configuration, { nginx: oldest, parent: ground.parent });
			expect(shown(result)).toEqual(['location /ws/ upgraded 101 upgrades']);
			expect(ground.left()).toEqual([]);
		}
		expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(handles + 2);
	});

	test('when a port is taken between choice and start: it is tried again with another', async () => {
		const taken = createServer();
		await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
		const address = taken.address();
		const port = address !== null && typeof address === 'object' ? address.port : 0;
		const free = createServer();
		await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
		const other = free.address();
		const second = other !== null && typeof other === 'object' ? other.port : 0;
		await new Promise((resolve) => free.close(resolve));
		const offered = [port, second];
		const result = await runSandbox(ground.configuration({ 'nginx.conf': GOOD }), {
			nginx: newest,
			parent: ground.parent,
			choosePorts: async () => [offered.shift() ?? second],
		});
		await new Promise((resolve) => taken.close(resolve));
		expect(shown(result)).toEqual(['location /ws/ upgraded 101 upgrades']);
	});

	test('when it is cancelled in the middle', async () => {
		const cancel = new AbortController();
		const result = await runSandbox(ground.configuration({ 'nginx.conf': GOOD }), {
			nginx: newest,
			parent: ground.parent,
			signal: cancel.signal,
			onStage: (stage) => {
				if (stage === 'handshakes') cancel.abort();
			},
		});
		expect(result.outcome).toBe('cancelled');
	});

	test('when nginx is killed in the middle', async () => {
		const result = await runSandbox(ground.configuration({ 'nginx.conf': GOOD }), {
			nginx: newest,
			parent: ground.parent,
			onStage: (stage) => {
				if (stage !== 'handshakes') return;
				for (const pid of processesWith(`${ground.parent}`)) if (isNginx(pid)) process.kill(pid, 'SIGKILL');
			},
		});
		expect(result.routes.every(({ outcome }) => outcome !== 'upgraded')).toBe(true);
		expect(isProved([result])).toBe(false);
	});

	test('when the process that runs it is killed in the middle', async () => {
		const script = join(ground.folder, 'held.mts');
		writeFileSync(join(ground.folder, 'nginx.conf'), GOOD);
		const from = (name: string): string => JSON.stringify(new URL(`../../${name}`, import.meta.url).href);
		writeFileSync(
			script,
			`import { sandboxGenerations } from ${from('test/support/sandboxes.ts')};
import { runSandbox } from ${from('server/src/node/sandbox/runSandbox.ts')};
import { readLooseFile } from ${from('server/src/core/config/project.ts')};
import { diskFiles } from ${from('server/src/node/files.ts')};
const [nginx] = await sandboxGenerations();
await runSandbox(readLooseFile(${JSON.stringify(join(ground.folder, 'nginx.conf'))}, diskFiles()), { nginx, parent: ${JSON.stringify(ground.parent)}, onStage: (stage) => {
	if (stage !== 'handshakes') return;
	console.log('running');
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
} });
`,
		);
		const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] });
		await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
		expect(ground.left().length).toBe(1);
		expect(processesWith(ground.parent).length).toBeGreaterThan(0);
		child.kill('SIGKILL');
		await new Promise((resolve) => child.once('exit', resolve));
		await expect.poll(() => [...ground.left(), ...processesWith(`${ground.parent}/`)], { timeout: 10_000 }).toEqual([]);
	});

	test('when the disk is full: it says so', async () => {
		const big = http(
			`server { listen 80; location /ws/ { proxy_pass http://127.0.0.1:9000; ${FORWARD} } }\n${'# filler\n'.repeat(2000)}`,
		);
		writeFileSync(join(ground.folder, 'nginx.conf'), big);
		const script = join(ground.folder, 'full.mts');
		const from = (name: string): string => JSON.stringify(new URL(`../../${name}`, import.meta.url).href);
		writeFileSync(
			script,
			`import { sandboxGenerations } from ${from('test/support/sandboxes.ts')};
import { runSandbox } from ${from('server/src/node/sandbox/runSandbox.ts')};
import { readLooseFile } from ${from('server/src/core/config/project.ts')};
import { diskFiles } from ${from('server/src/node/files.ts')};
process.on('SIGXFSZ', () => undefined);
const [nginx] = await sandboxGenerations();
const result = await runSandbox(readLooseFile(${JSON.stringify(join(ground.folder, 'nginx.conf'))}, diskFiles()), { nginx, parent: ${JSON.stringify(ground.parent)} });
console.log(JSON.stringify([result.outcome, result.problems[0]?.message]));
`,
		);
		// Files of at most 8 blocks of 512 bytes (POSIX ulimit -f).
		const child = spawn('/bin/sh', ['-c', `ulimit -f 8; exec "$0" --import tsx "$1"`, process.execPath, script], {
			stdio: ['ignore', 'pipe', 'inherit'],
			env: { ...process.env, TSX_DISABLE_CACHE: '1' },
		});
		let text = '';
		child.stdout.on('data', (chunk: Buffer) => {
			text += chunk.toString();
		});
		await new Promise((resolve) => child.once('exit', resolve));
		expect(text).toContain('"failed"');
		expect(text).toContain('EFBIG');
		expect(existsSync(ground.parent)).toBe(true);
	});
});

function isNginx(pid: number): boolean {
	return processesWith('nginx -p').includes(pid) || processesWith('/usr/sbin/nginx').includes(pid);
}
