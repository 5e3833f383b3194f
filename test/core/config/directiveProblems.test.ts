import { describe, expect, test } from 'vitest';
import { buildConfiguration, buildFragment } from '../../../server/src/core/config/build.ts';
import { type DirectiveProblem, directiveProblems } from '../../../server/src/core/config/directiveProblems.ts';
import { versionOf } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

/* That nginx says the same, in the same order and on the same line, is asked in test/nginx/reference.test.ts. */

function problemsIn(text: string, version = '1.28.0', more: Readonly<Record<string, string>> = {}): readonly DirectiveProblem[] {
	return directiveProblems(buildConfiguration('nginx.conf', memoryFiles({ 'nginx.conf': text, ...more })), versionOf(version));
}

function inLocation(lines: string, version?: string): readonly DirectiveProblem[] {
	return problemsIn(`events {}\nhttp { server { location /ws { ${lines} } } }\n`, version);
}

describe('nginx’s own checks', () => {
	test.each([
		['proxy_http_verion 1.1;', 'unknown', 'unknown directive "proxy_http_verion"', 'Did you mean proxy_http_version?'],
		['map $a $b {}', 'context', '"map" directive is not allowed here', 'It belongs in http or stream.'],
		['worker_connections 9;', 'context', '"worker_connections" directive is not allowed here', 'It belongs in events.'],
		['proxy_pass http://a {}', 'block-unexpected', 'directive "proxy_pass" is not terminated by ";"', 'semicolon'],
		['limit_except GET;', 'block-missing', 'directive "limit_except" has no opening "{"', 'opens a block'],
		[
			'proxy_set_header Connection keep-alive, upgrade;',
			'arguments',
			'invalid number of arguments in "proxy_set_header" directive',
			'takes 2 arguments, and here are 3',
		],
		['proxy_read_timeout 1hour;', 'value', '"proxy_read_timeout" directive invalid value', 'a time such as 60s'],
		['proxy_read_timeout $timeout;', 'value', '"proxy_read_timeout" directive invalid value', 'not "$timeout"'],
		['proxy_buffering no;', 'value', 'invalid value "no" in "proxy_buffering" directive, it must be "on" or "off"', 'on or off'],
		['proxy_http_version 1.2;', 'value', 'invalid value "1.2"', 'takes 1.0 or 1.1, not "1.2"'],
		['client_max_body_size 1gb;', 'value', '"client_max_body_size" directive invalid value', '1g'],
		['proxy_ignore_headers Upgrade;', 'value', 'invalid value "Upgrade"', 'not "Upgrade"'],
		['proxy_buffering off; proxy_buffering on;', 'duplicate', '"proxy_buffering" directive is duplicate', 'line 2'],
		[
			'root a; alias b;',
			'duplicate',
			'"alias" directive is duplicate, "root" directive was specified earlier',
			'root is set here already',
		],
	])('%s', (lines, code, nginxMessage, message) => {
		const problems = inLocation(lines);
		expect(problems).toHaveLength(1);
		expect(problems[0]).toMatchObject({ code, nginxMessage });
		expect(problems[0]?.message).toContain(message);
	});

	test('come in the order in which nginx would meet them', () => {
		const problems = problemsIn('events { a_; }\nhttp {\nserver {\nb_ 1;\nlocation / {\nc_;\n}\nd_;\n}\n}\ne_;\n');
		expect(problems.map(({ at }) => at.node.name.value)).toEqual(['a_', 'b_', 'c_', 'd_', 'e_']);
	});

	test('name the line that came first, also in another file', () => {
		const text = 'events {}\nhttp { server { location / { proxy_http_version 1.1; include p.conf; } } }\n';
		const [problem, ...rest] = problemsIn(text, '1.28.0', { 'p.conf': '# shared\nproxy_http_version 1.1;\n' });
		expect(rest).toEqual([]);
		expect(problem).toMatchObject({
			code: 'duplicate',
			at: { file: { path: 'p.conf' } },
			first: { file: { path: 'nginx.conf' } },
		});
		expect(problem?.message).toContain('nginx.conf, line 2');
	});
});

describe('the version', () => {
	test.each([
		['server { http2 on; }', '1.22.1', 'unknown directive "http2"', '1.25.1'],
		['upstream u { sticky cookie a; }', '1.28.0', 'unknown directive "sticky"', '1.29.6'],
		['upstream u { resolver 127.0.0.1; }', '1.26.3', '"resolver" directive is not allowed here', '1.27.3'],
		['server { ssl on; }', '1.26.3', 'unknown directive "ssl"', '1.25.1'],
	])('%s on %s', (lines, version, nginxMessage, when) => {
		const problems = problemsIn(`events {}\nhttp { ${lines} }\n`, version);
		expect(problems).toHaveLength(1);
		expect(problems[0]).toMatchObject({ code: 'version', nginxMessage });
		expect(problems[0]?.message).toContain(when);
	});

	test('decides how many arguments and which words are right, and the message says since when', () => {
		const keepalive = 'events {}\nhttp { upstream u { server a; keepalive 32 local; } }\n';
		expect(problemsIn(keepalive, '1.30.0')).toEqual([]);
		expect(problemsIn(keepalive, '1.28.0')[0]).toMatchObject({ code: 'arguments' });
		expect(problemsIn(keepalive, '1.28.0')[0]?.message).toContain('from nginx 1.29.7 on');
		expect(inLocation('proxy_http_version 2;', '1.30.0')).toEqual([]);
		expect(inLocation('proxy_http_version 2;', '1.28.0')[0]?.message).toContain('1.29.4');
	});

	test('does not matter where none is asked about', () => {
		const text =
			'events {}\nhttp { upstream u { server a; keepalive 32 local; sticky cookie a; } server { http2 on; ssl on; } }\n';
		expect(directiveProblems(buildConfiguration('nginx.conf', memoryFiles({ 'nginx.conf': text })))).toEqual([]);
	});
});

describe('nothing is said', () => {
	test.each([
		[
			'of directives of well-known modules',
			'more_set_headers "A: b"; brotli on; content_by_lua_block { return } lua_code_cache off;',
		],
		['of entries of a map', 'types { text/html html; nonsense nonsense nonsense; }'],
		['of flags in capitals', 'proxy_buffering OFF;'],
		[
			'of lists that grow',
			'proxy_set_header A a; proxy_set_header A b; add_header A a; add_header A b; error_page 404 /a; error_page 500 /b;',
		],
		['of an unfinished line', 'proxy_buffering'],
		[
			'of placeholders that a deployment fills',
			'client_max_body_size __MAX__; proxy_read_timeout ${TIMEOUT}; proxy_buffering @BUFFERING@; proxy_send_timeout <timeout>;',
		],
	])('%s', (_, lines) => {
		expect(inLocation(lines)).toEqual([]);
	});

	test('of blocks of modules without a model', () => {
		expect(problemsIn('events {}\nrtmp { server { listen 1935; application live { live on; anything; } } }\n')).toEqual([]);
	});

	test('of the context of a fragment whose surroundings are a guess', () => {
		const files = memoryFiles({ 'a.conf': 'worker_connections 10;\nproxy_buffering off;\n' });
		expect(directiveProblems(buildFragment('a.conf', files, 'location', 'content'), versionOf('1.28.0'))).toEqual([]);
	});

	test('of second lines and values in a template, of which only one may be written', () => {
		const text = 'events {}\nhttp {\n{% if a %}\nsendfile on;\n{% else %}\nsendfile off;\n{% endif %}\n}\n';
		expect(problemsIn(text)).toEqual([]);
	});
});
