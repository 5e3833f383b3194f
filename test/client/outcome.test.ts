import { describe, expect, test } from 'vitest';
import { groupRoutes, outcomeOf } from '../../client/src/common/testing/outcome.ts';
import type { HandshakeTrace } from '../../server/src/core/handshake/trace.ts';
import { handshakeReport } from '../../server/src/features/handshakeReport.ts';
import { newDraft } from '../../server/src/node/handshake/draft.ts';
import type { WorkspaceRoute } from '../../server/src/protocol/requests.ts';

const URL = 'ws://localhost:8080/ws';
const judged = (trace: Partial<HandshakeTrace>) =>
	outcomeOf(handshakeReport(undefined, { uri: 'file:///w/nginx.conf', url: URL }, { ...newDraft(URL, false), ...trace }), 7);

const response = (status: number, reason: string) => ({ status, reason, headers: [], body: '', bodyTruncated: false });

describe('a handshake as a test', () => {
	test('passes when the WebSocket opens and answers', () => {
		const { state, actual } = judged({ outcome: 'upgraded', response: response(101, 'Switching Protocols') });
		expect([state, actual]).toEqual(['passed', '101 Switching Protocols']);
	});

	test('fails with the answer that came, and says why', () => {
		const { state, actual, message, when } = judged({ outcome: 'refused', response: response(426, 'Upgrade Required') });
		expect([state, actual, when]).toEqual(['failed', '426 Upgrade Required', 7]);
		expect(message.split('\n')[0]).toBe('The handshake was answered 426 Upgrade Required, not 101.');
	});

	test('fails with the reason when nothing came', () => {
		const failure = { stage: 'tcp', code: 'ECONNREFUSED', message: 'nobody listens there' } as const;
		expect(judged({ outcome: 'failed', failure }).actual).toBe('nobody listens there (ECONNREFUSED)');
	});

	test('fails when the 101 is wrong, and does not call it the expected one', () => {
		const { state, actual } = judged({ outcome: 'refused', response: response(101, 'Switching Protocols') });
		expect(state).toBe('failed');
		expect(actual).not.toBe('101 Switching Protocols');
	});

	test('fails when the ping is not answered', () => {
		const ping = { problem: 'no pong' };
		expect(judged({ outcome: 'upgraded', response: response(101, 'Switching Protocols'), ping }).state).toBe('failed');
	});

	test('is neither passed nor failed when it was cancelled', () => {
		expect(judged({ outcome: 'cancelled' }).state).toBe('skipped');
	});
});

describe('the routes in groups', () => {
	const route = (uri: string, server: string, title: string): WorkspaceRoute => ({
		uri,
		routeId: `${uri}#${title}`,
		title,
		server,
		range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } },
		intent: 'certain',
		evidence: [],
		urls: [],
	});

	test('by file and server, each with an id of its own that does not stand on offsets', () => {
		const files = groupRoutes([
			route('file:///a', 'one', 'location /ws'),
			route('file:///b', 'two', 'location /ws'),
			route('file:///a', 'one', 'location /ws'),
			route('file:///a', 'three', 'location /chat'),
		]);
		expect(files.map(({ uri, servers }) => [uri, servers.map(({ name, routes }) => [name, routes.map(({ id }) => id)])])).toEqual(
			[
				[
					'file:///a',
					[
						['one', ['file:///a|one|location /ws', 'file:///a|one|location /ws|1']],
						['three', ['file:///a|three|location /chat']],
					],
				],
				['file:///b', [['two', ['file:///b|two|location /ws']]]],
			],
		);
	});
});
