import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { explainHold, type HoldTrace } from '../../server/src/core/handshake/hold.ts';
import { capacityOf, explainLoad, type LoadTrace, plotText } from '../../server/src/core/handshake/load.ts';
import { explainSpread, fingerprintOf, type SpreadTrace } from '../../server/src/core/handshake/spread.ts';
import { createPredictor } from '../../server/src/core/request/predict.ts';
import { newDraft } from '../../server/src/node/handshake/draft.ts';
import { versionOf } from '../support/analysed.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

/* What a person reads after a hold, a spread and a load, for records that take too long to make for real. */

function modelOf(text: string) {
	const configuration = buildConfiguration('/n/nginx.conf', memoryFiles({ '/n/nginx.conf': text }));
	const prediction = createPredictor(configuration, versionOf('1.26.3')).predict({
		listen: '127.0.0.1:8080',
		tls: false,
		method: 'GET',
		uri: '/ws',
		headers: [
			['Host', 'localhost'],
			['Upgrade', 'websocket'],
			['Connection', 'Upgrade'],
			['Sec-WebSocket-Version', '13'],
			['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
		],
	});
	return { configuration, prediction };
}

const FORWARD = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
const DEFAULT = modelOf(
	`events {}\nhttp { server { listen 8080; location /ws { ${FORWARD} proxy_pass http://127.0.0.1:9000; } } }`,
);

describe('hold', () => {
	const held = (hold: Partial<NonNullable<HoldTrace['hold']>>, code = 1006): HoldTrace => ({
		handshake: { ...newDraft('ws://localhost:8080/ws', false), outcome: 'upgraded', close: { code, reason: '', by: 'peer' } },
		hold: { heldMs: 0, silentMs: 0, ended: 'closed', serverPings: 0, serverMessages: 0, ...hold },
	});

	test('cut after a minute: the default of proxy_read_timeout', () => {
		const explanation = explainHold(held({ heldMs: 60_060, silentMs: 60_060 }), DEFAULT);
		expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(explanation.headline).toBe('The tunnel was closed after 60.1 s, 60.1 s of them silent (1006).');
		expect(explanation.why[1]?.text).toContain('after 60 s of silence (the default of proxy_read_timeout)');
	});

	test('cut long before: something on the way', () => {
		const explanation = explainHold(held({ heldMs: 30_000, silentMs: 30_000 }), DEFAULT);
		expect(explanation).toMatchObject({ culprit: 'network', agreement: 'disagrees' });
		expect(explanation.advice[0]?.text).toContain('a load balancer or a firewall');
	});

	test('open long after: the nginx that runs has another limit', () => {
		const explanation = explainHold(held({ heldMs: 90_000, silentMs: 90_000, ended: 'asked' }), DEFAULT);
		expect(explanation).toMatchObject({ culprit: 'stale', agreement: 'disagrees' });
	});

	test('a WebSocket that never opened is explained as a handshake', () => {
		const explanation = explainHold({
			handshake: {
				...newDraft('ws://localhost:8080/ws', false),
				outcome: 'failed',
				failure: { stage: 'tcp', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:8080' },
			},
			hold: undefined,
		});
		expect(explanation.headline).toBe('Nobody listens at 127.0.0.1:8080.');
	});
});

describe('spread', () => {
	const upgraded = (fingerprint: string) => ({ outcome: 'upgraded', status: 101, fingerprint }) as const;

	test('a fingerprint leaves out what differs with every handshake', () => {
		const headers = (accept: string) =>
			[
				['Server', 'nginx'],
				['Sec-WebSocket-Accept', accept],
				['X-Backend', 'a'],
			] as const;
		expect(fingerprintOf(headers('x'), undefined)).toBe('x-backend: a');
		expect(fingerprintOf(headers('x'), undefined)).toBe(fingerprintOf(headers('y'), undefined));
		expect(fingerprintOf(headers('x'), 'X-Backend')).toBe('a');
		expect(fingerprintOf(headers('x'), 'X-Other')).toBe('(without it)');
	});

	test('nginx may add to what a backend sends; the backend is still known', () => {
		const trace: SpreadTrace = {
			handshakes: [upgraded('x-added: 1\nx-backend: a'), upgraded('x-added: 1\nx-backend: b')],
			header: undefined,
			keptCookies: false,
			backends: [
				{ address: '127.0.0.1:1', fingerprint: 'x-backend: a' },
				{ address: '127.0.0.1:2', fingerprint: 'x-backend: b' },
			],
		};
		expect(explainSpread(trace, DEFAULT).counts.map(({ name }) => name)).toEqual(['127.0.0.1:1', '127.0.0.1:2']);
	});

	test('failures are counted by kind', () => {
		const trace: SpreadTrace = {
			handshakes: [
				upgraded('a'),
				{ outcome: 'refused', status: 502, fingerprint: 'e' },
				{ outcome: 'timeout', status: undefined, fingerprint: undefined },
			],
			header: 'X-Backend',
			keptCookies: false,
			backends: [],
		};
		expect(explainSpread(trace, DEFAULT).headline).toBe(
			'1 of 3 handshakes upgraded, on 1 backend of 1. 2 did not upgrade (1× 502, 1× timeout).',
		);
	});
});

describe('load', () => {
	const load: LoadTrace = {
		asked: 10,
		opened: 10,
		peak: 10,
		handshakeMs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 100],
		failures: [],
		dropped: 0,
		rampMs: 200,
		cancelled: false,
	};

	test.each([
		['events {}', 255],
		['events { worker_connections 1024; }', 511],
		['worker_processes 4; events { worker_connections 1024; }', 2044],
		['events { worker_connections 100; } http { server { listen 80; listen 443 ssl; } server { listen 80; } }', 48],
		['worker_processes auto; events {}', undefined],
	])('room: %s', (text, tunnels) => {
		expect(capacityOf(modelOf(text).configuration).tunnels).toBe(tunnels);
	});

	test('the times', () => {
		expect(explainLoad(load, undefined).times).toEqual({ p50: 5, p90: 9, p99: 100, longest: 100 });
		expect(explainLoad({ ...load, handshakeMs: [] }, undefined)).toMatchObject({ times: undefined, plot: [] });
	});

	test('the limits of this machine are no finding about nginx', () => {
		const report = explainLoad({ ...load, opened: 5, failures: [{ kind: 'EMFILE', count: 5 }] }, undefined);
		expect(report.headline).toBe('5 of 10 WebSockets opened; 5 did not (5× EMFILE).');
		expect(report.advice[0]?.text).toContain('This machine itself ran out');
	});

	test('the plot counts every handshake once, whatever the times', () => {
		fc.assert(
			fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 200 }), (times) => {
				const { plot } = explainLoad({ ...load, handshakeMs: [...times].sort((a, b) => a - b) }, undefined);
				expect(plot.reduce((sum, { count }) => sum + count, 0)).toBe(times.length);
			}),
		);
		const lines = plotText(explainLoad(load, undefined).plot, 10);
		expect(lines).toHaveLength(12);
		expect(lines.at(-1)).toMatch(/ – 100 ms █+ 1$/);
	});
});
