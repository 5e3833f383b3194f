import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { explainHandshake } from '../../server/src/core/handshake/explain.ts';
import { reportText } from '../../server/src/core/handshake/report.ts';
import type { HandshakeTrace } from '../../server/src/core/handshake/trace.ts';
import { createPredictor } from '../../server/src/core/request/predict.ts';
import { requestOfUrl } from '../../server/src/features/requestOfUrl.ts';
import { newDraft } from '../../server/src/node/handshake/draft.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

const URL = 'ws://chat.example:8080/ws';
const TEXT = (inside: string, server = '127.0.0.1:9000') => `events {}
http {
	upstream chat {
		server ${server};
	}
	server {
		listen 127.0.0.1:8080;
		server_name chat.example;
		location /ws {
			proxy_pass http://chat;
			${inside}
		}
	}
}
`;
const GOOD = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';

const CONNECTED: HandshakeTrace = {
	...newDraft(URL, true),
	connectedTo: '127.0.0.1:8080',
	request: { headers: [['Host', 'chat.example:8080']] },
};

const answered = (status: number, server = 'nginx'): HandshakeTrace => ({
	...CONNECTED,
	response: { status, reason: '', headers: [['Server', server]], body: '', bodyTruncated: false },
	outcome: 'refused',
});

function walk(inside: string, trace: HandshakeTrace): { readonly stations: readonly string[]; readonly text: string } {
	const configuration = buildConfiguration('/c/nginx.conf', memoryFiles({ '/c/nginx.conf': TEXT(inside) }));
	const request = requestOfUrl(configuration, { tls: false, host: 'chat.example', port: 8080, target: '/ws' });
	const prediction = createPredictor(configuration, { major: 1, minor: 26, patch: 3 }).predict(request);
	const explanation = explainHandshake(trace, { prediction, configuration });
	return {
		stations: (explanation.path ?? []).map(({ kind, state, where }) =>
			`${kind} ${state} ${where?.replace(/.* /, '') ?? ''}`.trim(),
		),
		text: reportText(trace, explanation).join('\n'),
	};
}

describe('the path of a handshake', () => {
	test('broken at the location, when the configuration is to blame; each station with its line, in the text too', () => {
		const { stations, text } = walk('', answered(426));
		expect(stations).toEqual([
			'client passed',
			'listen passed 7',
			'server passed 8',
			'location broken 9',
			'upstream unreached 3',
			'backend unreached 10',
		]);
		expect(text).toContain('  location /ws: BROKE HERE (nginx.conf, line 9)');
		expect(text).toContain('  backend 127.0.0.1:9000: not reached (nginx.conf, line 10)');
	});

	test('broken at the listen, when nobody takes the connection', () => {
		const refused: HandshakeTrace = {
			...newDraft(URL, true),
			failure: { stage: 'tcp', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' },
			outcome: 'failed',
		};
		expect(walk(GOOD, refused).stations.slice(0, 3)).toEqual(['client passed', 'listen broken 7', 'server unreached 8']);
	});

	test('broken at the backend, when it is down', () => {
		const { stations } = walk(GOOD, answered(502));
		expect(stations.at(-1)).toBe('backend broken 10');
		expect(stations.slice(0, -1).every((station) => station.includes('passed'))).toBe(true);
	});

	test('passed to the end, when it upgraded', () => {
		const upgraded: HandshakeTrace = { ...answered(101), outcome: 'upgraded' };
		expect(walk(GOOD, upgraded).stations.every((station) => station.includes('passed'))).toBe(true);
	});

	test('without a configuration there is none', () => {
		expect(explainHandshake(answered(426)).path).toEqual([]);
	});
});
