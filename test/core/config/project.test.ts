import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../../server/src/core/config/model.ts';
import { parseConfiguration } from '../../../server/src/core/config/parseConfiguration.ts';
import {
	contextInComment,
	contextOfContent,
	isMainFile,
	readLooseFile,
	readProject,
} from '../../../server/src/core/config/project.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

function project(texts: Readonly<Record<string, string>>) {
	return readProject(Object.keys(texts), memoryFiles(texts), { workspace: '/w' });
}

/** `nginx.conf main`, `a.conf server (content)`: one for each configuration. */
function said(configurations: readonly Configuration[]): string[] {
	return configurations.map(({ main, fragment }) =>
		fragment === undefined ? `${main.path} main` : `${main.path} ${fragment.context} (${fragment.reason})`,
	);
}

test('a file that a main file includes is part of its configuration, another one stands alone', () => {
	const read = project({
		'/w/conf.d/site.conf': 'server { listen 80; include snippets/ws.conf; }',
		'/w/nginx.conf': 'events {} http { include /etc/nginx/conf.d/*.conf; }',
		'/w/snippets/ws.conf': 'proxy_set_header Upgrade $http_upgrade;',
		'/w/old/site.conf': 'server { listen 80; }',
	});
	expect(said(read.configurations)).toEqual(['/w/nginx.conf main', '/w/old/site.conf http (content)']);
	expect(said(read.including('/w/snippets/ws.conf'))).toEqual(['/w/nginx.conf main']);
	expect(read.including('/w/none.conf')).toEqual([]);
});

test('a snippet of two main files is part of both', () => {
	const read = project({
		'/w/a/nginx.conf': 'events {} http { server { include ws.conf; } }',
		'/w/a/ws.conf': 'location /ws { }',
		'/w/nginx.conf': 'events {} http { server { include a/ws.conf; } }',
	});
	expect(said(read.including('/w/a/ws.conf'))).toEqual(['/w/a/nginx.conf main', '/w/nginx.conf main']);
});

test('a file with a whole stream block that a main file includes is no main file of its own', () => {
	const read = project({
		'/w/stream.conf': 'stream { server { listen 1; } }',
		'/w/nginx.conf': 'events {} http { } include stream.conf;',
	});
	expect(said(read.configurations)).toEqual(['/w/nginx.conf main']);
});

test('a fragment that another fragment includes is part of that one; of two in a circle one stays', () => {
	expect(
		said(
			project({
				'/w/headers.conf': 'proxy_set_header Host $host;',
				'/w/site.conf': 'server { location / { include headers.conf; } }',
			}).configurations,
		),
	).toEqual(['/w/site.conf http (content)']);
	expect(said(project({ '/w/a.conf': 'gzip on; include b.conf;', '/w/b.conf': 'include a.conf;' }).configurations)).toHaveLength(
		1,
	);
});

test.each([
	['# nginx-websocket-context: http server location', 'location'],
	['#nginx-websocket-context: server', 'server'],
	['## nginx-websocket-context: stream, server', 'stream server'],
	['# nginx-websocket-context: main', 'main'],
	['# nginx-websocket-context: nonsense', undefined],
	['# context: server', undefined],
])('the comment «%s» says %s', (comment, context) => {
	expect(contextInComment(parseConfiguration(`# A snippet.\n${comment}\ngzip on;`))).toBe(context);
});

test('a comment goes before what the content looks like', () => {
	const files = memoryFiles({ '/a.conf': '# nginx-websocket-context: location\nlocation /b { }' });
	expect(readLooseFile('/a.conf', files)?.fragment).toEqual({ context: 'location', reason: 'comment' });
});

describe('the context of a fragment is told by what stands at its top', () => {
	test.each([
		['location / { proxy_pass http://a; }', 'server'],
		['listen 80; server_name a; location / { }', 'server'],
		['ssl_certificate a; ssl_certificate_key b;', 'server'],
		['server { listen 80; location / { } }', 'http'],
		['upstream u { server a; } server { listen 80; }', 'http'],
		['map $http_upgrade $c { default upgrade; }', 'http'],
		['map $a $b { } location / { }', 'server'],
		['log_format a b; limit_req_zone $a zone=b:1m rate=1r/s;', 'http'],
		['proxy_set_header Upgrade $http_upgrade; proxy_http_version 1.1;', 'location'],
		['proxy_pass http://a;', 'location'],
		['fastcgi_param A b;', 'location'],
		['server a:1; server b:2; keepalive 8;', 'upstream'],
		['server { listen 1; proxy_pass a:1; }', 'stream'],
		['upstream u { server a:1; } server { listen 1; proxy_pass u; proxy_timeout 1h; }', 'stream'],
		['server { listen 8080; proxy_pass http://app:3000; proxy_http_version 1.1; proxy_set_header A b; }', 'http'],
		['listen 1; proxy_pass a:1; proxy_timeout 1h;', 'stream server'],
		['worker_connections 100;', 'events'],
		['user nginx; worker_processes 4;', 'main'],
		['', 'location'],
	])('%s: %s', (text, context) => {
		expect(contextOfContent(parseConfiguration(text).directives)).toBe(context);
	});
});

test('a main file is one with a block that stands at the top only', () => {
	const isMain = (text: string, path: string): boolean => isMainFile(parseConfiguration(text), path);
	expect(isMain('events {}', '/a.conf')).toBe(true);
	expect(isMain('stream { }', '/a.conf')).toBe(true);
	expect(isMain('user nginx;', '/nginx.conf')).toBe(true);
	expect(isMain('server { }', '/nginx.conf')).toBe(false);
	expect(isMain('server { }', '/a.conf')).toBe(false);
});
