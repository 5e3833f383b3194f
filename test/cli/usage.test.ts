import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundledCommandLine, type CommandLine, type Workspace, workspaceOf } from '../support/cli.ts';

/* Wrong usage is one sentence on standard error, nothing on standard output, and exit code 2. */

let cli: CommandLine;
let workspace: Workspace;

beforeAll(() => {
	cli = bundledCommandLine();
	workspace = workspaceOf({
		'nginx.conf': 'events {}\nhttp {\n}\n',
		'requests.jsonl': '{"uri":1}\n',
		'empty/readme.txt': 'nothing here',
		'settings/nginx.conf': 'events {}\nhttp {\n}\n',
		'settings/.nginx-websocket.json': '{"severty":{}}',
		'old/nginx.conf': 'events {}\nhttp {\n}\n',
		'old/.nginx-websocket.json': '{"nginxVersion":"1.3.12"}',
		'broken/nginx.conf': 'events {}\nhttp {\n}\n',
		'broken/.nginx-websocket.json': '{',
		'folder/nginx.conf': 'events {}\nhttp {\n}\n',
		'folder/.nginx-websocket.json/x': '',
	});
});

afterAll(() => {
	cli.remove();
	workspace.remove();
});

test.each([
	[['frob'], 'There is no command frob; `nginx-websocket --help` lists them.'],
	[['check', '--frob'], 'There is no option --frob; `nginx-websocket --help` lists them.'],
	[['check', '-x'], 'There is no option -x; `nginx-websocket --help` lists them.'],
	[['check', 'nginx.conf', '--format'], '--format needs a value; `nginx-websocket --help` lists the options.'],
	[['check', '--fix=yes'], '--fix takes no value; `nginx-websocket --help` lists the options.'],
	[['check', '--format', 'xml', 'nginx.conf'], '--format xml: there is pretty, json, sarif and github.'],
	[['check', '--context', 'frob', 'nginx.conf'], '--context frob: write http, server or location.'],
	[['check', 'gone.conf'], 'There is no file or folder gone.conf.'],
	[['check', 'nginx.conf', 'gone.conf'], 'There is no file or folder gone.conf.'],
	[['check', 'empty'], 'There is no nginx configuration in the folder empty.'],
	[['check', 'nginx.conf', '--nginx-version', 'latest'], /^--nginx-version latest is not a version; write it like /],
	[['check', 'nginx.conf', '--nginx-version', '1.30..1.22'], /^--nginx-version 1\.30\.\.1\.22: the first version is newer /],
	[
		['check', 'settings'],
		/\.nginx-websocket\.json, line 1: there is no setting "severty"; there are nginxVersion, intent, severity and codeLens\.$/,
	],
	[['check', 'broken'], /\.nginx-websocket\.json, line 1: it is not valid JSON \(.*\)\.$/],
	[['check', 'folder'], /\.nginx-websocket\.json cannot be read: it is a folder\.$/],
	[['check', 'nginx.conf', '--nginx-version', '1.22..'], /^--nginx-version 1\.22\.\. is not a version; write it like /],
	[['check', 'nginx.conf', '--nginx-version', '1.22..1.24..1.26'], /^--nginx-version 1\.22\.\.1\.24\.\.1\.26 is not a version; /],
	[
		['explain', 'nginx.conf', 'ws://a/', '--nginx-version', '1.3.12'],
		'--nginx-version 1.3.12: nginx passes no WebSocket on before 1.3.13, whatever is configured; name that version or a newer one.',
	],
	[['check', 'old'], /\.nginx-websocket\.json, line 1: nginxVersion 1\.3\.12: nginx passes no WebSocket on before 1\.3\.13\.$/],
	[['check', ''], 'The path is empty; name a main file, a fragment or a folder.'],
	[['check', 'nginx.conf', '', '--fix'], 'The path is empty; name a main file, a fragment or a folder.'],
	[['routes', ''], 'The path is empty; name a main file, a fragment or a folder.'],
	[['routes', 'nginx.conf', 'gone.conf'], 'routes takes no "gone.conf"; `nginx-websocket --help` shows what it takes.'],
	[['explain', 'nginx.conf', 'ws://a/', 'ws://b/'], 'explain takes no "ws://b/"; `nginx-websocket --help` shows what it takes.'],
	[['rules', '--format', 'sarif'], '--format sarif: there is pretty and json.'],
	[['rule', 'http-version-1-0', '--format', 'json'], '--format json: the page of a rule is text only.'],
	[['routes'], 'Which configuration? Write: nginx-websocket routes CONFIG.'],
	[['routes', 'nginx.conf', '--format', 'sarif'], '--format sarif: there is pretty and json.'],
	[['explain', 'nginx.conf'], /^Which URL\? Write: /],
	[['explain', 'nginx.conf', 'localhost/ws'], /^localhost\/ws is not a WebSocket URL; write it like /],
	[['explain', 'nginx.conf', 'ws://a/', '-H', 'x'], /is not a header; write it like -H 'Name: value'\.$/],
	[['explain', 'nginx.conf', '--requests', 'gone.jsonl', '--format', 'jsonl'], 'There is no file gone.jsonl.'],
	[['explain', 'nginx.conf', '--requests', 'requests.jsonl', '--format', 'jsonl'], /^requests\.jsonl, line 1: uri is missing/],
	[
		['test', 'nginx.conf', '--socket-io', '3'],
		'No location of nginx.conf names socket.io; give the URL: nginx-websocket test nginx.conf ws://… --socket-io N.',
	],
	[['test', 'nginx.conf', '--socket-io', 'x'], /^--socket-io x/],
	[['rule'], 'Which rule? `nginx-websocket rules` lists them.'],
	[['rule', 'frob'], 'There is no rule frob; `nginx-websocket rules` lists them.'],
	[['server'], 'The server speaks over standard input and output: nginx-websocket server --stdio.'],
] as const)('%j', async (args, message) => {
	const { code, stdout, stderr } = await cli.run(args, workspace.path);
	expect(stderr.replace(/^Read as nginx .*\n/, '').trimEnd()).toEqual(
		typeof message === 'string' ? message : expect.stringMatching(message),
	);
	expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
	expect(stdout).toBe('');
	expect(code).toBe(2);
});

test('without a command, help and 2; with --help, help and 0', async () => {
	const bare = await cli.run([]);
	const asked = await cli.run(['--help']);
	expect(bare.stdout).toBe(asked.stdout);
	expect(asked.stdout).toContain('check [PATH…]');
	expect([bare.code, asked.code]).toEqual([2, 0]);
});

test('rules lists each rule in a line, and rule ID shows its page', async () => {
	const { stdout } = await cli.run(['rules']);
	const ids = stdout
		.trimEnd()
		.split('\n')
		.map((line) => line.split(' ')[0] ?? '');
	expect(ids).toContain('http-version-1-0');
	expect(new Set(ids).size).toBe(ids.length);
	const json = JSON.parse((await cli.run(['rules', '--format', 'json'])).stdout);
	expect(json.rules.map(({ id }: { id: string }) => id)).toEqual(ids);
	expect(json.rules[0]).toMatchObject({ severity: expect.any(String), summary: expect.any(String), optIn: false });
	const page = await cli.run(['rule', 'http-version-1-0']);
	expect(page.stdout).toMatch(/^# http-version-1-0\n/);
	expect(page.code).toBe(0);
});
