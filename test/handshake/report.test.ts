import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closeCodeMeaning } from '../../server/src/core/handshake/closeCodes.ts';
import { curlCommand, wscatCommand } from '../../server/src/core/handshake/commands.ts';
import { explainHandshake } from '../../server/src/core/handshake/explain.ts';
import { printable } from '../../server/src/core/handshake/printable.ts';
import { reportMarkdown, reportText } from '../../server/src/core/handshake/report.ts';
import { maskHeader, maskTrace, maskUrl } from '../../server/src/core/handshake/secrets.ts';
import type { HandshakeTrace } from '../../server/src/core/handshake/trace.ts';
import { newDraft } from '../../server/src/node/handshake/draft.ts';

const REFUSED: HandshakeTrace = {
	...newDraft('ws://chat.example:8080/ws?room=1', true),
	connectedTo: '127.0.0.1:8080',
	request: {
		headers: [
			['Host', 'chat.example:8080'],
			['Connection', 'Upgrade'],
			['Upgrade', 'websocket'],
			['Sec-WebSocket-Version', '13'],
			['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
			['Origin', "http://it's.example"],
			['Authorization', 'Bearer very-secret'],
		],
	},
	timing: { dnsMs: undefined, tcpMs: 0.42, proxyMs: undefined, tlsMs: undefined, upgradeMs: 12.4, totalMs: 1234 },
	response: {
		status: 426,
		reason: 'Upgrade Required',
		headers: [['Server', 'nginx']],
		body: 'use ``` a | WebSocket\n# please',
		bodyTruncated: false,
	},
	outcome: 'refused',
};

const trace = maskTrace(REFUSED);
const explanation = explainHandshake(trace);

describe('the report', () => {
	test('as text: the answer first, then the record', () => {
		const lines = reportText(trace, explanation);
		expect(lines.slice(0, 2)).toEqual([
			'ws://chat.example:8080/ws?room=1',
			'The handshake was answered 426 Upgrade Required, not 101.',
		]);
		expect(lines.filter((line) => /^\S/.test(line)).slice(2)).toEqual([
			'Why',
			'Time',
			'Connection',
			'Sent',
			'Received: 426 Upgrade Required',
			'Body',
			'With curl',
			'With wscat',
		]);
		expect(lines).toContain('  TCP:        0.4 ms');
		expect(lines).toContain('  Whole test: 1.2 s');
		expect(lines.join('\n')).toContain("127.0.0.1:8080 (chosen; the name is the URL's)");
	});

	test('as Markdown: nothing that a server sent is read as Markdown', () => {
		const markdown = reportMarkdown(trace, explanation);
		expect(markdown).toContain('````text\nuse ``` a | WebSocket\n# please\n````');
		expect(markdown.match(/^# /gm)).toHaveLength(2);
		expect(markdown).toMatch(/^# ws:\/\/chat\.example:8080\/ws\?room=1\n/);
	});

	test('both ways say the same words', () => {
		const plain = (text: string): string => text.replace(/\\/g, '').replace(/^[#|\-` ]+/gm, '');
		const markdown = plain(reportMarkdown(trace, explanation));
		for (const { text } of [...explanation.why, ...explanation.advice]) {
			expect(markdown).toContain(text);
			expect(reportText(trace, explanation).join('\n')).toContain(text);
		}
	});

	test('a place becomes a link', () => {
		const line = { text: 'Here.', at: { path: '/a', span: { start: 0, end: 1 } }, where: 'a, line 1' };
		const markdown = reportMarkdown(trace, { ...explanation, why: [line] }, () => 'file:///a#L1');
		expect(markdown).toContain('- Here. ([a, line 1](file:///a#L1))');
	});
});

describe('the commands', () => {
	test('curl: HTTP/1.1, the override, the secret as a variable, a quote that survives the shell', () => {
		const command = curlCommand(trace);
		expect(command).toContain('--http1.1');
		expect(command).toContain("--connect-to 'chat.example:8080:127.0.0.1:8080'");
		expect(command).toContain(`--header 'Authorization: Bearer '"$AUTHORIZATION"`);
		expect(command).toContain("'http://chat.example:8080/ws?room=1'");
		expect(command).not.toContain('Host:');
		expect(words(command, { AUTHORIZATION: 'x y' })).toContain("Origin: http://it's.example");
		expect(words(command, { AUTHORIZATION: 'x y' })).toContain('Authorization: Bearer x y');
	});

	test('wscat: the address in the URL, the name beside it, the headers that it does not make itself', () => {
		const command = wscatCommand(trace);
		expect(words(command, { AUTHORIZATION: 'x' })).toEqual([
			'wscat',
			'--connect',
			'ws://127.0.0.1:8080/ws?room=1',
			'--host',
			'chat.example:8080',
			'--origin',
			"http://it's.example",
			'--header',
			'Authorization: Bearer x',
		]);
	});

	test('whatever a header or a path holds stays one word of the shell', () => {
		fc.assert(
			fc.property(
				fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0') && !text.includes('#')),
				(value) => {
					const given = { ...trace, request: { headers: [['X-Any', value] as const] } };
					expect(words(curlCommand(given), {})).toContain(`X-Any: ${value}`);
				},
			),
			{ numRuns: 30 },
		);
	});
});

/** The words that a POSIX shell makes of a command. */
function words(command: string, env: Record<string, string>): string[] {
	const out = execFileSync('sh', ['-c', `for word in ${command}; do printf '%s\\0' "$word"; done`], { env, encoding: 'utf8' });
	return out.split('\0').slice(0, -1);
}

describe('secrets', () => {
	test.each([
		['Authorization', 'Basic YTpi', 'Basic •••'],
		['authorization', 'raw', '•••'],
		['Proxy-Authorization', 'Bearer x', 'Bearer •••'],
		['Cookie', 'a=1; b=2', 'a=•••; b=•••'],
		['Set-Cookie', 'sid=abc; Path=/; HttpOnly', 'sid=•••; Path=/; HttpOnly'],
		['X-Auth-Token', 'abc', '•••'],
		['X-API-Key', 'abc', '•••'],
		['Sec-WebSocket-Protocol', 'chat,eyJhbGciOi.eyJzdWIi.c2ln', 'chat, •••'],
		['Location', 'https://u:p@x/?access_token=1&a=2', 'https://•••@x/?access_token=•••&a=2'],
		['Sec-WebSocket-Key', 'dGhl', 'dGhl'],
		['WWW-Authenticate', 'Basic realm="x"', 'Basic realm="x"'],
		['Sec-WebSocket-Protocol', 'graphql-transport-ws', 'graphql-transport-ws'],
	])('%s: %s', (name, value, masked) => {
		expect(maskHeader(name, value)).toBe(masked);
	});

	test('in URLs', () => {
		expect(maskUrl('wss://ada:pw@x/ws?ticket=1&room=2&jwt=a.b.c')).toBe('wss://•••@x/ws?ticket=•••&room=2&jwt=•••');
		expect(maskUrl('/ws?plain')).toBe('/ws?plain');
	});

	test('an echoed secret is struck out of every text', () => {
		const echoed = maskTrace({
			...REFUSED,
			garbage: 'Bearer very-secret',
			failure: { stage: 'response', code: 'X', message: 'got very-secret' },
			response: {
				status: 400,
				reason: 'very-secret',
				headers: [['X-Echo', 'very-secret']],
				body: 'very-secret',
				bodyTruncated: false,
			},
			close: { code: 1008, reason: 'very-secret', by: 'peer' },
			message: { sent: 'very-secret', expected: 'very-secret', reply: 'very-secret', matched: true, roundTripMs: 1 },
		});
		expect(JSON.stringify(echoed)).not.toContain('very-secret');
	});
});

describe('what is shown is harmless', () => {
	test('no control character, escape or direction mark survives', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				expect(printable(text).replace(/[\n\t]/g, '')).not.toMatch(/\p{C}|[\u2028\u2029]/u);
			}),
		);
		expect(printable('naïve 日本 🎉\r\n\tok')).toBe('naïve 日本 🎉\n\tok');
	});
});

test('every close code has a meaning', () => {
	expect(closeCodeMeaning(1006)).toContain('cut without a close frame');
	expect(closeCodeMeaning(1011)).toContain('error of its own');
	expect(closeCodeMeaning(3001)).toContain('library');
	expect(closeCodeMeaning(4001)).toContain("application's own");
	expect(closeCodeMeaning(42)).toContain('nobody may send');
});
