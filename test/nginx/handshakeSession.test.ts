import { expect, test } from 'vitest';
import { parse } from '../../server/src/core/syntax/parse.ts';
import { nodeHost } from '../../server/src/node/host.ts';
import {
	type HandshakeReport,
	ROUTES,
	type RoutesResult,
	TEST_HANDSHAKE,
	type TestHandshakeParams,
} from '../../server/src/protocol/requests.ts';
import { startBackend } from '../support/backend.ts';
import { freePort, generations, globals, nameOf, PRIVATE_HTTP, startNginx } from '../support/nginx.ts';
import { sessions } from '../support/sessions.ts';

/* "Test WebSocket route" as a client of the server sees it: 426 explained, the offered fix, 101. */

const start = sessions();
const { handshake } = nodeHost();
const binaries = await generations();

test.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s: 426, the fix, 101', async (_, nginx) => {
	const backend = await startBackend(1);
	const port = await freePort();
	let text = `events {}
http {
	access_log off; ${PRIVATE_HTTP}
	server {
		listen ${port};
		location /ws/ {
			proxy_pass http://127.0.0.1:${backend.ports[0]};
		}
	}
}
`;
	const main = '/w/nginx.conf';
	try {
		const session = await start({
			initializationOptions: { trusted: true },
			settings: { nginxVersion: nameOf(nginx) },
			host: handshake === undefined ? {} : { handshake },
		});
		await session.open(main, text);
		const { routes }: RoutesResult = await session.client.sendRequest(ROUTES, { uri: `file://${main}` });
		const [route] = routes;
		const tested = async (): Promise<HandshakeReport> => {
			const running = await startNginx(nginx, (folder) => ({ 'nginx.conf': `${globals(folder)}\n${text}` }), port);
			try {
				const params: TestHandshakeParams = {
					uri: `file://${main}`,
					routeId: route?.routeId,
					url: `ws://localhost:${port}/ws/`,
				} as TestHandshakeParams;
				return await session.client.sendRequest(TEST_HANDSHAKE, params);
			} finally {
				await running.stop();
			}
		};

		const bad = await tested();
		expect(bad.headline).toBe('The handshake was answered 426 Refused, not 101.');
		expect(bad.explanation[0]?.text).toContain('The backend gets no Upgrade header');
		expect(bad.explanation.some(({ at }) => at?.uri === `file://${main}` && at.range.start.line === 6)).toBe(true);
		expect(bad.report).toContain(`[nginx.conf, line 7](file://${main}#L7)`);
		expect(bad.report).toContain(`Fix: ${bad.fixes[0]?.title.replace(/[\\`*_[\]<>#|~]/g, '\\$&')}.`);

		const [fix] = bad.fixes;
		const edits = fix?.edits.find(({ uri }) => uri === `file://${main}`)?.edits ?? [];
		const { source } = parse(text);
		for (const { range, newText } of [...edits].sort((a, b) => source.offsetAt(b.range.start) - source.offsetAt(a.range.start)))
			text = text.slice(0, source.offsetAt(range.start)) + newText + text.slice(source.offsetAt(range.end));
		await session.change(main, { text });
		const good = await tested();
		expect(good.trace.outcome).toBe('upgraded');
		expect(good.headline).toMatch(/^The WebSocket handshake succeeded: 101 in .*, pong after/);
		expect(good.fixes).toEqual([]);
	} finally {
		await backend.stop();
	}
});
