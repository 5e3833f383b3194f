import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import { createPredictor } from '../../../server/src/core/request/predict.ts';
import { versionOf } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

const REQUESTS = 10_000;

function predictorOf(locations: number) {
	const body = Array.from({ length: locations }, (_, index) =>
		index % 10 === 9
			? `location ~ ^/r${index}/(\\w+)$ { proxy_pass http://127.0.0.1:9000/$1; proxy_set_header X-Room $1; }`
			: `location /l${index}/ { proxy_pass http://127.0.0.1:9000; proxy_set_header X-Number ${index}; }`,
	).join('\n');
	const text = `events {}
http {
	map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
	server {
		listen 8080;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		${body}
	}
}
`;
	return createPredictor(buildConfiguration('/c/nginx.conf', memoryFiles({ '/c/nginx.conf': text })), versionOf('1.30.0'));
}

/** Milliseconds for so many requests, each to another location; the best of three, as other programs take their time too. */
function timeFor(locations: number, requests: number): number {
	const predictor = predictorOf(locations);
	const run = (): number => {
		const start = performance.now();
		for (let index = 0; index < requests; index++) {
			const prediction = predictor.predict({
				listen: '127.0.0.1:8080',
				tls: false,
				method: 'GET',
				uri: `/l${index % locations}/room?x=${index}`,
				httpVersion: '1.1',
				headers: [
					['Host', 'a.example.com'],
					['Upgrade', 'websocket'],
					['Connection', 'Upgrade'],
				],
			});
			if (prediction.outcome === 'refused') throw new Error('nobody listens');
		}
		return performance.now() - start;
	};
	return Math.min(run(), run(), run());
}

test('ten thousand requests through a thousand locations take a second or little more on any machine', () => {
	const took = timeFor(1_000, REQUESTS);
	console.log(`10,000 requests through 1,000 locations: ${Math.round(took)} ms`);
	// The aim is 1,000; a busy machine may take several times as long, something quadratic takes a hundred times.
	expect(took).toBeLessThan(10_000);
});
