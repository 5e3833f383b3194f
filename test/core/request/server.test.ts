import { describe, expect, it } from 'vitest';
import { type Asked, inShort, modelOf } from './asking.ts';

const SERVERS = `
	server { listen 8080; server_name one.example.com *.wild.example.com mail.* .dot.example.com; return 301 /1/$server_name; }
	server { listen 8080 default_server; listen 127.0.0.1:8081; server_name ""; return 301 /2/$server_name; }
	server { listen 8080; server_name ~^(?<sub>\\w+)\\.re\\.example\\.com$; return 301 /3/$sub/$1; }
	server { listen 8080; server_name *.a.wild.example.com; return 301 /4/; }
	server { listen 8080; server_name www.example.*; return 301 /5/; }
	server { listen 8081; server_name six; return 301 /6/; }
	absolute_redirect off;`;

describe('the choice of a server (RT22)', () => {
	const model = modelOf(SERVERS);
	const answers: readonly (readonly [string, Asked, string])[] = [
		['an exact name, whatever its case', { host: 'ONE.Example.com' }, '301 /1/one.example.com'],
		['with a port behind it', { host: 'one.example.com:9999' }, '301 /1/one.example.com'],
		['with a dot behind it', { host: 'one.example.com.' }, '301 /1/one.example.com'],
		['a leading wildcard', { host: 'x.y.wild.example.com' }, '301 /1/one.example.com'],
		['the longer of two leading wildcards', { host: 'x.a.wild.example.com' }, '301 /4/'],
		['a trailing wildcard', { host: 'mail.anything' }, '301 /1/one.example.com'],
		['.name: the name itself', { host: 'dot.example.com' }, '301 /1/one.example.com'],
		['.name: what stands before it', { host: 'x.dot.example.com' }, '301 /1/one.example.com'],
		['an expression, with its captures', { host: 'abc.re.example.com' }, '301 /3/abc/abc'],
		['a trailing wildcard of another server', { host: 'www.example.org' }, '301 /5/'],
		['no name: the default server', { host: 'elsewhere' }, '301 /2/'],
		['no Host in HTTP/1.0: the empty name', { host: null, httpVersion: '1.0' }, '301 /2/'],
		['no Host in HTTP/1.1', { host: null }, '400'],
		['an empty Host', { host: '' }, '400'],
		['a Host that is none', { host: 'a/b' }, '400'],
		['two of them', { host: 'one.example.com', headers: [['Host', 'two']] }, '400'],
		['the host of an absolute request target', { uri: 'http://one.example.com/x', host: 'elsewhere' }, '301 /1/one.example.com'],
		['the address before the wildcard of the port', { host: 'six', listen: '127.0.0.1:8081' }, '301 /2/'],
		['the wildcard for other addresses', { host: 'six', listen: '127.0.0.2:8081' }, '301 /6/'],
		['nobody listens', { listen: '127.0.0.1:9' }, 'refused'],
		['TLS to a port without it', { tls: true }, '400'],
	];
	it.each(answers)('%s', (_says, asked, answer) => {
		expect(inShort(model.predict(asked))).toBe(answer);
	});

	it('takes the first server where none is marked as the default', () => {
		const two = modelOf('server { listen 8080; server_name a; return 201; } server { listen 8080; server_name b; return 202; }');
		expect(inShort(two.predict({ host: 'c' }))).toBe('201');
	});

	it('names the server_name only where it decided', () => {
		const cited = (host: string): readonly string[] => model.predict({ host }).because.map(({ at }) => at.node.name.value);
		expect(cited('one.example.com')).toContain('server_name');
		expect(cited('elsewhere')).not.toContain('server_name');
	});

	it('refuses hosts more strictly since 1.29.3', () => {
		const strict = modelOf(SERVERS, '1.30.6');
		expect(inShort(model.predict({ host: 'a@b' }))).toBe('301 /2/');
		expect(inShort(strict.predict({ host: 'a@b' }))).toBe('400');
		expect(inShort(strict.predict({ host: 'a:99999' }))).toBe('400');
	});

	it('PR10: plain HTTP to a TLS port is 400, and error_page 497 may redirect it', () => {
		expect(inShort(modelOf('server { listen 8080 ssl; return 200; }').predict({}))).toBe('400');
		const redirecting = modelOf('server { listen 8080 ssl; error_page 497 https://$host$request_uri; return 200; }');
		expect(inShort(redirecting.predict({ uri: '/a?b' }))).toBe('302 https://localhost/a?b');
	});

	it('PR6: a plain listen with http2 cuts HTTP/1.1 before 1.25.1', () => {
		const text = 'server { listen 8080 http2; return 204; }';
		expect(inShort(modelOf(text, '1.22.1').predict({}))).toBe('refused');
		expect(inShort(modelOf(text, '1.26.3').predict({}))).toBe('204');
	});

	it('PR5: a listen for QUIC takes no TCP connection', () => {
		expect(inShort(modelOf('server { listen 8080 quic; return 204; }', '1.30.6').predict({ tls: true }))).toBe('refused');
	});
});

it('an IPv6 wildcard with ipv6only=off takes IPv4 connections, unless an IPv4 listen does', () => {
	const dual = 'server { listen [::]:8080 ipv6only=off; return 301 /6/; }';
	const answer = (text: string): string =>
		inShort(modelOf(`${text} absolute_redirect off;`).predict({ listen: '127.0.0.1:8080' }));
	expect(answer(dual)).toBe('301 /6/');
	expect(answer('server { listen [::]:8080; return 301 /6/; }')).toBe('refused');
	expect(answer(`${dual} server { listen 127.0.0.1:8080; return 301 /4/; }`)).toBe('301 /4/');
});
