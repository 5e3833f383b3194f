import { join } from 'node:path';
import type { Example } from '../../server/src/core/rules/rule.ts';
import type { NginxBinary } from '../../server/src/node/nginx/acquire.ts';
import { acceptKey, type Backend } from './backend.ts';
import { testCertificate } from './certificate.ts';
import { freePort, globals, PRIVATE_HTTP, startNginx } from './nginx.ts';
import { handshakeHeaders, type RawResponse, sendRaw } from './rawClient.ts';

/** Whether a browser takes the answer: 101 with one Upgrade, and the accept key of the request (RFC 6455 §4.1). */
export function isIntact(answer: RawResponse): boolean {
	const values = (name: string) => answer.headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
	return (
		answer.status === 101 &&
		values('upgrade').join().toLowerCase() === 'websocket' &&
		values('sec-websocket-accept').join() === acceptKey('dGhlIHNhbXBsZSBub25jZQ==')
	);
}

/** A configuration that loads its modules from where this nginx has them. */
export function withOwnModules(text: string, { root = '' }: NginxBinary): string {
	return text.replace(/load_module modules\//g, `load_module ${join(root, '/usr/lib/nginx/modules/')}`);
}

/** An example as a file that a private nginx can be started with: its ports are moved, and its modules are those of this nginx. */
export function whole(
	nginx: NginxBinary,
	text: string,
	example: Pick<Example, 'within'>,
	port: number,
	backendPort: number,
	folder: string,
	tlsPort = 443,
): string {
	const moved = withOwnModules(text, nginx)
		.replace(/(?<=listen )(?:8443|443)\b/g, `127.0.0.1:${tlsPort}`)
		.replace(/(?<=127\.0\.0\.1:)8080\b/g, String(port))
		.replace(/(?<!:)\b8080\b/g, `127.0.0.1:${port}`)
		.replace(/\b9000\b/g, String(backendPort));
	const kept = folder === '' ? '' : `${globals(folder)}\n`;
	return example.within === 'main'
		? `${kept}${moved.replace(/http\s*\{/, (head) => `${head} access_log off; ${PRIVATE_HTTP}`)}`
		: `${kept}events {}\nhttp {\naccess_log off; ${PRIVATE_HTTP}\n${moved}}\n`;
}

/** Headers with others beside them, or in place of those of the same name. */
function withHeaders(
	headers: readonly (readonly [string, string])[],
	others: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
	const names = new Set(others.map(([name]) => name.toLowerCase()));
	return [...headers.filter(([name]) => !names.has(name.toLowerCase())), ...others];
}

/** Starts nginx on an example and sends one handshake with a frame behind it. */
export async function handshake(
	nginx: NginxBinary,
	backend: Backend,
	text: string,
	example: Pick<Example, 'within' | 'path'> & {
		readonly proof?: Example['proof'];
		readonly headers?: readonly (readonly [string, string])[];
	},
): Promise<RawResponse> {
	const port = await freePort();
	const tlsPort = await freePort();
	const { cert, key } = await testCertificate();
	const running = await startNginx(
		nginx,
		(folder) => ({
			'nginx.conf': whole(nginx, text, example, port, backend.ports[0] ?? 0, folder, tlsPort),
			'cert.pem': cert,
			'key.pem': key,
		}),
		port,
	);
	try {
		const masked = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')]);
		const isTls = example.proof?.tls === true;
		return await sendRaw(isTls ? tlsPort : port, {
			tls: isTls,
			uri: (example.path ?? '/ws').replace(/\b9000\b/, String(backend.ports[0])),
			headers: withHeaders(handshakeHeaders(`localhost:${port}`), example.headers ?? []),
			tunnel: { send: masked, answerLength: 7 },
		});
	} finally {
		await running.stop();
	}
}
