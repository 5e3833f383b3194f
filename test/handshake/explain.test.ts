import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { explainHandshake } from '../../server/src/core/handshake/explain.ts';
import type { HandshakeExplanation } from '../../server/src/core/handshake/explanation.ts';
import type { HandshakeTrace } from '../../server/src/core/handshake/trace.ts';
import { createPredictor } from '../../server/src/core/request/predict.ts';
import { newDraft } from '../../server/src/node/handshake/draft.ts';
import { versionOf } from '../support/analysed.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

/* The sentences that a person reads, for answers that a real server gave or could give. */

const HEADERS: readonly (readonly [string, string])[] = [
	['Host', 'localhost:8080'],
	['Connection', 'Upgrade'],
	['Upgrade', 'websocket'],
	['Sec-WebSocket-Version', '13'],
	['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

const GOOD = `proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";`;

function server(inside: string, listen = '8080'): Record<string, string> {
	return {
		'/etc/nginx/nginx.conf': 'events {}\nhttp {\n\tinclude conf.d/*.conf;\n}\n',
		'/etc/nginx/conf.d/chat.conf': `server {\n\tlisten ${listen};\n\tlocation /ws/ {\n\t\t\t${inside}\n\t}\n}\n`,
	};
}

function trace(part: Partial<HandshakeTrace>): HandshakeTrace {
	return {
		...newDraft('ws://localhost:8080/ws/', false),
		connectedTo: '127.0.0.1:8080',
		request: { headers: HEADERS },
		...part,
	};
}

function answered(status: number, body = '', headers: readonly (readonly [string, string])[] = [], reason = ''): HandshakeTrace {
	return trace({ outcome: 'refused', response: { status, reason, headers, body, bodyTruncated: false } });
}

const OPENED = trace({
	outcome: 'upgraded',
	response: { status: 101, reason: 'Switching Protocols', headers: [], body: '', bodyTruncated: false },
	checks: { accept: 'right', upgrade: 'right', connection: 'right', subprotocol: 'none', extensions: 'none' },
	ping: { roundTripMs: 1.25 },
	close: { code: 1000, reason: '', by: 'us' },
	timing: { dnsMs: undefined, tcpMs: 1, proxyMs: undefined, tlsMs: undefined, upgradeMs: 4, totalMs: 9 },
});

function explained(
	files: Record<string, string> | undefined,
	recorded: HandshakeTrace,
	options: {
		readonly version?: string;
		readonly cures?: readonly string[];
		readonly uri?: string;
		readonly listen?: string;
	} = {},
): HandshakeExplanation {
	if (files === undefined) return explainHandshake(recorded);
	const configuration = buildConfiguration('/etc/nginx/nginx.conf', memoryFiles(files));
	const prediction = createPredictor(configuration, versionOf(options.version ?? '1.26.3')).predict({
		listen: options.listen ?? '127.0.0.1:8080',
		tls: false,
		method: 'GET',
		uri: options.uri ?? '/ws/',
		headers: recorded.request.headers,
	});
	return explainHandshake(recorded, { prediction, configuration, cures: options.cures });
}

/** All sentences, each with its place. */
function text(explanation: HandshakeExplanation): string {
	return [...explanation.why, ...explanation.advice]
		.map(({ text, where }) => (where === undefined ? text : `${text} (${where})`))
		.join('\n');
}

describe('the configuration is to blame', () => {
	test('426: the missing headers are named with file and line, and the cure', () => {
		const files = server('proxy_pass http://127.0.0.1:9000;');
		const explanation = explained(files, answered(426, '', [], 'Upgrade Required'), {
			cures: ['Forward the upgrade headers'],
		});
		expect(explanation.headline).toBe('The handshake was answered 426 Upgrade Required, not 101.');
		expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(text(explanation)).toContain('The backend gets no Upgrade header (the default).');
		expect(text(explanation)).toContain('127.0.0.1:9000 got a request that is no complete handshake. (conf.d/chat.conf, line 4)');
		expect(explanation.advice[0]?.text).toBe('Fix: Forward the upgrade headers.');
	});

	test('400: a wrong value is quoted at its line', () => {
		const files = server(`proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $http_upgrade;
			proxy_pass http://127.0.0.1:9000;`);
		const explanation = explained(files, answered(400));
		expect(explanation.why[0]?.where).toBe('conf.d/chat.conf, line 6');
		expect(explanation.why[0]?.text).toContain('Connection: websocket');
	});

	test('301 to the path with a slash: nginx redirects by itself, and where to', () => {
		const recorded = answered(301, '<center>nginx/1.26.3</center>', [['Location', 'http://localhost:8080/ws/']]);
		const explanation = explained(server(`${GOOD} proxy_pass http://127.0.0.1:9000;`), recorded, { uri: '/ws' });
		expect(explanation.headline).toBe(
			'The handshake was redirected (301) to http://localhost:8080/ws/; WebSocket clients do not follow redirects.',
		);
		expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(text(explanation)).toContain('conf.d/chat.conf, line 3');
		expect(text(explanation)).toContain('Let the client open ws://localhost:8080/ws/ at once');
	});

	test('403 by deny', () => {
		const explanation = explained(
			server(`deny all; ${GOOD} proxy_pass http://127.0.0.1:9000;`),
			answered(403, '<center>nginx</center>'),
		);
		expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(explanation.why[0]?.where).toBe('conf.d/chat.conf, line 4');
	});

	test('404 from a file that is not there', () => {
		const explanation = explained(server('root /srv;'), answered(404, '<center>nginx</center>'));
		expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(text(explanation)).toContain('this location passes nothing on');
		expect(text(explanation)).toContain('Put proxy_pass into the location');
	});

	test('101 whose Upgrade header nginx hides', () => {
		const files = server(`${GOOD}\n\t\t\tproxy_hide_header Upgrade;\n\t\t\tproxy_pass http://127.0.0.1:9000;`);
		const recorded = trace({
			outcome: 'refused',
			response: { status: 101, reason: '', headers: [], body: '', bodyTruncated: false },
			checks: { accept: 'right', upgrade: 'missing', connection: 'right', subprotocol: 'none', extensions: 'none' },
		});
		const explanation = explained(files, recorded);
		expect(explanation.headline).toBe('101 came, but a browser refuses it: no Upgrade header.');
		expect(explanation.culprit).toBe('configuration');
		expect(explanation.why[0]?.where).toBe('conf.d/chat.conf, line 7');
	});

	test('444: closed without an answer, as told', () => {
		const recorded = trace({
			outcome: 'failed',
			failure: { stage: 'response', code: 'CLOSED_WITHOUT_ANSWER', message: 'the connection was closed without an answer' },
		});
		const explanation = explained(server('return 444;'), recorded);
		expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(explanation.why[0]?.where).toBe('conf.d/chat.conf, line 4');
	});

	test('a listen with proxy_protocol', () => {
		const recorded = trace({
			outcome: 'failed',
			failure: { stage: 'response', code: 'CLOSED_WITHOUT_ANSWER', message: 'the connection was closed without an answer' },
		});
		const explanation = explained(server(`${GOOD} proxy_pass http://127.0.0.1:9000;`, '8080 proxy_protocol'), recorded);
		expect(text(explanation)).toMatch(/PROXY protocol.*\(conf\.d\/chat\.conf, line 2\)/);
	});

	test('wss to a listen without ssl', () => {
		const recorded = trace({
			url: 'wss://localhost:8080/ws/',
			outcome: 'failed',
			failure: { stage: 'tls', code: 'ERR_SSL_WRONG_VERSION_NUMBER', message: 'wrong version number' },
		});
		const explanation = explained(server(`${GOOD} proxy_pass http://127.0.0.1:9000;`), recorded);
		expect(explanation.headline).toBe('This port does not speak TLS; the test used wss://.');
		expect(explanation.why[0]).toMatchObject({ text: 'This listen has no ssl.', where: 'conf.d/chat.conf, line 2' });
	});

	test('nobody listens on a port that no server has', () => {
		const recorded = trace({
			url: 'ws://localhost:8081/ws/',
			connectedTo: undefined,
			outcome: 'failed',
			failure: { stage: 'tcp', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:8081' },
		});
		const explanation = explained(server('return 204;'), recorded, { listen: '127.0.0.1:8081' });
		expect(explanation).toMatchObject({
			headline: 'Nobody listens at 127.0.0.1:8081.',
			culprit: 'configuration',
			agreement: 'agrees',
		});
	});
});

describe('the configuration is not to blame', () => {
	const good = server(`${GOOD}\n\t\t\tproxy_pass http://127.0.0.1:9000;`);

	test('101: said with the idle limit, which is a default', () => {
		const explanation = explained(good, OPENED);
		expect(explanation.headline).toBe('The WebSocket handshake succeeded: 101 in 4.0 ms, pong after 1.3 ms.');
		expect(explanation).toMatchObject({ culprit: 'nobody', agreement: 'agrees', advice: [] });
		expect(text(explanation)).toContain('nginx passed the handshake to 127.0.0.1:9000. (conf.d/chat.conf, line 7)');
		expect(text(explanation)).toContain('for 60 s (the default), nginx cuts the tunnel');
	});

	test('403 of the backend: the Origin and the Host that it compares', () => {
		const recorded = {
			...answered(403, 'bad origin'),
			request: { headers: [...HEADERS, ['Origin', 'http://localhost:8080'] as const] },
		};
		const explanation = explained(good, recorded);
		expect(explanation).toMatchObject({ culprit: 'backend', agreement: 'disagrees' });
		expect(explanation.why[0]?.text).toBe("nginx sends 127.0.0.1:9000 a right handshake; the 403 is the backend's own.");
		expect(text(explanation)).toContain('“Host: 127.0.0.1:9000” (the default) while the Origin is http://localhost:8080');
		expect(text(explanation)).toContain('proxy_set_header Host $http_host');
	});

	test('403 without an Origin: test with one', () => {
		expect(text(explained(good, answered(403, 'no')))).toContain('Test again with Origin “same”.');
	});

	test('502: nobody listens at the address of this line', () => {
		const explanation = explained(good, answered(502, '<center>nginx</center>'));
		expect(explanation).toMatchObject({ culprit: 'backend', agreement: 'agrees' });
		expect(explanation.why[0]).toMatchObject({
			text: 'nginx could not get an answer from 127.0.0.1:9000: nobody listens there, or it hung up.',
			where: 'conf.d/chat.conf, line 7',
		});
	});

	test('502 in front of a configuration that would fail too: both are said', () => {
		const explanation = explained(server('proxy_pass http://127.0.0.1:9000;'), answered(502, '<center>nginx</center>'));
		expect(explanation.culprit).toBe('backend');
		expect(text(explanation)).toContain('Once that is cured, the handshake still fails:');
		expect(text(explanation)).toContain('The backend gets no Upgrade header');
	});

	test('504: the backend does not answer', () => {
		expect(explained(good, answered(504, '<center>nginx</center>'))).toMatchObject({ culprit: 'backend', agreement: 'agrees' });
	});

	test('404 of the backend: what it was asked', () => {
		const files = server(`${GOOD}\n\t\t\tproxy_pass http://127.0.0.1:9000/chat;`);
		expect(text(explained(files, answered(404, 'Cannot GET')))).toContain('What the backend is asked: GET /chat.');
	});

	test('a wrong accept key is the backend’s', () => {
		const recorded = trace({
			outcome: 'refused',
			response: { status: 101, reason: '', headers: [], body: '', bodyTruncated: false },
			checks: { accept: 'wrong', upgrade: 'right', connection: 'right', subprotocol: 'none', extensions: 'none' },
		});
		const explanation = explained(good, recorded);
		expect(explanation).toMatchObject({ culprit: 'backend', agreement: 'disagrees' });
		expect(explanation.headline).toBe('101 came, but a browser refuses it: a wrong Sec-WebSocket-Accept.');
	});

	test('a backend that closes with a code: its meaning', () => {
		const explanation = explained(good, {
			...OPENED,
			ping: { problem: 'the other side ended the WebSocket first' },
			close: { code: 1008, reason: 'sign in', by: 'peer' },
		});
		expect(explanation.headline).toBe('The WebSocket opened, but the other side closed it at once with 1008 (“sign in”).');
		expect(explanation.culprit).toBe('backend');
		expect(text(explanation)).toContain('breaks a rule of the server');
		expect(text(explanation)).toContain('nginx never sends close frames');
	});

	test('a backend that hangs', () => {
		const explanation = explained(good, trace({ outcome: 'timeout', timing: { ...OPENED.timing, totalMs: 5_000 } }));
		expect(explanation.headline).toBe('No answer came after 5.0 s.');
		expect(explanation.culprit).toBe('backend');
		expect(explanation.why[0]?.where).toBe('conf.d/chat.conf, line 7');
	});
});

describe('the nginx that answers runs another text', () => {
	const good = server(`${GOOD}\n\t\t\tproxy_pass http://127.0.0.1:9000;`);

	test('426 although the file is right: reload', () => {
		const explanation = explained(good, answered(426));
		expect(explanation).toMatchObject({ culprit: 'stale', agreement: 'disagrees' });
		expect(explanation.advice[0]?.text).toContain('nginx -s reload');
	});

	test('nginx’s own 404 although the file passes it on', () => {
		const explanation = explained(good, answered(404, '<hr><center>nginx/1.26.3</center>'));
		expect(explanation).toMatchObject({ culprit: 'stale', agreement: 'disagrees' });
	});

	test('101 although the file forwards nothing', () => {
		const explanation = explained(server('proxy_pass http://127.0.0.1:9000;'), OPENED);
		expect(explanation).toMatchObject({ culprit: 'stale', agreement: 'disagrees' });
		expect(text(explanation)).toContain('nginx -s reload');
	});

	test('101 with HTTP/1.0 alone is a lenient backend, and no stale file', () => {
		const files = server(`proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_pass http://127.0.0.1:9000;`);
		const explanation = explained(files, OPENED);
		expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(text(explanation)).toContain('This backend takes it all the same; others refuse');
		expect(explained(files, OPENED, { version: '1.30.0' })).toMatchObject({ culprit: 'nobody', agreement: 'agrees' });
	});

	test('another status than return says', () => {
		const explanation = explained(server('return 204;'), answered(403));
		expect(explanation).toMatchObject({ culprit: 'stale', agreement: 'disagrees' });
		expect(explanation.why[0]).toMatchObject({ where: 'conf.d/chat.conf, line 4' });
	});
});

describe('without a configuration, or with one that cannot tell', () => {
	test.each([
		[answered(426), 'got no Upgrade'],
		[answered(401), 'who you are'],
		[answered(400, '<center>The plain HTTP request was sent to HTTPS port</center><center>nginx</center>'), 'speaks TLS'],
		[answered(400, '<center>No required SSL certificate was sent</center><center>nginx</center>'), 'client certificate'],
		[answered(404, '<center>nginx</center>'), 'nginx made this 404 itself'],
		[answered(503, '<center>nginx</center>'), 'limit_conn'],
		[answered(500, '<center>nginx</center>'), 'nginx itself failed'],
	])('%#: the usual meaning', (recorded, sentence) => {
		expect(text(explained(undefined, recorded))).toContain(sentence);
	});

	test('Lua: the reason why the model cannot tell', () => {
		const explanation = explained(server('content_by_lua_block { ngx.say("x") }'), answered(200));
		expect(explanation.agreement).toBe('undecided');
		expect(text(explanation)).toMatch(/cannot be told from its text: .*lua/i);
	});

	test.each([
		['ENOTFOUND', 'dns', 'The name chat.example has no address here.'],
		['EHOSTUNREACH', 'tcp', 'The connection to chat.example:443 failed (EHOSTUNREACH).'],
		['PROXY_407', 'proxy', 'The proxy refused to connect (407).'],
		[
			'DEPTH_ZERO_SELF_SIGNED_CERT',
			'tls',
			"The server's certificate is self-signed; browsers refuse it, and no handshake was sent.",
		],
		[
			'ERR_TLS_CERT_ALTNAME_INVALID',
			'tls',
			"The server's certificate is for another name; browsers refuse it, and no handshake was sent.",
		],
		['CERT_HAS_EXPIRED', 'tls', "The server's certificate has expired; browsers refuse it, and no handshake was sent."],
		['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'tls', 'The server has no certificate for this name and ended the TLS handshake.'],
	] as const)('%s', (code, stage, headline) => {
		const recorded = trace({
			url: 'wss://chat.example/ws',
			outcome: 'failed',
			failure: { stage, code, message: code },
		});
		expect(explained(undefined, recorded).headline).toBe(headline);
	});

	test('nothing is left unsaid: every outcome has a headline, whatever is missing', () => {
		for (const outcome of ['upgraded', 'refused', 'failed', 'timeout', 'cancelled'] as const)
			expect(explainHandshake({ ...newDraft('ws://x/', false), outcome }).headline).toMatch(/\w.*\.$/);
	});
});

describe('what hides a wrong test', () => {
	test('a followed redirect and a certificate that was taken on request are said', () => {
		const explanation = explained(undefined, {
			...OPENED,
			redirects: [{ url: 'ws://localhost/ws', status: 301, location: '/ws/' }],
			tls: {
				protocol: 'TLSv1.3',
				alpn: 'http/1.1',
				authorized: false,
				problem: 'SELF_SIGNED_CERT_IN_CHAIN',
				certificate: undefined,
			},
		});
		expect(text(explanation)).toContain('a browser follows none');
		expect(text(explanation)).toContain('a browser refuses it');
	});
});
