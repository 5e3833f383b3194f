import { symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineRule } from '../../server/src/core/rules/rule.ts';
import { check } from '../../server/src/node/cli/check.ts';
import { bundledCommandLine, type CommandLine, type Workspace, workspaceOf } from '../support/cli.ts';

/* Which settings hold for which file, how several paths are told apart, and what `check` refuses or cannot do. */

const server = (lines: string): string =>
	`events {}\nhttp {\n\tserver {\n\t\tlisten 8080;\n\t\tlocation /ws {\n${lines}\t\t}\n\t}\n}\n`;
const WORKS = `			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
`;
const WITHOUT_VERSION = server(WORKS.replace('\t\t\tproxy_http_version 1.1;\n', ''));

let cli: CommandLine;
beforeAll(() => {
	cli = bundledCommandLine();
});
afterAll(() => cli.remove());

describe('the settings file', () => {
	const files = {
		'old/nginx.conf': WITHOUT_VERSION,
		'old/.nginx-websocket.json': '{ "nginxVersion": "1.22.1" }',
		'new/nginx.conf': WITHOUT_VERSION,
		'new/.nginx-websocket.json': '{ "nginxVersion": "1.30.0" }',
	};

	test('is the one next to each main file, also when a folder above is checked', async () => {
		const workspace = workspaceOf(files);
		const { stdout, stderr } = await cli.run(['check', '.', '--format', 'json'], workspace.path);
		const { findings, nginxVersion } = JSON.parse(stdout);
		expect(findings.map(({ rule, file }: { rule: string; file: string }) => `${file}: ${rule}`)).toEqual([
			'old/nginx.conf: http-version-1-0',
		]);
		expect(nginxVersion.split(' and ').sort()).toEqual(['1.22.1', '1.30.0']);
		expect(stderr).toMatch(/^Read as nginx .* and .*\.\n$/);
		workspace.remove();
	});

	test('and several paths are named from the folder that they share, wherever one stands', async () => {
		const workspace = workspaceOf(files);
		const { stdout } = await cli.run(
			['check', workspace.at('old/nginx.conf'), workspace.at('new/nginx.conf'), '--format', 'json'],
			'/',
		);
		expect(JSON.parse(stdout).findings.map(({ file }: { file: string }) => file)).toEqual(['old/nginx.conf']);
		workspace.remove();
	});
});

describe('--context', () => {
	test.each([
		['nginx.conf', 'http', 'events'],
		['piece.conf', 'http', 'location'],
		['piece.conf', 'location', undefined],
		['piece.conf', 'server', undefined],
		['lines.conf', 'server', 'proxy_pass'],
	])('%s as %s', async (file, context, misfit) => {
		const workspace = workspaceOf({
			'nginx.conf': server(WORKS),
			'piece.conf': `location /ws {\n${WORKS}}\n`,
			'lines.conf': WORKS,
		});
		const { code, stderr } = await cli.run(['check', file, '--context', context], workspace.path);
		if (misfit === undefined) expect(code).not.toBe(2);
		else {
			expect(code).toBe(2);
			expect(stderr).toMatch(new RegExp(`--context ${context}: ${misfit} \\(.*, line 1\\) cannot stand there`));
		}
		workspace.remove();
	});
});

test('a link to nothing, which an include takes, is told', async () => {
	const workspace = workspaceOf({
		'nginx.conf': server(WORKS).replace('http {\n', 'http {\n\tinclude sites/*;\n'),
		'sites/a': '# nothing\n',
	});
	symlinkSync('/nowhere/at/all', workspace.at('sites/b'));
	const { stdout } = await cli.run(['check', 'nginx.conf'], workspace.path);
	expect(stdout).toContain('sites/b is a link to a file that is not there');
	workspace.remove();
});

test('a version that nginx does not start with is a change of verdict', async () => {
	const workspace = workspaceOf({ 'nginx.conf': server(WORKS).replace('listen 8080;', 'listen 8080;\n\t\tssl off;') });
	const { stdout } = await cli.run(['check', 'nginx.conf', '--nginx-version', '1.22.1..1.26.3'], workspace.path);
	expect(stdout).toContain('1 route would end a handshake differently');
	expect(stdout).toContain('fails from nginx 1.25.1 on (nginx refuses to start, see directive-version)');
	workspace.remove();
});

test('a rule that fails makes it 2', () => {
	const workspace = workspaceOf({ 'nginx.conf': server(WORKS) });
	const notes: string[] = [];
	const broken = defineRule({
		id: 'broken-rule',
		summary: '',
		severity: 'error',
		why: '',
		remedy: '',
		ignore: '',
		rows: [],
		sources: [],
		examples: [],
		check: () => {
			throw new Error('it broke');
		},
	});
	const code = check(
		{
			paths: [workspace.at('nginx.conf')],
			format: 'json',
			fix: false,
			fixDryRun: false,
			context: undefined,
			nginxVersion: undefined,
			rules: [broken],
		},
		{ data: () => {}, note: (text) => notes.push(text), colour: false },
	);
	expect(code).toBe(2);
	expect(notes.join('')).toContain('The rule broken-rule failed and was left out: it broke');
	workspace.remove();
});

describe('one file under several names', () => {
	const SITE = `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Upgrade $http_upgrade;
		proxy_read_timeout 1h;
	}
}
`;
	const RULES = ['connection-not-upgrade', 'http-version-1-0'];

	function sites(main: Readonly<Record<string, string>>): Workspace {
		const workspace = workspaceOf({ ...main, 'sites-available/a': SITE, 'sites-enabled/.keep': '' });
		for (const name of ['a', 'b']) symlinkSync('../sites-available/a', workspace.at(`sites-enabled/${name}`));
		return workspace;
	}

	test.each([
		[
			'two links of one main file',
			{ 'nginx.conf': 'events {}\nhttp {\n\tinclude sites-enabled/*;\n}\n' },
			['nginx.conf'],
			'sites-enabled/a',
		],
		['a folder without a main file', {}, ['.'], 'sites-available/a'],
		[
			'a main file, and the file that it reaches',
			{ 'nginx.conf': 'events {}\nhttp {\n\tinclude sites-enabled/a;\n}\n' },
			['sites-available/a', 'nginx.conf'],
			'sites-enabled/a',
		],
		['two links themselves', {}, ['sites-enabled/b', 'sites-enabled/a'], 'b'],
	])('is reported once: %s', async (_, main: Readonly<Record<string, string>>, paths, name) => {
		const workspace = sites(main);
		const { stdout } = await cli.run(['check', ...paths, '--format', 'json', '--nginx-version', '1.22.1'], workspace.path);
		const findings: { rule: string; file: string }[] = JSON.parse(stdout).findings;
		const loud = findings.filter(({ rule }) => RULES.includes(rule));
		expect(loud.map(({ rule }) => rule).sort()).toEqual(RULES);
		expect(new Set(loud.map(({ file }) => file))).toEqual(new Set([name]));
		workspace.remove();
	});

	test('is fixed once, as the main file that reaches it wants it', async () => {
		const workspace = sites({ 'nginx.conf': 'events {}\nhttp {\n\tinclude sites-enabled/a;\n}\n' });
		const { stderr } = await cli.run(['check', 'nginx.conf', 'sites-available/a', '--fix'], workspace.path);
		expect(stderr.match(/^fixed /gm)).toHaveLength(2);
		expect(workspace.read('sites-available/a')).toContain('proxy_set_header Connection $connection_upgrade;');
		expect(workspace.read('nginx.conf')).toContain('map $http_upgrade $connection_upgrade {');
		expect(workspace.isLink('sites-enabled/a')).toBe(true);
		workspace.remove();
	});
});
