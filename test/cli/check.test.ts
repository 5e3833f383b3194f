import type { Log } from 'sarif';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOTICES } from '../../server/src/core/rules/notices.ts';
import { RULES } from '../../server/src/core/rules/rules.generated.ts';
import { bundledCommandLine, type CommandLine, type Workspace, workspaceOf } from '../support/cli.ts';

/* What a person, or a build server, gets from `check`: exit codes, and each format's own text on standard output and nothing else. */

const BROKEN = `events {}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
			proxy_read_timeout 1h;
		}
	}
}
`;
const PLAIN =
	'events {}\nhttp {\n\tserver {\n\t\tlisten 8080;\n\t\tlocation / {\n\t\t\tproxy_pass http://127.0.0.1:9000;\n\t\t}\n\t}\n}\n';
/** Only the default idle timeout is to be said. */
const SILENT_SOON = BROKEN.replace(
	'proxy_read_timeout 1h;',
	'proxy_http_version 1.1;\n\t\t\tproxy_set_header Connection upgrade;',
);

let cli: CommandLine;
let workspace: Workspace;

beforeAll(() => {
	cli = bundledCommandLine();
	workspace = workspaceOf({
		'nginx.conf': BROKEN,
		'plain.conf': PLAIN,
		'information.conf': SILENT_SOON,
		'syntax.conf': 'events {}\nhttp {\n\tserver {\n\t\tlisten 8080\n\t}\n}\n',
		'variable.conf': PLAIN.replace('proxy_pass', 'proxy_set_header X-A $nobody;\n\t\t\tproxy_pass'),
		'odd names/a b#c%,:.conf': BROKEN,
	});
});

afterAll(() => {
	cli.remove();
	workspace.remove();
});

const check = (...args: readonly string[]) => cli.run(['check', ...args], workspace.path);

describe('exit code', () => {
	test.each([
		['plain.conf', 0, 'no WebSocket route'],
		['information.conf', 0, 'an information'],
		['nginx.conf', 1, 'an error'],
		['syntax.conf', 1, 'a syntax error'],
		['variable.conf', 1, 'an unknown variable'],
		['missing.conf', 2, 'no such file'],
	])('%s: %i for %s', async (file, code) => {
		expect((await check(file)).code).toBe(code);
	});

	test('a warning alone makes it 1', async () => {
		const warned = workspaceOf({
			'nginx.conf': BROKEN.replace('$http_upgrade;', '$http_upgrade;\n\t\t\tproxy_set_header Connection upgrade;'),
		});
		const { code, stdout } = await cli.run(['check', 'nginx.conf', '--format', 'json'], warned.path);
		expect(JSON.parse(stdout).findings.map(({ severity }: { severity: string }) => severity)).toEqual(['warning']);
		expect(code).toBe(1);
		warned.remove();
	});
});

describe('pretty', () => {
	test('shows place, message, the marked line, and the fix', async () => {
		const { stdout, stderr } = await check('nginx.conf');
		expect(stderr).toBe('');
		expect(stdout).toContain('nginx.conf:6:4 error ');
		expect(stdout).toContain('[connection-not-upgrade]');
		expect(stdout).toContain('6 | \t\t\tproxy_pass http://127.0.0.1:9000;\n  | \t\t\t^~~~');
		expect(stdout).toContain('  fix: ');
		expect(stdout).toMatch(/\n1 error, 1 warning in 1 file, read as nginx 1\.28\.0\.\n$/);
	});

	test('says that there is nothing to report, and the version', async () => {
		expect((await check('plain.conf')).stdout).toBe('Nothing to report in 1 file, read as nginx 1.28.0.\n');
	});

	test('names a file as one opens it from here, and one from elsewhere whole', async () => {
		const above = await cli.run(['check', `${workspace.path.slice(1)}/nginx.conf`], '/');
		expect(above.stdout).toContain(`${workspace.path.slice(1)}/nginx.conf:6:4 error`);
		const elsewhere = await cli.run(['check', workspace.at('nginx.conf')]);
		expect(elsewhere.stdout).toContain(`${workspace.at('nginx.conf')}:6:4 error`);
	});

	test('cuts a line that is too long around what is marked', async () => {
		const long = workspaceOf({ 'nginx.conf': BROKEN.replace(/\n\t*/g, ` ${' '.repeat(300)}`) });
		const { stdout } = await cli.run(['check', 'nginx.conf'], long.path);
		const [, line = '', mark = ''] = stdout.split('\n');
		expect(line.length).toBeLessThan(250);
		expect(line.slice(mark.indexOf('^'))).toMatch(/^proxy_pass/);
		long.remove();
	});

	test('lets nothing in a file move the cursor of the terminal', async () => {
		const evil = workspaceOf({ 'nginx.conf': `${BROKEN}# \u001b[2J\n\u001b]0;x\u0007evil on;\n` });
		const { stdout } = await cli.run(['check', 'nginx.conf'], evil.path);
		expect(stdout).toContain('evil');
		expect([...stdout].filter((character) => character < ' ' && !'\n\t'.includes(character))).toEqual([]);
		evil.remove();
	});
});

describe('json', () => {
	test('is exactly what the contract says, positions zero-based', async () => {
		const { stdout, stderr } = await check('nginx.conf', '--format', 'json');
		expect(stderr).toBe('Read as nginx 1.28.0.\n');
		const report = JSON.parse(stdout);
		expect(report.files).toBe(1);
		expect(report.findings).toHaveLength(2);
		const [first] = report.findings;
		expect(Object.keys(first)).toEqual(['rule', 'severity', 'message', 'file', 'range', 'fixes']);
		expect(first).toMatchObject({
			rule: 'connection-not-upgrade',
			severity: 'error',
			file: 'nginx.conf',
			range: { start: { line: 5, character: 3 }, end: { line: 5, character: 35 } },
		});
		expect(first.fixes.map((fix: object) => Object.keys(fix))).toEqual(first.fixes.map(() => ['title', 'safe']));
		expect(first.fixes[0].safe).toBe(true);
	});

	test('of a silent file is an empty list', async () => {
		expect(JSON.parse((await check('plain.conf', '--format', 'json')).stdout)).toMatchObject({ findings: [], files: 1 });
	});

	test('counts characters as UTF-16, as LSP does', async () => {
		const wide = workspaceOf({
			'nginx.conf': `events {}\nhttp { server { location /é😀ws/ws { proxy_pass http://a; proxy_set_header Upgrade x; } } }\n`,
		});
		const { findings } = JSON.parse((await cli.run(['check', 'nginx.conf', '--format', 'json'], wide.path)).stdout);
		const line = wide.read('nginx.conf').split('\n')[1] ?? '';
		expect(findings.map(({ range }: { range: { start: { character: number } } }) => range.start.character)).toContain(
			line.indexOf('proxy_pass'),
		);
		wide.remove();
	});
});

describe('github', () => {
	test('is an annotation a line, with everything escaped', async () => {
		const { stdout, stderr } = await check('odd names/a b#c%,:.conf', '--format', 'github');
		expect(stderr).toBe('Read as nginx 1.28.0.\n');
		const lines = stdout.trimEnd().split('\n');
		expect(lines).toHaveLength(2);
		expect(lines[0]).toMatch(
			/^::error file=odd names\/a b#c%25%2C%3A\.conf,line=6,col=4,endLine=6,endColumn=36,title=connection-not-upgrade::The backend /,
		);
		expect(lines[1]).toMatch(/^::warning file=/);
	});
});

describe('sarif', () => {
	test('is a SARIF 2.1.0 log: known rules, one-based regions, resolvable places', async () => {
		const { stdout, stderr } = await check('.', '--format', 'sarif');
		expect(stderr).toBe('Read as nginx 1.28.0.\n');
		const log = JSON.parse(stdout) as Log;
		expect(log.version).toBe('2.1.0');
		expect(log.$schema).toMatch(/sarif-2\.1\.0/);
		expect(log.runs).toHaveLength(1);
		const [run] = log.runs;
		const rules = run?.tool.driver.rules ?? [];
		expect(rules.map(({ id }) => id)).toEqual([...RULES, ...NOTICES].map(({ id }) => id));
		for (const rule of rules) {
			expect(rule.shortDescription?.text).not.toBe('');
			expect(rule.helpUri).toMatch(/^https:\/\//);
			expect(['error', 'warning', 'note', 'none']).toContain(rule.defaultConfiguration?.level);
		}
		const results = run?.results ?? [];
		expect(results.length).toBeGreaterThan(4);
		for (const result of results) {
			expect(rules.some(({ id }) => id === result.ruleId)).toBe(true);
			expect(result.message.text).not.toBe('');
			expect(['error', 'warning', 'note']).toContain(result.level);
			expect(result.locations).toHaveLength(1);
			for (const { physicalLocation } of [...(result.locations ?? []), ...(result.relatedLocations ?? [])]) {
				const uri = physicalLocation?.artifactLocation?.uri ?? '';
				// A relative URI reference: resolved against the checkout it names a file that is there.
				const resolved = new URL(uri, `file://${workspace.path}/`);
				expect(() => workspace.read(decodeURIComponent(resolved.pathname).slice(workspace.path.length + 1))).not.toThrow();
				const { startLine = 0, startColumn = 0, endLine = 0, endColumn = 0 } = physicalLocation?.region ?? {};
				expect(startLine).toBeGreaterThan(0);
				expect(startColumn).toBeGreaterThan(0);
				expect(endLine > startLine || (endLine === startLine && endColumn >= startColumn)).toBe(true);
			}
			for (const related of result.relatedLocations ?? []) expect(related.message?.text).not.toBe('');
		}
		expect(run?.columnKind).toBe('utf16CodeUnits');
	});

	test('of a silent file has no results, and says so', async () => {
		const log = JSON.parse((await check('plain.conf', '--format', 'sarif')).stdout) as Log;
		expect(log.runs[0]?.results).toEqual([]);
	});
});

describe('versions', () => {
	const severities = async (version: string) => {
		const { stdout } = await check('nginx.conf', '--format', 'json', '--nginx-version', version);
		const report = JSON.parse(stdout);
		return { version: report.nginxVersion, rules: report.findings.map(({ rule }: { rule: string }) => rule) };
	};

	test('decide what is found', async () => {
		expect(await severities('1.22')).toEqual({ version: '1.22.0', rules: ['connection-not-upgrade', 'http-version-1-0'] });
		expect(await severities('1.30.1')).toEqual({ version: '1.30.1', rules: ['connection-not-upgrade'] });
	});

	test('in a range, a finding says where in it it holds', async () => {
		const { stdout } = await check('nginx.conf', '--nginx-version', '1.22..1.30');
		expect(stdout).toContain('(Holds before nginx 1.29.7.) [http-version-1-0]');
		expect(stdout).not.toMatch(/\(Holds.*\[connection-not-upgrade\]/);
		expect(stdout).toContain('read as nginx 1.22.0..1.30.0.');
	});

	test('an old version is refused nothing', async () => {
		expect((await check('plain.conf', '--nginx-version', '1.3.13')).code).toBe(0);
	});
});
