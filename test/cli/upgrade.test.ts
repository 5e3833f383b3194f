import type { Log } from 'sarif';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundledCommandLine, type CommandLine, type Workspace, workspaceOf } from '../support/cli.ts';

/* `check --nginx-version 1.22..1.30`: which routes an upgrade of nginx breaks or cures. */

/** Without a version of HTTP the first works from 1.29.7 on; the second always works; the third never does. */
const ROUTES = `events {}
http {
	server {
		listen 8080;
		location /chat {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
		location /half {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_read_timeout 1h;
		}
	}
}
`;

let cli: CommandLine;
let workspace: Workspace;

beforeAll(() => {
	cli = bundledCommandLine();
	workspace = workspaceOf({
		'nginx.conf': ROUTES,
		'later.conf': ROUTES.replace(
			'events {}',
			'events {}\nstream { server { listen 9100; proxy_pass 127.0.0.1:1; ssl_preread on; } }',
		).replace('listen 8080;', 'listen 8080;\n\t\thttp2 on;'),
		'.nginx-websocket.json': '{}',
		'quiet/nginx.conf': ROUTES,
		'quiet/.nginx-websocket.json': '{ "severity": { "verdict-changes": "off" } }',
	});
});

afterAll(() => {
	cli.remove();
	workspace.remove();
});

const check = (...args: readonly string[]) => cli.run(['check', ...args], workspace.path);
const CURED =
	'A WebSocket handshake at location /chat fails with nginx 1.22.0 (the backend gets an HTTP/1.0 request, which 4 of 21 tested backends refuse), and upgrades from nginx 1.29.7 on.';

test('text: the route that an upgrade cures is named at its line, the others are not', async () => {
	const { stdout } = await check('nginx.conf', '--nginx-version', '1.22..1.30');
	expect(stdout).toContain(`nginx.conf:5:3 information ${CURED} [verdict-changes]`);
	expect(stdout.match(/\[verdict-changes\]/g)).toHaveLength(1);
	expect(stdout).toMatch(/read as nginx 1\.22\.0\.\.1\.30\.0\. 1 route would end a handshake differently\.\n$/);
});

test('text: between versions that do the same, no route changes', async () => {
	const { stdout } = await check('nginx.conf', '--nginx-version', '1.22..1.28');
	expect(stdout).not.toContain('verdict-changes');
	expect(stdout).toMatch(/No route would end a handshake differently\.\n$/);
});

test('json: each change has its route, place and verdicts by version; a call without a range has none', async () => {
	const { stdout } = await check('nginx.conf', '--nginx-version', '1.22..1.30', '--format', 'json');
	const report = JSON.parse(stdout);
	expect(report.changes).toEqual([
		{
			route: 'location /chat',
			file: 'nginx.conf',
			range: { start: { line: 4, character: 2 }, end: { line: 4, character: 16 } },
			verdicts: [
				{
					from: '1.22.0',
					verdict: 'fails',
					reason: 'the backend gets an HTTP/1.0 request, which 4 of 21 tested backends refuse',
				},
				{ from: '1.29.7', verdict: 'upgrades', reason: '' },
			],
		},
	]);
	expect(JSON.parse((await check('nginx.conf', '--format', 'json')).stdout)).not.toHaveProperty('changes');
});

test('github and sarif: the change is an annotation and a result with a page', async () => {
	const github = await check('nginx.conf', '--nginx-version', '1.22..1.30', '--format', 'github');
	expect(github.stdout).toContain(`::notice file=nginx.conf,line=5,col=3,endLine=5,endColumn=17,title=verdict-changes::${CURED}`);
	const log: Log = JSON.parse((await check('nginx.conf', '--nginx-version', '1.22..1.30', '--format', 'sarif')).stdout);
	const result = log.runs[0]?.results?.find(({ ruleId }) => ruleId === 'verdict-changes');
	expect(result?.level).toBe('note');
	expect(result?.message.text).toBe(CURED);
	expect(log.runs[0]?.tool.driver.rules?.find(({ id }) => id === 'verdict-changes')?.helpUri).toMatch(/verdict-changes\.md$/);
});

test('a directive that came within the range says from when nginx knows it', async () => {
	const { stdout } = await check('later.conf', '--nginx-version', '1.22..1.30');
	expect(stdout).toMatch(/\(Holds before nginx 1\.25\.1\.\) \[directive-version\]/);
});

test('findings are in the order of the file, whatever range is asked about', async () => {
	const { stdout } = await check('nginx.conf', '--nginx-version', '1.22..1.30', '--format', 'json');
	const lines = JSON.parse(stdout).findings.map(({ range }: { range: { start: { line: number } } }) => range.start.line);
	expect(lines).toEqual([...lines].sort((a, b) => a - b));
});

test('it can be switched off, and has a page', async () => {
	const { stdout } = await cli.run(['check', 'nginx.conf', '--nginx-version', '1.22..1.30'], workspace.at('quiet'));
	expect(stdout).not.toContain('[verdict-changes]');
	expect((await cli.run(['rule', 'verdict-changes'])).stdout).toMatch(/^# verdict-changes\n/);
	expect((await cli.run(['rules'])).stdout).toContain('ignore-comment');
});
