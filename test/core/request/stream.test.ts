import { describe, expect, it } from 'vitest';
import { type Asked, inShort, modelOf } from './asking.ts';

const STREAM = `events {}
stream {
	map $ssl_preread_server_name $backend { default 127.0.0.1:9001; ws.example.com apps; }
	upstream apps { server 127.0.0.1:9002; server 127.0.0.1:9003; least_conn; }
	server { listen 8080; proxy_pass apps; proxy_timeout 1h; }
	server { listen 127.0.0.1:8081; proxy_pass 127.0.0.1:9001; }
	server { listen 8082; ssl_preread on; proxy_pass $backend; }
	server { listen 8083; deny 127.0.0.0/8; proxy_pass apps; }
	server { listen 8084; return hello; }
	server { listen 8085 udp; proxy_pass apps; }
}
http { server { listen 8090; return 204; } }`;

describe('stream proxying (semantics §9)', () => {
	const model = modelOf(STREAM);
	it.each([
		[
			'SM1: a tunnel without headers, ten minutes by default',
			{ listen: '127.0.0.1:8081' },
			'GET / → 127.0.0.1:9001',
			true,
			600_000,
		],
		['SM1: proxy_timeout', {}, 'GET / → 127.0.0.1:9002, 127.0.0.1:9003', true, 3_600_000],
		['a request that is no handshake', { plain: true }, 'GET / → 127.0.0.1:9002, 127.0.0.1:9003', false, 3_600_000],
		[
			'SM4: by the name in the TLS greeting',
			{ listen: '127.0.0.1:8082', tls: true, host: 'ws.example.com' },
			'GET / → 127.0.0.1:9002, 127.0.0.1:9003',
			true,
			600_000,
		],
		['SM4: another name', { listen: '127.0.0.1:8082', tls: true, host: 'x' }, 'GET / → 127.0.0.1:9001', true, 600_000],
		['deny', { listen: '127.0.0.1:8083' }, 'refused', false, null],
		['return', { listen: '127.0.0.1:8084' }, 'file', false, null],
		['UDP takes no connection', { listen: '127.0.0.1:8085' }, 'refused', false, null],
		['the http side has its own ports', { listen: '127.0.0.1:8090' }, '204', false, null],
	] as const)('%s', (_says, asked, answer, upgrade, idle) => {
		const prediction = model.predict(asked as Asked);
		expect(inShort(prediction)).toBe(answer);
		expect(prediction.upgrade).toBe(upgrade);
		expect(prediction.idleTimeoutMs).toBe(idle);
	});

	it('says how a server is chosen', () => {
		expect(model.predict({}).upstream?.balancing).toBe('least_conn');
	});
});
