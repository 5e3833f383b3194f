import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatVersion } from '../../server/src/core/reference/versions.ts';
import { chooseNginx } from '../../server/src/node/sandbox/chooseNginx.ts';
import { dockerRuns } from '../../server/src/node/sandbox/docker.ts';
import { runSandbox } from '../../server/src/node/sandbox/runSandbox.ts';
import { bundledCommandLine, type CommandLine } from '../support/cli.ts';
import { generations } from '../support/nginx.ts';
import { type SandboxGround, sandboxGround } from '../support/sandboxes.ts';

const nginxes = await generations();
const [nginx] = nginxes;
if (nginx === undefined) throw new Error('there is no nginx here to make sandboxes with');
const { path: program } = nginx;

let command: CommandLine;
let ground: SandboxGround;
beforeAll(() => {
	command = bundledCommandLine();
	ground = sandboxGround();
	const file = (location: string): string =>
		`events {}\nhttp {\n\tserver {\n\t\tlisten 80;\n\t\tlocation /ws/ {\n\t\t\t${location}\n\t\t}\n\t}\n}\n`;
	ground.configuration(
		{
			'good.conf': file(
				'proxy_pass http://app:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;',
			),
			'bad.conf': file(
				'proxy_pass http://app:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "up<grade";',
			),
			'refused.conf': file('proxy_pass http://app:9000; proxy_set_header Upgrade;'),
			'none.conf': 'events {}\nhttp { server { listen 80; return 404; } }\n',
			docker: `#!/bin/sh
echo "$@" >> '${ground.folder}/docker.log'
case "$1" in
	version) echo 27.1.1;;
	run)
		case "$*" in
			*-V*) exec '${program}' -V;;
			*) while [ "$1" != --entrypoint ]; do shift; done; shift 3; exec '${program}' "$@";;
		esac;;
	rm) exit 0;;
esac
`,
			'no-daemon': '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n',
		},
		'good.conf',
	);
	for (const name of ['docker', 'no-daemon']) chmodSync(join(ground.folder, name), 0o755);
});
afterAll(() => {
	command.remove();
	ground.remove();
});

const run = (...args: readonly string[]) => command.run(['test', ...args, '--sandbox', '--nginx', program], ground.folder);

describe('test --sandbox', () => {
	test('ends with 0 when every WebSocket route upgrades', async () => {
		const { code, stdout } = await run('good.conf');
		expect(stdout).toContain('upgrades: location /ws/ (good.conf:5)');
		expect(stdout).toContain('good.conf:6 proxy_pass, moved: a recording backend');
		expect(stdout).toMatch(/1 of 1 handshakes upgraded\.\n$/);
		expect(code).toBe(0);
	});

	test('ends with 1 when one does not, when nginx refuses the configuration, and when nothing is proved', async () => {
		expect(await run('bad.conf')).toMatchObject({ code: 1 });
		const refused = await run('refused.conf');
		expect(refused.code).toBe(1);
		expect(refused.stdout).toContain('error: invalid number of arguments in "proxy_set_header" directive (refused.conf:6)');
		const none = await run('none.conf');
		expect(none.code).toBe(1);
		expect(none.stdout).toContain('Nothing is proved: there is no WebSocket route.');
	});

	test('writes JUnit XML, GitHub annotations, Markdown and JSON', async () => {
		const junit = await run('bad.conf', '--format', 'junit');
		expect(junit.stdout).toContain('<testsuite name="nginx');
		expect(junit.stdout).toContain('failures="1" errors="0"');
		expect(junit.stdout).toContain('Connection: up&lt;grade');
		const github = await run('bad.conf', '--format', 'github');
		expect(github.stdout).toMatch(
			/^::error file=bad\.conf,line=5,title=nginx [\d.]+::location \/ws\/ does not upgrade: the backend receives/,
		);
		expect((await run('refused.conf', '--format', 'github')).stdout).toMatch(/^::error file=refused\.conf,line=6,/);
		expect((await run('good.conf', '--format', 'markdown')).stdout).toContain('[good.conf:5](good.conf#L5)');
		const { results } = JSON.parse((await run('good.conf', '--format', 'json')).stdout);
		expect(results[0].routes[0]).toMatchObject({
			file: 'good.conf',
			line: 5,
			outcome: 'upgraded',
			predicted: 'upgrades',
			status: 101,
		});
	});

	test('refuses what it cannot do in one sentence', async () => {
		expect(await run('good.conf', 'ws://localhost/ws/')).toMatchObject({ code: 2 });
		expect(await run('good.conf', '--format', 'yaml')).toMatchObject({ code: 2 });
		expect(await run('good.conf', '--nginx-version', 'new')).toMatchObject({ code: 2 });
		expect(await command.run(['test', 'good.conf', '--sandbox', '--nginx', 'no-such-program'], ground.folder)).toMatchObject({
			code: 2,
			stderr: 'no-such-program does not start; set the path of an nginx, or none.\n',
		});
	});
});

describe('which nginx', () => {
	const installed = async () => undefined;

	test('a program named docker is no proof of Docker: the daemon is asked', async () => {
		expect(await dockerRuns(join(ground.folder, 'docker'))).toBe(true);
		expect(await dockerRuns(join(ground.folder, 'no-daemon'))).toBe(false);
		expect(await dockerRuns(join(ground.folder, 'nothing-there'))).toBe(false);
	});

	test('the one on PATH goes before Docker when it is of the wished version', async () => {
		const choice = await chooseNginx({
			program: '',
			version: undefined,
			installed: async () => nginx,
			docker: join(ground.folder, 'no-daemon'),
		});
		expect(choice).toMatchObject({ kind: 'nginx', nginx: { version: nginx.version } });
	});

	test('the image of the wished version runs with loopback alone, without rights, and only the private folder', async () => {
		const version = formatVersion(nginx.version);
		const choice = await chooseNginx({ program: '', version, installed, docker: join(ground.folder, 'docker') });
		expect(choice).toMatchObject({ kind: 'nginx', nginx: { version: nginx.version } });
		if (choice.kind !== 'nginx') return;
		const launch = choice.nginx.launch('/private', ['-t']);
		expect(launch.args.join(' ')).toContain('--read-only --cap-drop ALL --security-opt no-new-privileges');
		expect(launch.args.join(' ')).toContain(`--volume /private:/private --entrypoint nginx nginx:${version} -t`);
		const configuration = ground.configuration({}, 'good.conf');
		const result = await runSandbox(configuration, { nginx: choice.nginx, parent: ground.parent });
		expect(result.routes.map(({ outcome }) => outcome)).toEqual(['upgraded']);
		expect(ground.left()).toEqual([]);
	});

	test('says what was looked for when there is none', async () => {
		const choice = await chooseNginx({
			program: '',
			version: '1.9.9',
			installed: async () => nginx,
			docker: join(ground.folder, 'no-daemon'),
			unpack: async () => ({ kind: 'none', reason: 'No network.' }),
		});
		expect(choice.kind).toBe('none');
		if (choice.kind === 'none')
			expect(choice.reason).toMatch(/^There is no nginx 1\.9\.9 to run the sandbox with: the one on PATH is /);
	});
});
