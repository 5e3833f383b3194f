import { expect, test } from 'vitest';
import { type BuildOptions, buildConfiguration, buildFragment } from '../../../server/src/core/config/build.ts';
import type { Configuration, Scope } from '../../../server/src/core/config/model.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

const HTTP = (body: string): string => `events {}\nhttp {\n${body}\n}\n`;

function build(texts: Readonly<Record<string, string>>, options: BuildOptions = {}): Configuration {
	return buildConfiguration(Object.keys(texts)[0] ?? '', memoryFiles(texts), options);
}

/** The directives of a scope as text, one line each, blocks indented. */
function outline(scope: Scope, depth = 0): string[] {
	return scope.directives.flatMap((placed) => [
		`${'  '.repeat(depth)}${[placed.node.name, ...placed.node.args].map((word) => word.value).join(' ')}`,
		...(placed.body === undefined ? [] : outline(placed.body, depth + 1)),
	]);
}

function only(scope: Scope, name: string): Scope {
	const found = scope.byName.get(name)?.at(-1)?.body;
	if (found === undefined) throw new Error(`there is no ${name} block`);
	return found;
}

test('an included file is read in the place and the context of its include (IC5)', () => {
	const configuration = build({
		'/n/nginx.conf': HTTP('server {\n include snippets/ws.conf;\n}'),
		'/n/snippets/ws.conf': 'location /ws { include snippets/headers.conf; }',
		'/n/snippets/headers.conf': 'proxy_set_header Upgrade $http_upgrade;',
	});
	const location = only(only(only(configuration.root, 'http'), 'server'), 'location');
	expect(location.context).toBe('location');
	const [line] = location.byName.get('proxy_set_header') ?? [];
	expect(line?.file.path).toBe('/n/snippets/headers.conf');
	expect(line?.via.map((include) => include.file.path)).toEqual(['/n/nginx.conf', '/n/snippets/ws.conf']);
	expect(configuration.problems).toEqual([]);
});

test('a relative include starts from the main file, not from the file that holds it (IC1)', () => {
	const configuration = build({
		'/n/nginx.conf': HTTP('include conf.d/a.conf;'),
		'/n/conf.d/a.conf': 'include b.conf;',
		'/n/b.conf': 'gzip on;',
		'/n/conf.d/b.conf': 'gzip off;',
	});
	expect(outline(only(configuration.root, 'http'))).toEqual(['include conf.d/a.conf', 'include b.conf', 'gzip on']);
});

test('a pattern takes files in byte order and leaves dotfiles out; none at all is fine (IC2)', () => {
	const configuration = build({
		'/n/nginx.conf': HTTP('include c/*.conf; include none/*.conf; include c/[!b]?.conf;'),
		'/n/c/b.conf': 'b 1;',
		'/n/c/B.conf': 'B 1;',
		'/n/c/.hidden.conf': 'hidden 1;',
		'/n/c/a.conf': 'a 1;',
		'/n/c/10.conf': 'ten 1;',
		'/n/c/9.conf': 'nine 1;',
		'/n/c/sub/x.conf': 'x 1;',
	});
	const http = only(configuration.root, 'http');
	expect(outline(http)).toEqual([
		'include c/*.conf',
		'ten 1',
		'nine 1',
		'B 1',
		'a 1',
		'b 1',
		'include none/*.conf',
		'include c/[!b]?.conf',
		'ten 1',
	]);
	expect(http.unresolved).toEqual([]);
	expect(configuration.problems).toEqual([]);
});

test.each([
	['map $uri $a', 'map'],
	['geo $a', 'geo'],
	['types', 'types'],
])('an include is followed in a %s block (IC3, MP11)', (opener, context) => {
	const configuration = build({
		'/n/nginx.conf': HTTP(`${opener} { include entries; "include" entries; }`),
		'/n/entries': 'key value;',
	});
	const scope = only(only(configuration.root, 'http'), opener.split(' ')[0] ?? '');
	expect(scope.context).toBe(context);
	expect(outline(scope)).toEqual(['include entries', 'key value', 'include entries', 'key value']);
});

test('split_clients and charset_map know no include', () => {
	const configuration = build({
		'/n/nginx.conf': HTTP('split_clients $uri $a { include entries; } charset_map a b { include entries; }'),
		'/n/entries': 'key value;',
	});
	expect(outline(configuration.root)).not.toContain('    key value');
});

test('a file that is missing leaves its scope open and is named at the include', () => {
	const configuration = build({ '/n/nginx.conf': HTTP('server { include gone.conf; }') });
	const server = only(only(configuration.root, 'http'), 'server');
	expect(server.unresolved.map((include) => include.node.args[0]?.value)).toEqual(['gone.conf']);
	expect(configuration.problems.map(({ code, path }) => [code, path])).toEqual([['include-missing', '/n/nginx.conf']]);
});

test('files that come with nginx or certbot may be missing without a word', () => {
	const configuration = build({
		'/n/nginx.conf': HTTP(
			'include mime.types; include /etc/nginx/fastcgi_params; include /etc/letsencrypt/options-ssl-nginx.conf;',
		),
	});
	expect(configuration.problems).toEqual([]);
	expect(only(configuration.root, 'http').unresolved).toEqual([]);
});

test('a file that cannot be read is named and leaves its scope open', () => {
	const files = memoryFiles({ '/n/nginx.conf': HTTP('include locked.conf;') });
	const configuration = buildConfiguration('/n/nginx.conf', {
		...files,
		read: (path) => (path === '/n/locked.conf' ? { kind: 'unreadable', reason: 'reading it is not allowed' } : files.read(path)),
	});
	expect(configuration.problems[0]?.message).toBe(
		'locked.conf cannot be read (reading it is not allowed), so what it sets is not known.',
	);
	expect(only(configuration.root, 'http').unresolved).toHaveLength(1);
});

test('files that include each other in a circle are read once and named', () => {
	const configuration = build({
		'/n/nginx.conf': HTTP('include a.conf;'),
		'/n/a.conf': 'gzip on; include b.conf;',
		'/n/b.conf': 'include a.conf; include b.conf; include nginx.conf;',
	});
	expect(configuration.problems.map(({ code }) => code)).toEqual(['include-cycle', 'include-cycle', 'include-cycle']);
	expect(only(configuration.root, 'http').byName.get('gzip')).toHaveLength(1);
});

test.each([
	['/w/nginx.conf', '/w/conf.d/a.conf', '/etc/nginx/conf.d/*.conf'],
	['/w/nginx.conf', '/w/conf.d/a.conf', '/usr/local/openresty/nginx/conf/conf.d/a.conf'],
	['/w/deploy/nginx.conf', '/w/deploy/nginx/snippets/a.conf', '/opt/homebrew/etc/nginx/snippets/a.conf'],
	['/w/deploy/nginx/nginx.conf', '/w/deploy/conf.d/a.conf', '/etc/nginx/conf.d/*.conf'],
	['/w/rootfs/etc/nginx/nginx.conf', '/w/rootfs/srv/app/a.conf', '/srv/app/a.conf'],
	['/w/nginx.conf', '/w/etc/nginx/a.conf', '/etc/nginx/a.conf'],
	['vscode-vfs://github/o/r/nginx.conf', 'vscode-vfs://github/o/r/conf.d/a.conf', '/etc/nginx/conf.d/*.conf'],
	['C:/w/nginx.conf', 'C:/w/conf.d/a.conf', 'C:\\w\\conf.d\\a.conf'],
	['nginx.conf', 'conf.d/a.conf', '/etc/nginx/conf.d/*.conf'],
	['nginx.conf', 'conf.d/a.conf', 'conf.d/*.conf'],
])('in %s, %s is what include %s means', (main, path, argument) => {
	const workspace = main.startsWith('/w') ? '/w' : main.slice(0, Math.max(0, main.lastIndexOf('/')));
	const configuration = build({ [main]: HTTP(`include ${argument};`), [path]: 'gzip on;' }, { workspace });
	expect([...configuration.files.keys()]).toEqual([main, path]);
});

test('nothing outside the workspace and the main file’s folder is read', () => {
	const texts = {
		'/home/me/repo/nginx.conf': HTTP(
			['../secret', '/home/me/secret', '/home/me/repo/../secret', '../*cret', '/etc/passwd']
				.map((path) => `include ${path};`)
				.join('\n'),
		),
		'/home/me/secret': 'password 1;',
		'/etc/passwd': 'root 0;',
	};
	const asked: string[] = [];
	const files = memoryFiles(texts);
	const spying = {
		read(path: string) {
			asked.push(path);
			return files.read(path);
		},
		glob(pattern: string) {
			asked.push(pattern);
			return files.glob(pattern);
		},
	};
	const configuration = buildConfiguration('/home/me/repo/nginx.conf', spying, { workspace: '/home/me/repo' });
	expect(asked.filter((path) => !path.startsWith('/home/me/repo/') || path.includes('..'))).toEqual([]);
	expect([...configuration.files.keys()]).toEqual(['/home/me/repo/nginx.conf']);
	expect(only(configuration.root, 'http').unresolved).toHaveLength(5);

	const trusted = buildConfiguration('/home/me/repo/nginx.conf', files, { workspace: '/home/me/repo', anywhere: true });
	expect([...trusted.files.keys()]).toContain('/home/me/secret');
});

test('an absolute pattern that matches nothing here says nothing about the machine that nginx runs on', () => {
	const configuration = build({ '/w/nginx.conf': HTTP('include /etc/nginx/conf.d/*.conf;') }, { workspace: '/w' });
	expect(only(configuration.root, 'http').unresolved).toHaveLength(1);
	const inPlace = build({ '/etc/nginx/nginx.conf': HTTP('include /etc/nginx/conf.d/*.conf;') });
	expect(only(inPlace.root, 'http').unresolved).toEqual([]);
});

test('the same names open different contexts under http, stream and mail (SM5)', () => {
	const configuration = build({
		'/n/nginx.conf':
			'events {}\nhttp { server { location / { if ($a) { } limit_except GET { } types { } } if ($b) { } } upstream u { } map a $b { } geo $g { } split_clients a $s { } charset_map a b { } }\n' +
			'stream { server { } upstream u { } map a $b { } geo $g { } split_clients a $s { } }\nmail { server { } }\nthird_party { server { } }',
	});
	const contexts: string[] = [];
	const visit = (scope: Scope): void => {
		for (const { node, body } of scope.directives) {
			if (body === undefined) continue;
			contexts.push(`${node.name.value}: ${body.context}`);
			visit(body);
		}
	};
	visit(configuration.root);
	expect(contexts).toEqual([
		'events: events',
		'http: http',
		'server: server',
		'location: location',
		'if: if',
		'limit_except: limit_except',
		'types: types',
		'if: if',
		'upstream: upstream',
		'map: map',
		'geo: geo',
		'split_clients: split_clients',
		'charset_map: other',
		'stream: stream',
		'server: stream server',
		'upstream: stream upstream',
		'map: stream map',
		'geo: stream geo',
		'split_clients: stream split_clients',
		'mail: mail',
		'server: other',
		'third_party: other',
		'server: other',
	]);
});

test('a fragment stands in scopes that are assumed', () => {
	const configuration = buildFragment(
		'/n/sites/a.conf',
		memoryFiles({ '/n/sites/a.conf': 'proxy_pass http://b; include snippets/x.conf;', '/n/snippets/x.conf': 'gzip on;' }),
		'location',
		'asked',
		{ workspace: '/n' },
	);
	const around: string[] = [];
	for (let scope: Scope | undefined = configuration.root; scope !== undefined; scope = scope.parent)
		around.push(`${scope.context}${scope.assumed ? ', assumed' : ''}`);
	expect(around).toEqual(['location, assumed', 'server, assumed', 'http, assumed', 'main']);
	expect(outline(configuration.root)).toContain('gzip on');
});

test('a thousand nested blocks and a file included a thousand times end at once', () => {
	const started = performance.now();
	const nested = build({ '/n/nginx.conf': `${'location / { '.repeat(1_000)}deep 1;${'}'.repeat(1_000)}` });
	expect(outline(nested.root).at(-1)).toBe(`${'  '.repeat(1_000)}deep 1`);
	const repeated = build({
		'/n/nginx.conf': HTTP('include a.conf;\n'.repeat(1_000)),
		'/n/a.conf': 'gzip on;\n'.repeat(100),
	});
	expect(only(repeated.root, 'http').byName.get('gzip')).toHaveLength(100_000);
	expect(performance.now() - started).toBeLessThan(10_000);
});

test('includes that multiply are stopped, and what they would set is open', () => {
	const texts: Record<string, string> = { '/n/nginx.conf': HTTP('server { include 0; }') };
	for (let level = 0; level < 12; level++) texts[`/n/${level}`] = `include ${level + 1};\n`.repeat(10);
	texts['/n/12'] = 'gzip on;';
	const started = performance.now();
	const configuration = build(texts);
	expect(performance.now() - started).toBeLessThan(10_000);
	expect(configuration.problems.map(({ code, path }) => [code, path])).toEqual([['too-deep', '/n/nginx.conf']]);
	expect(only(only(configuration.root, 'http'), 'server').unresolved.length).toBeGreaterThan(0);
});
