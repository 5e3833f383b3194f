import { describe, expect, test } from 'vitest';
import type { Fix } from '../../server/src/core/engine/finding.ts';
import { fixProject } from '../../server/src/core/engine/project.ts';
import { wholeConfiguration } from '../support/analysed.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { findingsOf, inFolder, optionsOf, ROOT, readMain } from './fixedExamples.ts';

/* A fix never loses or opens anything without saying so. Seen with real nginx before and after: each of these once did. */

const B = 'proxy_pass http://127.0.0.1:9000;';
const W =
	'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h;';
const server = (text: string, name = 'a'): string => `server { listen 8080; server_name ${name};\n${text}\n}\n`;

type Texts = Readonly<Record<string, string>>;

function project(http: string, others: Texts = {}): Texts {
	return inFolder({ 'nginx.conf': wholeConfiguration(http, 'http'), ...others });
}

function fixesFor(files: Texts, ruleId: string): readonly Fix[] {
	const found = findingsOf(files, {}).filter((finding) => finding.ruleId === ruleId);
	expect(found, `${ruleId} is found`).not.toEqual([]);
	return found.flatMap((finding) => finding.fixes());
}

/** What `--fix` makes of the files, by relative path. */
function fixed(files: Texts): Texts {
	const { texts } = fixProject(memoryFiles(files), readMain, optionsOf({}), ({ severity }) =>
		['error', 'warning'].includes(severity),
	);
	return Object.fromEntries([...texts].map(([path, text]) => [path.slice(ROOT.length + 1), text]));
}

describe('a line that other places share', () => {
	test.each([
		['location-internal', 'internal;', 'location /secret', B],
		['handshake-answered', 'limit_except POST { deny all; }', 'location /hook', B],
		['handshake-answered', 'try_files $uri $uri/ /index.html;', 'location /app', 'root /srv;'],
	])('%s: nothing is opened and nothing lost elsewhere by `%s`', (ruleId, line, head, rest) => {
		const shared = project(
			server(`location /ws { include s.conf; ${B} ${W} }`) + server(`${head} { include s.conf; ${rest} }`, 'b'),
			{
				's.conf': `${line}\n`,
			},
		);
		expect(fixesFor(shared, ruleId)).toEqual([]);
		expect(fixed(shared)).toEqual({});
		const alone = project(server(`location /ws { include s.conf; ${B} ${W} }`), { 's.conf': `${line}\n` });
		expect(fixesFor(alone, ruleId).map(({ safe, title }) => [safe, /also changes plain requests for \/ws/.test(title)])).toEqual([
			[false, true],
		]);
	});

	test('valid_referers of a server that another location uses too', () => {
		const guarded = (path: string) => `location ${path} { if ($invalid_referer) { return 403; } ${B} ${W} }\n`;
		expect(
			fixesFor(project(server(`valid_referers server_names;\n${guarded('/ws/')}${guarded('/img/')}`)), 'handshake-answered'),
		).toEqual([]);
	});

	test('a header of a snippet is set beside the include, and other routes stay plain', () => {
		const location = (path: string, own = '') => `location ${path} {\n\tinclude s.conf;\n${own}\t${B}\n}\n`;
		const files = project(
			server(location('/ws', '\tproxy_set_header Upgrade $http_upgrade;\n') + location('/api') + location('/static')),
			{ 's.conf': 'proxy_http_version 1.1;\nproxy_set_header Connection "";\nproxy_set_header Host $host;\n' },
		);
		const after = fixed(files);
		expect(Object.keys(after)).toEqual(['nginx.conf']);
		expect(after['nginx.conf']?.match(/proxy_set_header .*/g)).toEqual([
			'proxy_set_header Upgrade $http_upgrade;',
			'proxy_set_header Connection $connection_upgrade;',
		]);
		const close = { ...files, [`${ROOT}/s.conf`]: 'proxy_http_version 1.1;\nproxy_set_header Connection close;\n' };
		expect(fixed(close)).toEqual({});
	});

	test('a location of two servers with headers of their own: the server gets the lines', () => {
		const files = project(
			`map $http_upgrade $cu { default upgrade; '' close; }\n${server(
				`proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header X-Tenant a; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $cu; include loc.conf;`,
			)}${server(`proxy_http_version 1.1;\nproxy_set_header X-Tenant b;\ninclude loc.conf;`, 'b')}`,
			{ 'loc.conf': `location /ws {\n\t${B}\n}\n` },
		);
		const after = fixed(files);
		expect(Object.keys(after)).toEqual(['nginx.conf']);
		expect(after['nginx.conf']).toContain(
			'X-Tenant b;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $cu;\ninclude',
		);
	});

	test('behind a token that the example lacks, the headers are mended all the same', () => {
		const token = 'if ($arg_token = "") { return 401; }';
		const files = project(
			server(`location /ws {\n${token}\n${B}\nproxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\n}`),
		);
		expect(fixesFor(files, 'connection-not-upgrade')[0]).toMatchObject({ safe: true, preferred: true });
	});

	test('what changes at another server is named with it', () => {
		const files = project(server('include loc.conf;') + server('include loc.conf;', 'b'), {
			'loc.conf': `location /ws {\n${B} ${W.replace('proxy_read_timeout 1h;', '')}\n}\n`,
		});
		expect(fixesFor(files, 'idle-timeout').map(({ title, safe }) => [title, safe])).toEqual([
			['Let the tunnel be silent for an hour (also changes the timeout at location /ws of server b)', false],
		]);
	});
});

describe('requests that move to another location', () => {
	test.each([
		['static files', `location / { ${B} ${W} }\nlocation ~* \\.(js|css)$ { return 200 x; }\nlocation ~ ^/ { return 404; }`],
		[
			'an expression under the prefix',
			`location /ws { ${B} ${W} }\nlocation ~ ^/ws/.*\\.php$ { return 200 x; }\nlocation ~ ^/ws { return 404; }`,
		],
		[
			'an expression with an end alone',
			`location /ws { ${B} ${W} }\nlocation ~ \\.php$ { return 200 x; }\nlocation ~ ^/ws { return 404; }`,
		],
		['an expression in the location itself', `location /ws { ${B} ${W} location ~ ^/ws { return 404; } }`],
		['what a refusal keeps closed', `location /app { location /app/ws { ${B} ${W} } }\nlocation ~ ^/app/ { return 403; }`],
	])('%s: `^~` is not offered', (_, text) => {
		expect(fixesFor(project(server(text)), 'location-shadowed')).toEqual([]);
	});

	test('of nested prefixes the one beside the expression is protected, and the title says what else moves', () => {
		const [fix] = fixesFor(
			project(server(`location /app { location /app/ws { ${B} ${W} } }\nlocation ~ ^/app/ { return 404; }`)),
			'location-shadowed',
		);
		expect(fix).toMatchObject({
			title: 'Keep regular expressions from /app (also changes plain requests for /app/ws, answers at location ~ ^/app/)',
			safe: false,
			edits: [{ text: '^~ /app' }],
		});
	});

	test('a location for /ws alone takes no /wsx', () => {
		const [fix] = fixesFor(project(server(`location /ws/ { ${B} ${W} }\nlocation / { ${B} }`)), 'slash-redirect');
		expect(fix).toMatchObject({ title: 'Take /ws too (also changes requests for /ws)', safe: false });
	});
});

describe('a doubled line', () => {
	const location = (text: string) => server(`location /ws {\n${text}\n${B}\n}`);
	test('two values: a person chooses', () => {
		const files = project(location('proxy_read_timeout 60s;\nproxy_read_timeout 1h;'));
		expect(fixesFor(files, 'directive-duplicate').map(({ title, preferred }) => [title, preferred])).toEqual([
			['Keep `proxy_read_timeout 60s`, remove `proxy_read_timeout 1h`', false],
			['Keep `proxy_read_timeout 1h`, remove `proxy_read_timeout 60s`', false],
		]);
		expect(fixed(files)).toEqual({});
	});

	test('one file twice: the second include goes, the file stays', () => {
		const files = project(location('include ws.conf;\ninclude ws.conf;'), { 'ws.conf': W.replaceAll('; ', ';\n') });
		const after = fixed(files);
		expect(Object.keys(after)).toEqual(['nginx.conf']);
		expect(after['nginx.conf']?.match(/include ws\.conf;/g)).toHaveLength(1);
	});
});

describe('the map that a fix uses', () => {
	const route = `location /ws {\n${B}\nproxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\n}`;
	test.each([
		['a name that `set` gives is taken', '', `set $connection_upgrade "";\n${route}`, '$websocket_connection'],
		[
			'a name that a capture gives is taken',
			'',
			`location ~ ^/(?<connection_upgrade>x)/ { ${B} }\n${route}`,
			'$websocket_connection',
		],
		['braces around the source', `map \${http_upgrade} $cu { default upgrade; '' close; }\n`, route, '$cu'],
		[
			'a map behind a map',
			`map $http_upgrade $up { default ''; ~*^websocket$ websocket; }\nmap $up $cu { default upgrade; '' ''; }\n`,
			route,
			'$cu',
		],
		['a map without a variable, which gets one first', `map $http_upgrade cu { default upgrade; '' close; }\n`, route, '$cu'],
	])('%s', (_, maps, text, variable) => {
		expect(fixed(project(maps + server(text)))['nginx.conf']).toContain(`proxy_set_header Connection ${variable};`);
	});

	test('the list that other routes send Upgrade through', () => {
		const list = `map $http_upgrade $up { default ''; ~*^websocket$ websocket; }\n`;
		const files = project(list + server(`location /x { ${B} ${W.replace('$http_upgrade', '$up')} }\nlocation /ws {\n${B}\n}`));
		expect(fixed(files)['nginx.conf']).toContain('\nproxy_set_header Upgrade $up;');
	});
});
