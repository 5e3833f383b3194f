import { expect, test, vi } from 'vitest';

const settings: Record<string, unknown> = {};
vi.mock('vscode', () => ({
	workspace: { getConfiguration: () => ({ get: (name: string, usual: unknown) => settings[name] ?? usual }) },
}));

const { isExempt, proxyFor } = await import('../../client/src/common/proxy.ts');

test.each([
	['example.com', 'example.com', true],
	['chat.example.com', 'example.com', true],
	['chat.example.com:8443', '.example.com', true],
	['chat.example.com', '*.example.com', true],
	['badexample.com', 'example.com', false],
	['example.com:8443', 'example.com:8443', true],
	['example.com:8443', 'example.com:443', false],
	['Example.COM', 'example.com', true],
	['[2001:db8::1]:80', '[2001:db8::1]', true],
	['anything.test', '*', true],
	['anything.test', '', false],
])('%s beside the exemption %j: %s', (host, pattern, exempt) => {
	expect(isExempt(host, pattern)).toBe(exempt);
});

test('the proxy of the settings, save where they say otherwise', () => {
	expect(proxyFor('example.com')).toBeUndefined();
	Object.assign(settings, { proxy: 'http://proxy.test:3128', noProxy: ['internal.test'] });
	expect(proxyFor('example.com')).toBe('http://proxy.test:3128');
	expect(proxyFor('chat.internal.test:8080')).toBeUndefined();
	Object.assign(settings, { proxySupport: 'off' });
	expect(proxyFor('example.com')).toBeUndefined();
});
