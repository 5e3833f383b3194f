import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { NginxBinary } from '../../../server/src/node/nginx/acquire.ts';
import { testCertificate } from '../../support/certificate.ts';
import { type Received, serveRecording } from './recording.ts';
import type { Asked } from './requests.ts';
import type { Files } from './tree.ts';
import { BACKENDS, LISTENING_SOCKET, NET, SOCKETS } from './world.ts';

/** What a client and the backends saw of one request. */
export interface Observed {
	/** 0: the connection was closed without an answer. -1: nobody listens. -2: no answer in time. */
	readonly status: number;
	readonly headers: readonly (readonly [string, string])[];
	readonly received: readonly Received[];
	/** Behind a 101: what the client sends comes back. */
	readonly tunnelled: boolean;
}

/** A place where nginx and its backends run without meeting those of another lane or process. */
export interface Lane {
	/** Puts the lane's own addresses into a text that has the general ones; `back` the other way round. */
	translate(text: string): string;
	back(text: string): string;
	/** Starts nginx on these files (translated already) and hands it to `use`; `rejected` when nginx refuses the configuration, `died` when it
	 * ends while it is used: then no answer counts. */
	withNginx<T>(
		nginx: NginxBinary,
		files: Files,
		use: (ask: (asked: Asked) => Promise<Observed>, log: () => string) => Promise<T>,
	): Promise<{ readonly rejected: string } | { readonly died: string } | { readonly result: T }>;
	close(): Promise<void>;
}

/** Backends on addresses that nobody uses now. Linux: it answers on all of 127.0.0.0/8. */
export async function openLane(): Promise<Lane> {
	for (let attempt = 0; attempt < 200; attempt++) {
		const number = (process.pid * 7 + attempt * 13) % 1_200;
		const lane = await tryLane(number);
		if (lane !== undefined) return lane;
	}
	throw new Error('no free loopback addresses');
}

async function tryLane(number: number): Promise<Lane | undefined> {
	const net = `127.${100 + Math.floor(number / 200)}.${1 + (number % 200)}.`;
	const firstPort = 20_000 + number * 10;
	const folder = mkdtempSync(join(tmpdir(), 'nginx-lane-'));
	const sockets = `${folder}/s`;
	mkdirSync(sockets);
	const translate = (text: string): string =>
		text
			.replaceAll(NET, net)
			.replaceAll(SOCKETS, sockets)
			.replace(/1800([1-7])/g, (_, digit: string) => String(firstPort + Number(digit)));
	const back = (text: string): string => {
		let general = text.replaceAll(net, NET).replaceAll(sockets, SOCKETS);
		for (const digit of [1, 2, 3, 4, 5, 6, 7]) general = general.replaceAll(String(firstPort + digit), `1800${digit}`);
		return general;
	};
	const certificate = await testCertificate();
	const received: Received[] = [];
	const servers: Server[] = [];
	const open = new Set<Socket>();
	const close = async (): Promise<void> => {
		for (const socket of open) socket.destroy();
		await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
		rmSync(folder, { recursive: true, force: true });
	};
	for (const address of [...BACKENDS, `127.0.0.1:${firstPort}`]) {
		const server = createServer((socket) => {
			open.add(socket);
			socket.on('close', () => open.delete(socket));
			serveRecording(socket, address, received, certificate);
		});
		const listening = await new Promise<boolean>((resolve) => {
			server.once('error', () => resolve(false));
			const here = translate(address);
			if (here.startsWith('unix:')) server.listen(here.slice(5), () => resolve(true));
			else server.listen(Number(here.split(':')[1]), here.split(':')[0], () => resolve(true));
		});
		if (!listening) {
			await close();
			return undefined;
		}
		servers.push(server);
	}
	let runs = 0;
	return {
		translate,
		back,
		close,
		async withNginx(nginx, files, use) {
			const place = join(folder, String(runs++));
			mkdirSync(join(place, 'temp'), { recursive: true });
			for (const [name, text] of Object.entries(files)) {
				mkdirSync(dirname(join(place, name)), { recursive: true });
				writeFileSync(join(place, name), text);
			}
			writeFileSync(join(place, 'htpasswd'), 'u:{PLAIN}p\n');
			writeFileSync(join(place, 'key.pem'), certificate.key);
			writeFileSync(join(place, 'cert.pem'), certificate.cert);
			// A killed nginx leaves its socket behind.
			rmSync(translate(LISTENING_SOCKET).slice('unix:'.length), { force: true });
			const child = spawn(nginx.path, ['-p', `${place}/`, '-c', join(place, 'nginx.conf'), '-e', join(place, 'error.log')], {
				stdio: 'ignore',
			});
			const log = (): string => {
				try {
					return readFileSync(join(place, 'error.log'), 'utf8');
				} catch {
					return '';
				}
			};
			try {
				if (!(await isUp(child, translate(UP)))) return { rejected: /\[emerg\].*: (.*)/.exec(log())?.[1] ?? log() };
				const result = await use((asked) => send(asked, translate, received), log);
				return child.signalCode === null && child.exitCode === null
					? { result }
					: { died: `${child.signalCode ?? child.exitCode}` };
			} finally {
				await ended(child);
				rmSync(place, { recursive: true, force: true });
			}
		},
	};
}

/** Tells when nginx is up. nginx opens its sockets in the order of the configuration, but all unix ones together, so it is no such. */
const UP = '127.0.0.1:18005';

/**
 * What a test's configuration needs around the generated blocks: private files, and a socket that tells when nginx is up. `modules` are
 * loaded, by their paths.
 */
export function framed(files: Files, modules: readonly string[] = []): Files {
	const own = [
		...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path temp/${kind};`),
		'access_log off; ssl_certificate cert.pem; ssl_certificate_key key.pem;',
		'variables_hash_bucket_size 128; server_names_hash_bucket_size 128; map_hash_bucket_size 128;',
	].join('\n');
	const http = (files['nginx.conf'] ?? '')
		.replace(/^http\s*\{/m, (head) => `${head}\n${own}\n`)
		.replace(/^stream\s*\{/m, (head) => `${head}\nssl_certificate cert.pem; ssl_certificate_key key.pem;\n`)
		// nginx opens its sockets in order: when this one is there, all are.
		.replace(/\}\s*$/, `server { listen ${UP}; }\n}\n`);
	const loaded = modules.map((path) => `load_module ${path};\n`).join('');
	const main = 'daemon off;\nmaster_process off;\npid nginx.pid;\nevents { worker_connections 1024; }\n';
	return { ...files, 'nginx.conf': loaded + main + http };
}

function isUp(child: ChildProcess, address: string): Promise<boolean> {
	return new Promise((resolve) => {
		let over = false;
		const end = (up: boolean): void => {
			over = true;
			resolve(up);
		};
		child.once('exit', () => end(false));
		child.once('error', () => end(false));
		setTimeout(() => end(false), 10_000).unref();
		const attempt = (): void => {
			if (over) return;
			const socket = connect({ host: address.split(':')[0] ?? '', port: Number(address.split(':')[1]) });
			socket.once('connect', () => {
				socket.destroy();
				end(true);
			});
			socket.once('error', () => {
				socket.destroy();
				setTimeout(attempt, 2);
			});
		};
		attempt();
	});
}

function ended(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
	return new Promise((resolve) => {
		child.once('exit', () => resolve());
		child.kill('SIGKILL');
	});
}

/** Sends a request and reads the head of the answer. */
function send(asked: Asked, translate: (text: string) => string, received: Received[]): Promise<Observed> {
	received.length = 0;
	const where = translate(asked.listen.address);
	const [address = '', port = '0'] = where.split(':');
	const lines = asked.headers.map(([name, value]) => `${name}: ${translate(value)}\r\n`).join('');
	const bytes = `${asked.method} ${translate(asked.uri)} HTTP/${asked.httpVersion}\r\n${lines}\r\n${asked.headers.some(([name]) => name === 'Transfer-Encoding') ? '0\r\n\r\n' : ''}`;
	return new Promise((resolve) => {
		const to = where.startsWith('unix:') ? { path: where.slice('unix:'.length) } : { host: address, port: Number(port) };
		const socket = asked.listen.tls
			? connectTls({ ...to, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...greeting(asked) })
			: connect(to);
		let head = '';
		let refused = false;
		let over = false;
		let late = false;
		let tried = false;
		let tunnelled = false;
		const finish = (): void => {
			if (over) return;
			over = true;
			clearTimeout(timer);
			socket.destroy();
			resolve({
				...readHead(head),
				tunnelled,
				...(late && !tried ? { status: -2 } : refused ? { status: -1 } : {}),
				received: [...received],
			});
		};
		const timer = setTimeout(() => {
			late = true;
			finish();
		}, 1_000);
		socket.on(asked.listen.tls ? 'secureConnect' : 'connect', () => {
			socket.write(bytes);
		});
		socket.on('data', (chunk) => {
			head += chunk.toString('latin1');
			const end = head.indexOf('\r\n\r\n');
			if (end === -1) return;
			if (!/^HTTP\/1\.1 101 /.test(head)) finish();
			else if (!tried) {
				tried = true;
				socket.write('echo');
			} else if (head.endsWith('\r\n\r\necho')) {
				tunnelled = true;
				finish();
			}
		});
		socket.on('end', () => finish());
		socket.on('close', () => finish());
		socket.on('error', (error: NodeJS.ErrnoException) => {
			refused = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
			finish();
		});
	});
}

/** The name that a client puts into its TLS greeting: the host it asks for, never an address (RFC 6066 §3). */
function greeting({ listen, headers }: Asked): { readonly servername?: string } {
	const host = headers.find(([name]) => name === 'Host')?.[1] ?? '';
	const name = host.replace(/\.?(?::\d*)?$/, '').toLowerCase();
	return listen.sni === true && /^(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*$/.test(name) ? { servername: name } : {};
}

function readHead(head: string): { readonly status: number; readonly headers: readonly (readonly [string, string])[] } {
	const [statusLine = '', ...lines] = (head.split('\r\n\r\n')[0] ?? '').split('\r\n');
	return {
		status: Number(/^HTTP\/[\d.]+ (\d{3})/.exec(statusLine)?.[1] ?? 0),
		headers: lines
			.filter((line) => line.includes(':'))
			.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).replace(/^ /, '')]),
	};
}
