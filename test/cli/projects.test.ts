import { mkdirSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledCommandLine, type CommandLine, type Workspace, workspaceOf } from '../support/cli.ts';

/* Configurations over several files: what is found where, and where a fix is written. */

let cli: CommandLine;

beforeAll(() => {
	cli = bundledCommandLine();
});

afterAll(() => cli.remove());

interface JsonFinding {
	readonly rule: string;
	readonly severity: string;
	readonly message: string;
	readonly file: string;
}

async function findings(workspace: Workspace, ...args: readonly string[]): Promise<readonly string[]> {
	const { stdout, stderr } = await cli.run(['check', ...args, '--format', 'json'], workspace.path);
	if (stdout === '') throw new Error(stderr);
	return (JSON.parse(stdout).findings as readonly JsonFinding[])
		.filter(({ severity }) => severity === 'error' || severity === 'warning')
		.map(({ rule, file }) => `${file}: ${rule}`);
}

const WS = (extra = ''): string =>
	`location /ws {\n\tproxy_pass http://127.0.0.1:9000;\n\tproxy_http_version 1.1;\n\tproxy_set_header Upgrade $http_upgrade;\n\tproxy_read_timeout 1h;\n${extra}}\n`;
const SERVER = `server {\n\tlisten 8080;\n\t${WS().replaceAll('\n', '\n\t').trimEnd()}\n}\n`;
const MAIN = 'events {}\n\nhttp {\n\tinclude conf.d/*.conf;\n}\n';

describe('a map is put into the http block that includes the file, also when that is another file', () => {
	test('checked from the main file', async () => {
		const workspace = workspaceOf({ 'nginx.conf': MAIN, 'conf.d/chat.conf': SERVER });
		expect(await findings(workspace, 'nginx.conf')).toEqual(['conf.d/chat.conf: connection-not-upgrade']);
		const { code } = await cli.run(['check', 'nginx.conf', '--fix'], workspace.path);
		expect(code).toBe(0);
		expect(workspace.read('nginx.conf')).toBe(
			"events {}\n\nhttp {\n\tmap $http_upgrade $connection_upgrade {\n\t\tdefault upgrade;\n\t\t''      '';\n\t}\n\n\tinclude conf.d/*.conf;\n}\n",
		);
		expect(workspace.read('conf.d/chat.conf')).toBe(
			SERVER.replace('$http_upgrade;\n', '$http_upgrade;\n\t\tproxy_set_header Connection $connection_upgrade;\n'),
		);
		workspace.remove();
	});

	test('once, for many files and locations', async () => {
		const workspace = workspaceOf({
			'nginx.conf': MAIN,
			'conf.d/a.conf': SERVER,
			'conf.d/b.conf': SERVER.replace('8080', '8081'),
			'conf.d/c.conf': SERVER.replace('8080', '8082'),
		});
		expect((await cli.run(['check', '.', '--fix'], workspace.path)).code).toBe(0);
		expect(workspace.read('nginx.conf').match(/\bmap /g)).toHaveLength(1);
		for (const name of ['a', 'b', 'c'])
			expect(workspace.read(`conf.d/${name}.conf`)).toContain('proxy_set_header Connection $connection_upgrade;');
		workspace.remove();
	});

	test('a snippet that two servers include is mended once, in its own file', async () => {
		const workspace = workspaceOf({
			'nginx.conf': `events {}\nhttp {\n\tserver {\n\t\tlisten 8080;\n\t\tinclude ws.inc;\n\t}\n\tserver {\n\t\tlisten 8081;\n\t\tinclude ws.inc;\n\t}\n}\n`,
			'ws.inc': WS(),
		});
		expect(await findings(workspace, 'nginx.conf')).toEqual(['ws.inc: connection-not-upgrade']);
		expect((await cli.run(['check', 'nginx.conf', '--fix'], workspace.path)).code).toBe(0);
		expect(workspace.read('ws.inc').match(/Connection/g)).toHaveLength(1);
		workspace.remove();
	});
});

describe('includes', () => {
	test('lead from the main file’s folder, never from the including file’s (IC1)', async () => {
		const workspace = workspaceOf({
			'nginx.conf': MAIN,
			'conf.d/chat.conf': 'server {\n\tlisten 8080;\n\tinclude snippets/ws.inc;\n}\n',
			'snippets/ws.inc': WS(),
			'conf.d/snippets/ws.inc': '# not this one\n',
		});
		expect(await findings(workspace, 'nginx.conf')).toEqual(['snippets/ws.inc: connection-not-upgrade']);
		workspace.remove();
	});

	test('of /etc/nginx are looked for in the workspace', async () => {
		const workspace = workspaceOf({
			'deploy/nginx/nginx.conf': MAIN.replace('conf.d', '/etc/nginx/conf.d'),
			'deploy/nginx/conf.d/chat.conf': SERVER,
		});
		expect(await findings(workspace, 'deploy/nginx/nginx.conf')).toEqual(['conf.d/chat.conf: connection-not-upgrade']);
		expect(await findings(workspace, '.')).toEqual(['deploy/nginx/conf.d/chat.conf: connection-not-upgrade']);
		workspace.remove();
	});

	test('that are not there leave what they could set unsaid', async () => {
		const workspace = workspaceOf({
			'nginx.conf': `events {}\nhttp {\n\tserver {\n\t\tlisten 8080;\n\t\tlocation /ws {\n\t\t\tproxy_pass http://127.0.0.1:9000;\n\t\t\tinclude /srv/elsewhere/websocket.conf;\n\t\t}\n\t}\n}\n`,
		});
		expect(await findings(workspace, 'nginx.conf')).toEqual([]);
		workspace.remove();
	});
});

describe('a folder', () => {
	test('with several main files: each with its own version of a shared snippet', async () => {
		const workspace = workspaceOf({
			'one/nginx.conf': `events {}\nhttp {\n\tserver {\n\t\tlisten 8080;\n\t\tinclude ../shared/ws.conf;\n\t}\n}\n`,
			'two/nginx.conf': `events {}\nhttp {\n\tmap $http_upgrade $c { default upgrade; '' ''; }\n\tproxy_set_header Connection $c;\n\tserver {\n\t\tlisten 8080;\n\t}\n}\n`,
			'shared/ws.conf': WS(),
		});
		expect(await findings(workspace, '.')).toEqual(['shared/ws.conf: connection-not-upgrade']);
		workspace.remove();
	});

	test('of main files and loose fragments: each fragment in its context', async () => {
		const workspace = workspaceOf({
			'nginx.conf': 'events {}\nhttp {\n}\n',
			'sites-available/chat': SERVER,
			'snippets/ws.conf': WS(),
			'README.md': 'location /ws { proxy_pass http://a; }',
		});
		expect(await findings(workspace, '.')).toEqual([
			'sites-available/chat: connection-not-upgrade',
			'snippets/ws.conf: connection-not-upgrade',
		]);
		expect(await findings(workspace)).toHaveLength(2);
		workspace.remove();
	});

	test('with a site that is enabled by a link is one site', async () => {
		const workspace = workspaceOf({
			'nginx.conf': 'events {}\nhttp {\n\tinclude sites-enabled/*;\n}\n',
			'sites-available/chat': SERVER,
		});
		mkdirSync(workspace.at('sites-enabled'));
		symlinkSync('../sites-available/chat', workspace.at('sites-enabled/chat'));
		expect(await findings(workspace, '.')).toEqual(['sites-enabled/chat: connection-not-upgrade']);
		expect((await cli.run(['check', '.', '--fix'], workspace.path)).code).toBe(0);
		expect(workspace.read('sites-available/chat')).toContain('proxy_set_header Connection $connection_upgrade;');
		workspace.remove();
	});

	test('several paths are one report', async () => {
		const workspace = workspaceOf({
			'a/nginx.conf': `events {}\nhttp {\n${SERVER}}\n`,
			'b/nginx.conf': `events {}\nhttp {\n${SERVER}}\n`,
		});
		expect(await findings(workspace, 'a', 'b/nginx.conf')).toEqual([
			'a/nginx.conf: connection-not-upgrade',
			'b/nginx.conf: connection-not-upgrade',
		]);
		workspace.remove();
	});
});

describe('a fragment alone', () => {
	test.each([
		['server.conf', SERVER],
		['location.conf', WS()],
		[
			'directives.conf',
			WS()
				.replace(/^.*\{\n/, '')
				.replace(/\}\n$/, ''),
		],
		[
			'comment.conf',
			`# nginx-websocket-context: location\nproxy_pass http://127.0.0.1:9000;\nproxy_set_header Upgrade $http_upgrade;\n`,
		],
	])('%s does not crash, and what its surroundings could change is not claimed', async (name, text) => {
		const workspace = workspaceOf({ [name]: text });
		const { code, stderr } = await cli.run(['check', name], workspace.path);
		expect(stderr).toBe('');
		expect([0, 1]).toContain(code);
		workspace.remove();
	});

	test('a variable that its surroundings may define is not unknown, and one of a whole configuration is', async () => {
		const text = WS('\tproxy_set_header Connection $connection_upgrade;\n');
		const workspace = workspaceOf({ 'ws.conf': text, 'nginx.conf': `events {}\nhttp {\nserver {\n${text}}\n}\n` });
		expect(await findings(workspace, 'ws.conf')).toEqual([]);
		expect(await findings(workspace, 'nginx.conf')).toEqual(['nginx.conf: unknown-variable']);
		workspace.remove();
	});

	test.each(['http', 'server', 'location'])('--context %s says where it stands', async (context) => {
		const inside =
			{ http: SERVER, server: WS(), location: 'proxy_pass http://127.0.0.1:9000;\nproxy_http_version 1.1;\n' }[context] ?? '';
		const workspace = workspaceOf({ 'piece.conf': inside });
		const { code, stdout, stderr } = await cli.run(['check', 'piece.conf', '--context', context], workspace.path);
		expect(stderr).toBe('');
		expect(stdout).not.toContain('[directive-context]');
		expect(code).toBe(context === 'location' ? 0 : 1);
		workspace.remove();
	});

	test('where no map can be written its fix says upgrade outright', async () => {
		const workspace = workspaceOf({ 'ws.conf': WS() });
		expect((await cli.run(['check', 'ws.conf', '--fix'], workspace.path)).code).toBe(0);
		expect(workspace.read('ws.conf')).toContain('proxy_set_header Connection "upgrade";');
		workspace.remove();
	});
});

test('a comment with a reason silences a finding, and one without says that the reason is missing', async () => {
	const workspace = workspaceOf({
		'with.conf': `events {}\nhttp {\n${SERVER.replace('proxy_pass', '# nginx-websocket-ignore connection-not-upgrade the backend does not look\n\t\tproxy_pass')}}\n`,
		'without.conf': `events {}\nhttp {\n${SERVER.replace('proxy_pass', '# nginx-websocket-ignore connection-not-upgrade\n\t\tproxy_pass')}}\n`,
	});
	expect(await cli.run(['check', 'with.conf'], workspace.path)).toMatchObject({
		code: 0,
		stdout: expect.stringMatching(/^Nothing to report/),
	});
	expect(await cli.run(['check', 'without.conf'], workspace.path)).toMatchObject({
		code: 0,
		stdout: expect.stringContaining('write the reason'),
	});
	workspace.remove();
});

test('.nginx-websocket.json sets version, intent and severities; the option wins over its version', async () => {
	const workspace = workspaceOf({
		'.nginx-websocket.json': '{"nginxVersion":"1.30","severity":{"connection-not-upgrade":"hint"}}',
		'site/nginx.conf': `events {}\nhttp {\n${SERVER.replace('\t\tproxy_http_version 1.1;\n', '')}}\n`,
	});
	expect(await findings(workspace, 'site')).toEqual([]);
	expect(await findings(workspace, 'site', '--nginx-version', '1.26')).toEqual(['nginx.conf: http-version-1-0']);
	workspace.remove();
});

test('the version of .nginx-websocket.json counts for routes and explain too', async () => {
	const workspace = workspaceOf({
		'.nginx-websocket.json': '{"nginxVersion":"1.30"}',
		'nginx.conf':
			'events {}\nhttp { server { listen 8080; location /ws { proxy_pass http://127.0.0.1:9000; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } } }\n',
	});
	const printed = async (...args: readonly string[]) => (await cli.run(args, workspace.path)).stdout;
	expect(await printed('routes', 'nginx.conf')).toMatch(/ {2}upgrades\n.*read as nginx 1\.30\.0\./s);
	expect(await printed('routes', 'nginx.conf', '--nginx-version', '1.26')).toMatch(/ {2}fails: .*HTTP\/1\.0/);
	const explained = await printed('explain', 'nginx.conf', 'ws://localhost:8080/ws', '--format', 'json');
	expect(explained).toContain('"upgrade": true');
	workspace.remove();
});
