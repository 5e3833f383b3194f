import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { handshakeText } from '../../server/src/features/handshakeText.ts';
import { load } from '../../server/src/node/handshake/load.ts';
import { freePort, generations, globals, PRIVATE_HTTP, startNginx } from '../support/nginx.ts';

/* The exported scenario, run by Artillery itself through a real nginx: its numbers, ours and the backend's are the same. */

const ARTILLERY = resolve('test/artillery/node_modules/artillery/bin/run');
const [nginx] = await generations();
const ready = existsSync(ARTILLERY) && nginx !== undefined;
if (!ready)
	console.warn('Artillery is not installed (npm ci --prefix test/artillery --ignore-scripts): its scenario is not run.');

test.skipIf(!ready)(
	'Artillery runs the exported scenario, and counts what we and the backend count',
	async () => {
		if (nginx === undefined) return;
		const folder = mkdtempSync(join(tmpdir(), 'artillery-'));
		const seen: (string | undefined)[] = [];
		const http = createServer();
		const server = new WebSocketServer({ server: http });
		server.on('connection', (_socket, { headers }) => seen.push(headers.authorization));
		await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
		const port = await freePort();
		const proxy = `proxy_pass http://127.0.0.1:${(http.address() as AddressInfo).port}; proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`;
		const running = await startNginx(
			nginx,
			(at) => ({
				'nginx.conf': `${globals(at)}\nevents {}\nhttp { access_log off; ${PRIVATE_HTTP}
		server { listen 127.0.0.1:${port}; location /ws { ${proxy} } } }\n`,
			}),
			port,
		);
		try {
			const url = `ws://127.0.0.1:${port}/ws`;
			const auth = { kind: 'bearer', token: 'tok-3f9a2c77' } as const;
			const ours = await load({ url, auth, count: 20, holdMs: 100 });
			expect(ours).toMatchObject({ asked: 20, opened: 20, dropped: 0 });
			expect(seen.length).toBe(20);

			const scenario = join(folder, 'route.yml');
			const output = join(folder, 'result.json');
			writeFileSync(scenario, handshakeText({ url, options: { auth }, tool: 'artillery' }, { count: 20, holdSeconds: 1 }));
			await promisify(execFile)(process.execPath, [ARTILLERY, 'run', '--output', output, scenario], {
				env: { ...process.env, AUTHORIZATION: 'tok-3f9a2c77', ARTILLERY_DISABLE_TELEMETRY: 'true' },
			});
			const { aggregate } = JSON.parse(readFileSync(output, 'utf8'));
			expect(aggregate.counters).toMatchObject({ 'vusers.created': 20, 'vusers.completed': 20, 'vusers.failed': 0 });
			expect(seen.length).toBe(40);
			expect(new Set(seen)).toEqual(new Set(['Bearer tok-3f9a2c77']));
		} finally {
			for (const client of server.clients) client.terminate();
			http.closeAllConnections();
			http.close();
			await running.stop();
			rmSync(folder, { recursive: true, force: true });
		}
	},
	120_000,
);
