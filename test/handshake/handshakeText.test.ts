import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { handshakeText } from '../../server/src/features/handshakeText.ts';

const url = 'wss://chat.test:8443/ws?room=1';
const options = {
	connectTo: '127.0.0.1',
	origin: 'same',
	subprotocols: ['chat'],
	cookies: [['session', 'very-secret-cookie']] as const,
	auth: { kind: 'bearer', token: 'tok-3f9a2c77' } as const,
	headers: [['X-Api-Key', 'very-secret-key']] as const,
	insecure: true,
	message: { text: 'hello', expected: 'you said `hello` ${x}' },
};

test.each(['curl', 'wscat', 'k6', 'artillery'] as const)('%s is told all of the handshake and no secret', (tool) => {
	const text = handshakeText({ url, options, tool });
	expect(text).toContain('chat.test:8443');
	expect(text).toContain('127.0.0.1:8443');
	expect(text).not.toMatch(/very-secret|tok-3f9a2c77|•/);
	expect(text).toMatch(
		tool === 'k6' ? /__ENV\.AUTHORIZATION/ : tool === 'artillery' ? /\$env\.AUTHORIZATION/ : /\$AUTHORIZATION/,
	);
});

test('what is no URL gives no text', () => {
	expect(handshakeText({ url: 'nonsense', tool: 'curl' })).toBe('');
});

test.each([{}, options])(
	'the k6 script type-checks against @types/k6 (%#)',
	(wanted) => {
		const folder = mkdtempSync(resolve('test/.k6-'));
		try {
			const file = resolve(folder, 'route.ts');
			writeFileSync(file, handshakeText({ url, options: wanted, tool: 'k6' }, { count: 5, holdSeconds: 1 }));
			const settings = ['--strict', '--noEmit', '--types', 'k6', '--lib', 'es2022', '--target', 'es2022', '--module', 'esnext'];
			const { stdout, status } = spawnSync('npx', ['tsc', '--ignoreConfig', ...settings, '--moduleResolution', 'bundler', file], {
				encoding: 'utf8',
			});
			expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
		} finally {
			rmSync(folder, { recursive: true });
		}
	},
	60_000,
);
