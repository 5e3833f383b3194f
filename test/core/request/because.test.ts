import { describe, expect, it } from 'vitest';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import { toExplanation, toSteps } from '../../../server/src/core/request/explanation.ts';
import { createPredictor } from '../../../server/src/core/request/predict.ts';
import { versionOf } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';
import { type Asked, modelOf, requestOf } from './asking.ts';

const HTTP = `
	map $http_upgrade $connection_upgrade { default upgrade; '' close; }
	map $arg_t $target { default back; }
	upstream back { server 127.0.0.1:9001; }
	server {
		listen 8080;
		server_name first.example;
		return 404;
	}
	server {
		listen 8080;
		server_name a.example.com;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_set_header Host $host;
		proxy_http_version 1.1;
		error_page 403 = @away;
		set $seen "";
		if ($http_upgrade) { set $seen yes; }
		location /ws/ { proxy_pass http://back; proxy_read_timeout 1h; }
		location /own { proxy_pass http://$target; proxy_set_header X-Seen $seen; proxy_set_header Host $proxy_host; }
		location /old { rewrite ^/old/(.*)$ /ws/$1 last; }
		location /no { deny all; proxy_pass http://back; }
		location @away { proxy_pass http://127.0.0.1:9009; }
		location /files { try_files $uri @away; }
		location /moved { if ($arg_x = 1) { return 301 https://$host/; } return 410; }
		location /in { internal; proxy_pass http://back; }
		location /post { limit_except POST { deny all; } proxy_pass http://back; }
		location /pw { auth_basic x; auth_basic_user_file f; proxy_pass http://back; }
		location ~ ^/cap/(?<name>\\w+)$ { proxy_pass http://back/$name; proxy_method POST; }
	}`;

const URIS = [
	'/ws',
	'/ws/a',
	'/own',
	'/old/x',
	'/no',
	'/files',
	'/moved',
	'/moved?x=1',
	'/in',
	'/post',
	'/pw',
	'/cap/x',
	'/none',
];

function explainText(text: string, asked: Asked) {
	const configuration = buildConfiguration('/c/nginx.conf', memoryFiles({ '/c/nginx.conf': text }));
	const prediction = createPredictor(configuration, versionOf('1.26.3')).predict(requestOf(asked));
	return { prediction, answer: JSON.stringify({ ...toExplanation(prediction, configuration), because: [] }) };
}

describe('because', () => {
	const text = `events {}\nhttp {\n${HTTP}\n}\n`;
	it.each(URIS)('names for %s only directives without which the answer is another', (uri) => {
		const asked = { uri, host: 'a.example.com' };
		const { prediction, answer } = explainText(text, asked);
		expect(prediction.because.length).toBeGreaterThan(0);
		for (const { at } of prediction.because) {
			const { start, end } = at.node.span;
			const without = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);
			expect(explainText(without, asked).answer, text.slice(start, end)).not.toBe(answer);
		}
	});

	it('names them in the order in which they count', () => {
		const names = (uri: string): readonly string[] =>
			modelOf(HTTP)
				.predict({ uri, host: 'a.example.com' })
				.because.map(({ at }) => at.node.name.value);
		expect(names('/ws/a')).toEqual([
			'listen',
			'server_name',
			'location',
			'proxy_pass',
			'upstream',
			'proxy_http_version',
			'proxy_set_header',
			'proxy_set_header',
			'map',
			'proxy_set_header',
			'proxy_read_timeout',
		]);
		expect(names('/old/x').slice(2, 5)).toEqual(['location', 'rewrite', 'location']);
		expect(names('/no').slice(2, 7)).toEqual(['location', 'deny', 'error_page', 'location', 'proxy_pass']);
		expect(names('/own')).toEqual(expect.arrayContaining(['map', 'set', 'if', 'proxy_set_header']));
		expect(names('/moved?x=1').slice(2)).toEqual(['location', 'if', 'return']);
		expect(names('/in').slice(2)).toEqual(['location', 'internal']);
	});
});

describe('the explanation', () => {
	it('is the JSON of the contract', () => {
		expect(modelOf(HTTP).explain({ uri: '/ws/a?b=c', host: 'a.example.com' })).toMatchObject({
			outcome: 'proxied',
			status: null,
			redirect: null,
			server: { file: 'nginx.conf', line: 12 },
			location: { file: 'nginx.conf', line: 22 },
			upstream: {
				module: 'proxy',
				scheme: 'http',
				addresses: ['127.0.0.1:9001'],
				method: 'GET',
				uri: '/ws/a?b=c',
				httpVersion: '1.1',
				headers: { host: 'a.example.com', upgrade: 'websocket', connection: 'upgrade' },
			},
			upgrade: true,
			idleTimeoutMs: 3_600_000,
			unknown: null,
		});
	});

	it('names files as seen from the main file’s folder', () => {
		const configuration = buildConfiguration(
			'/w/conf/nginx.conf',
			memoryFiles({
				'/w/conf/nginx.conf': 'events {} http { include sites/*.conf; include ../shared/b.conf; }',
				'/w/conf/sites/a.conf': '\nserver { listen 1; return 204; }',
				'/w/shared/b.conf': '\n\nserver { listen 2; return 204; }',
			}),
			{ workspace: '/w' },
		);
		const predictor = createPredictor(configuration, versionOf('1.26.3'));
		const server = (port: number) =>
			toExplanation(predictor.predict(requestOf({ listen: `127.0.0.1:${port}` })), configuration).server;
		expect(server(1)).toEqual({ file: 'sites/a.conf', line: 2 });
		expect(server(2)).toEqual({ file: '../shared/b.conf', line: 3 });
	});

	it('has steps for a person, with the line that each is about', () => {
		const steps = toSteps(modelOf(HTTP).predict({ uri: '/ws/a', host: 'a.example.com' }));
		const text = steps.map((step) => step.text);
		expect(text).toContain('nginx sends to 127.0.0.1:9001 (proxy): GET /ws/a HTTP/1.1');
		expect(text).toContain('connection: upgrade');
		expect(text.at(-1)).toBe('after 3600 s of silence in both directions nginx closes the tunnel');
		expect(steps.at(-1)?.at?.node.name.value).toBe('proxy_read_timeout');
		const redirected = toSteps(modelOf(HTTP).predict({ uri: '/ws', host: 'a.example.com' })).map((step) => step.text);
		expect(redirected).toContain('nginx answers with 301 itself, to http://a.example.com:8080/ws/');
	});
});
