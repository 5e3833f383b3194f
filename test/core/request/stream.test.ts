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

	const NAMED = `events {}
stream {
	map $ssl_server_name $by_name { a.example.com 127.0.0.1:9011; default 127.0.0.1:9012; }
	map $server_port $nothing { 1 x; }
	server { listen 8443 ssl; proxy_pass 127.0.0.1:9001; }
	server { listen 8443 ssl; server_name a.example.com; proxy_timeout 5s; proxy_pass 127.0.0.1:9002; }
	server { listen 8443 ssl; server_name *.example.org; set $chosen 127.0.0.1:9003; proxy_pass $chosen; }
	server { listen 8444 ssl; set $early $by_name; proxy_pass $early; }
	server { listen 8445 ssl; proxy_pass $by_name; }
	server { listen 8446; proxy_pass $nothing; }
}`;
	const secure = (listen: string, host: string): Asked => ({ listen, tls: true, host });

	it('tells servers of one address apart by the name in the greeting, since 1.25.5', () => {
		const now = modelOf(NAMED, '1.26.3');
		const before = modelOf(NAMED, '1.24.0');
		expect(inShort(now.predict(secure('127.0.0.1:8443', 'a.example.com')))).toBe('GET / → 127.0.0.1:9002');
		expect(now.predict(secure('127.0.0.1:8443', 'a.example.com')).idleTimeoutMs).toBe(5_000);
		expect(inShort(now.predict(secure('127.0.0.1:8443', 'elsewhere.test')))).toBe('GET / → 127.0.0.1:9001');
		expect(inShort(before.predict(secure('127.0.0.1:8443', 'a.example.com')))).toBe('GET / → 127.0.0.1:9001');
	});

	it('takes `set` of the first server alone, and before the greeting is read', () => {
		const model = modelOf(NAMED, '1.26.3');
		expect(inShort(model.predict(secure('127.0.0.1:8443', 'x.example.org')))).toBe('refused');
		expect(inShort(model.predict(secure('127.0.0.1:8444', 'a.example.com')))).toBe('GET / → 127.0.0.1:9012');
		expect(inShort(model.predict(secure('127.0.0.1:8445', 'a.example.com')))).toBe('GET / → 127.0.0.1:9011');
	});

	it('passes nothing on without TLS where TLS is spoken, nor to an empty address', () => {
		const model = modelOf(NAMED, '1.26.3');
		expect(inShort(model.predict({ listen: '127.0.0.1:8445' }))).toBe('refused');
		expect(inShort(model.predict({ listen: '127.0.0.1:8446' }))).toBe('refused');
	});

	it('says how a server is chosen', () => {
		expect(model.predict({}).upstream?.balancing).toBe('least_conn');
	});
});
