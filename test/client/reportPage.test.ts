import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Page, reportPage } from '../../client/src/common/report/page.ts';
import { bars, columns } from '../../client/src/common/report/pictures.ts';
import { trialPage } from '../../client/src/common/report/trialPage.ts';
import { explainLoad, type LoadTrace, plotText } from '../../server/src/core/handshake/load.ts';
import { maskTrace } from '../../server/src/core/handshake/secrets.ts';
import type { HandshakeTrace } from '../../server/src/core/handshake/trace.ts';
import { handshakeReport } from '../../server/src/features/handshakeReport.ts';
import { newDraft } from '../../server/src/node/handshake/draft.ts';
import { type HandshakeReport, ROUTES, type RoutesResult, TEST_HANDSHAKE } from '../../server/src/protocol/requests.ts';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const PLACE = { uri: 'file:///w/nginx.conf', range: { start: { line: 2, character: 0 }, end: { line: 2, character: 8 } } };
const NAME = 'WebSocket test';
const NONCE = '0123456789abcdef';
const URL = 'ws://chat.example:8080/ws';
const HOSTILE = `</style></script><script>alert(1)</script><img src=x onerror=alert(1)>"'\`& javascript:alert(1)`;

const refused: HandshakeTrace = {
	...newDraft(URL, true),
	connectedTo: '127.0.0.1:8080',
	request: {
		headers: [
			['Host', 'chat.example:8080'],
			['Authorization', 'Bearer very-secret'],
		],
	},
	timing: { dnsMs: 1.2, tcpMs: 0.42, proxyMs: undefined, tlsMs: 3.3, upgradeMs: 12.4, totalMs: 1234 },
	response: {
		status: 426,
		reason: 'Upgrade Required',
		headers: [
			['Server', 'nginx'],
			['X-Note', HOSTILE],
		],
		body: `<h1>no</h1>\n${HOSTILE}`,
		bodyTruncated: false,
	},
	outcome: 'refused',
};

const upgraded: HandshakeTrace = {
	...refused,
	response: { status: 101, reason: 'Switching Protocols', headers: [['Upgrade', 'websocket']], body: '', bodyTruncated: false },
	checks: { accept: 'right', upgrade: 'right', connection: 'right', subprotocol: 'none', extensions: 'none' },
	ping: { roundTripMs: 0.7 },
	close: { code: 1000, reason: '', by: 'us' },
	outcome: 'upgraded',
};

const unreachable: HandshakeTrace = {
	...newDraft(URL, true),
	request: { headers: [['Host', 'chat.example:8080']] },
	failure: { stage: 'tcp', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:8080' },
	outcome: 'failed',
};

const CONF = `events {}
http {
	server {
		listen 127.0.0.1:8080;
		server_name chat.example;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
		}
	}
}
`;

/** The report that the client gets of a handshake on the configuration above. */
async function reported(trace: HandshakeTrace): Promise<HandshakeReport> {
	const session = await start({
		files: { '/w/nginx.conf': CONF },
		initializationOptions: { trusted: true },
		host: { handshake: async () => maskTrace(trace) },
	});
	await session.open('/w/nginx.conf', CONF);
	const uri = uriOf('/w/nginx.conf');
	const { routes }: RoutesResult = await session.client.sendRequest(ROUTES, { uri });
	return session.client.sendRequest(TEST_HANDSHAKE, { uri, url: URL, routeId: routes[0]?.routeId });
}

const decoded = (text: string): string => text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));

/** What a person sees or hears of a page: its texts and its labels. */
function words({ html }: Page): readonly string[] {
	const body = html.slice(html.indexOf('<body')).replace(/<script[\s\S]*<\/script>/, '');
	const labels = [...body.matchAll(/aria-label="([^"]*)"/g)].flatMap(([, label = '']) => label.split(/: |; /));
	return [...body.replace(/<[^>]*>/g, '\n').split('\n'), ...labels]
		.map((text) => decoded(text).trim())
		.filter((text) => /\w/.test(text));
}

/** What the page's own buttons say; the fix is among what the text says to do. */
const BUTTONS = new Set(['Test Again', 'Show as Text', 'Copy', 'Actions']);

const plain = (markdown: string): string => markdown.replace(/\\(.)/g, '$1');

describe('the report as a page', () => {
	test.each([
		['refused', refused],
		['upgraded', upgraded],
		['unreachable', unreachable],
	])('%s: everything in it is also in the text', async (_, trace) => {
		const report = await reported(trace);
		const text = plain(report.report);
		const shown = words(reportPage(NAME, report, NONCE));
		expect(shown.length).toBeGreaterThan(20);
		for (const word of shown) {
			if (BUTTONS.has(word)) continue;
			expect(text).toContain(word.replace(/^Apply Fix: /, ''));
		}
	});

	test('everything in the text is also in it', async () => {
		const report = await reported(refused);
		const shown = words(reportPage(NAME, report, NONCE)).join('\n');
		for (const part of report.parts) {
			expect(shown).toContain(part.title);
			if (part.kind === 'rows') for (const [name, value] of part.rows) expect(shown).toContain(`${name}\n${value}`);
			if (part.kind === 'lines' && part.picture === undefined) for (const { text } of part.lines) expect(shown).toContain(text);
		}
		expect(shown).toContain('location\n/ws\nBROKE HERE\nnginx.conf, line 6');
	});

	test('what a server sends is text, in headers and body alike', async () => {
		const { html } = reportPage(NAME, await reported(refused), NONCE);
		expect(html.match(/<script/g)).toHaveLength(1);
		expect(html.match(/<\/style/g)).toHaveLength(1);
		expect(html).not.toMatch(/<img|<h1>no/);
		expect(decoded(html)).toContain(HOSTILE);
	});

	test('no text of any kind makes an element or leaves an attribute', () => {
		const safe = words(reportPage(NAME, page('x'), NONCE)).length;
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				const { html } = reportPage(NAME, page(text), NONCE);
				const tags = (whole: string): readonly string[] => [...whole.matchAll(/<\/?[a-z!][^\s>]*/gi)].map(([tag]) => tag);
				expect(tags(html)).toEqual(tags(reportPage(NAME, page('x'), NONCE).html));
				expect(html).not.toMatch(/\son[a-z]+=/i.test(text) ? /<[^>]*\son[a-z]+="/ : /\son[a-z]+=/i);
			}),
			{ seed: 5, numRuns: 300 },
		);
		expect(safe).toBeGreaterThan(5);
	});

	test('the policy allows the one style and the one script and nothing from anywhere', async () => {
		const { html } = reportPage(NAME, await reported(refused), NONCE);
		const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
		expect(decoded(policy)).toBe(
			`default-src 'none'; style-src 'nonce-${NONCE}'; script-src 'nonce-${NONCE}'; base-uri 'none'; form-action 'none'`,
		);
		expect(html.match(new RegExp(`nonce="${NONCE}"`, 'g'))).toHaveLength(2);
		expect(html).not.toMatch(/\s(src|href|style|on[a-z]+)="/);
		expect(html.slice(0, html.indexOf('<body'))).not.toMatch(/url\(|@import/);
	});

	test('a secret is masked', async () => {
		const { html } = reportPage(NAME, await reported(refused), NONCE);
		expect(html).not.toContain('very-secret');
		expect(html).toContain('Bearer •••');
	});

	test('a screen reader finds landmarks, one heading of the first level, named sections, and words for every picture', async () => {
		const { html } = reportPage(NAME, await reported(refused), NONCE);
		expect(html).toContain('<html lang="en">');
		for (const landmark of ['header', 'main', 'h1', 'title'])
			expect(html.match(new RegExp(`<${landmark}>`, 'g'))).toHaveLength(1);
		const named = [...html.matchAll(/aria-labelledby="([^"]+)"/g)].map(([, id]) => id);
		expect(named.length).toBeGreaterThan(5);
		expect(new Set(named).size).toBe(named.length);
		for (const id of named) expect(html).toContain(`<h2 id="${id}">`);
		for (const [svg] of html.matchAll(/<svg[^>]*>/g)) expect(svg).toMatch(/role="img" aria-label="[^"]+"/);
		expect(html).toMatch(/aria-label="Name lookup: 1.2 ms; TCP: 0.4 ms; TLS: 3.3 ms; Upgrade: 12 ms; Whole test: 1.2 s"/);
		expect(html.match(/<th scope="row">/g)?.length).toBeGreaterThan(3);
	});

	test('every button can be reached in the order of reading: the fix first, then the places, then the commands', async () => {
		const report = await reported(refused);
		const { html, places, copies } = reportPage(NAME, report, NONCE);
		const kinds = [...html.matchAll(/<button [^>]*data-kind="([a-z]+)"/g)].map(([, kind]) => kind);
		expect(kinds.slice(0, 3)).toEqual(['fix', 'again', 'text']);
		expect(kinds.filter((kind) => kind === 'open')).toHaveLength(places.length);
		expect(kinds.filter((kind) => kind === 'copy')).toHaveLength(copies.length);
		expect(html).not.toMatch(/tabindex="[1-9]/);
		expect(places[0]?.uri).toBe(uriOf('/w/nginx.conf'));
		expect(copies.at(-2)).toMatch(/^curl /);
	});

	test('what went well is offered no fix', async () => {
		const { html } = reportPage(NAME, await reported(upgraded), NONCE);
		expect(html).toContain('<body class="good"');
		expect(html).not.toContain('data-kind="fix"');
	});
});

describe('the pictures of numbers', () => {
	test('bars and columns say in words what they draw, and escape names', () => {
		const drawn = bars([{ name: '<b>"one"', count: 3 }]).markup;
		expect(drawn).toContain('aria-label="&#60;b&#62;&#34;one&#34;: 3"');
		expect(drawn).not.toContain('<b>');
		const plot = columns([{ fromMs: 0, toMs: 5, count: 2 }], [['0 ms to 5 ms', '2']]).markup;
		expect(plot).toContain('aria-label="0 ms to 5 ms: 2"');
		expect(plot.match(/<rect/g)).toHaveLength(1);
	});
});

/** A report with one text wherever a text can be. */
function page(text: string): HandshakeReport {
	const trace: HandshakeTrace = {
		...refused,
		url: text,
		request: { headers: [[text, text]] },
		response: { status: 426, reason: text, headers: [[text, text]], body: `x${text}`, bodyTruncated: false },
	};
	return handshakeReport(undefined, { uri: 'file:///w/nginx.conf', url: URL }, trace);
}

describe('a trial as a page', () => {
	const load: LoadTrace = {
		asked: 6,
		opened: 5,
		peak: 5,
		handshakeMs: [1, 2, 2.5, 3, 9],
		failures: [{ kind: '500', count: 1 }],
		dropped: 0,
		rampMs: 20,
		cancelled: false,
	};

	test('load: the distribution in columns, in a table, and in the words of the text', () => {
		const report = explainLoad(load, undefined);
		const { html } = trialPage(
			NAME,
			URL,
			{ ok: false, headline: report.headline, why: report.why.map(({ text }) => ({ text })), advice: [], record: { report } },
			NONCE,
		);
		const text = [URL, report.headline, ...plotText(report.plot)].join('\n');
		expect(html.match(/<rect/g)).toHaveLength(report.plot.length);
		for (const { count } of report.plot) expect(html).toContain(`<td>${count}</td>`);
		for (const [, label = ''] of html.matchAll(/<th scope="row">([^<]*)</g)) expect(text).toContain(decoded(label));
		for (const { text: why } of report.why) expect(decoded(html)).toContain(why);
	});

	test('spread: a bar for each backend; a name that a server chose is text', () => {
		const counts = [
			{ name: '127.0.0.1:9000', count: 3 },
			{ name: HOSTILE, count: 1 },
		];
		const { html, places } = trialPage(
			NAME,
			URL,
			{
				ok: true,
				headline: 'x',
				why: [{ text: 'Because.', at: PLACE, where: 'nginx.conf, line 3' }],
				advice: [],
				record: { report: { counts } },
			},
			NONCE,
		);
		expect(html.match(/<rect/g)).toHaveLength(2);
		expect(html).toContain(
			'<li>Because. (<button class="place" data-kind="open" data-index="0">nginx.conf, line 3</button>)</li>',
		);
		expect(places).toEqual([PLACE]);
		expect(html).not.toContain('<img');
	});
});
