import { symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledCommandLine, type CommandLine, workspaceOf } from '../support/cli.ts';

/* `check --fix` writes what a careful person would, and not one byte more. */

const BROKEN = `events {}
http {
	# every chat server
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade; # the socket
			proxy_read_timeout 1h;
		}
	}
}
`;
const CURED = `events {}
http {
	map $http_upgrade $connection_upgrade {
		default upgrade;
		''      '';
	}

	# every chat server
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade; # the socket
			proxy_set_header Connection $connection_upgrade;
			proxy_read_timeout 1h;
		}
	}
}
`;

let cli: CommandLine;

beforeAll(() => {
	cli = bundledCommandLine();
});

afterAll(() => cli.remove());

/** The text after `--fix`, which must leave nothing, and which a second `--fix` must leave alone. */
async function fixed(text: string | Uint8Array): Promise<string> {
	const workspace = workspaceOf({ 'nginx.conf': text });
	const { code, stderr } = await cli.run(['check', 'nginx.conf', '--fix'], workspace.path);
	const after = workspace.readBytes('nginx.conf').toString('latin1');
	expect(code).toBe(0);
	expect(stderr).toContain('fixed nginx.conf: ');
	const again = await cli.run(['check', 'nginx.conf', '--fix'], workspace.path);
	expect(again).toMatchObject({ code: 0, stderr: '' });
	expect(workspace.readBytes('nginx.conf').toString('latin1')).toBe(after);
	workspace.remove();
	return after;
}

const spaces = (text: string, count: number): string => text.replace(/^\t+/gm, (tabs) => ' '.repeat(tabs.length * count));

describe('--fix keeps the habits of the file', () => {
	test.each([
		['tabs', (text: string) => text],
		['two blanks', (text: string) => spaces(text, 2)],
		['four blanks', (text: string) => spaces(text, 4)],
		['eight blanks', (text: string) => spaces(text, 8)],
		['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
		['CRLF and blanks', (text: string) => spaces(text, 2).replaceAll('\n', '\r\n')],
		['no final line end', (text: string) => text.trimEnd()],
		['trailing blanks', (text: string) => text.replace('listen 8080;', 'listen 8080;  \t ')],
		['a directive over several lines', (text: string) => text.replace('listen 8080;', 'listen\n\n\t\t\t\t8080  ;')],
		['quotes', (text: string) => text.replace('$http_upgrade;', '"$http_upgrade";').replace('listen 8080', "listen '8080'")],
		['names in capitals', (text: string) => text.replace('proxy_set_header Upgrade', 'proxy_set_header UPGRADE')],
		['comments everywhere', (text: string) => text.replaceAll(';\n', '; # why\n').replaceAll('{\n', '{ # open {\n')],
		['many blank lines', (text: string) => text.replace('http {\n', 'http {\n\n\n').replace('}\n}\n', '}\n\n\n}\n\n\n')],
	])('%s', async (_, written) => {
		const cured = written === undefined ? '' : written(CURED);
		// Lines that are put in carry no comment of their own.
		const expected = cured.replace(
			/^(\s*(?:map|default|''|proxy_http_version|proxy_set_header Connection)[^#\n]*[;{]) # (?:why|open \{)/gm,
			'$1',
		);
		expect(await fixed(written(BROKEN))).toBe(expected);
	});

	test('bytes that are no UTF-8', async () => {
		const bytes = (text: string): Buffer => Buffer.from(text.replace('every chat server', 'chaque caf\xe9 \xff\xfe'), 'latin1');
		expect(await fixed(bytes(BROKEN))).toBe(bytes(CURED).toString('latin1'));
	});

	test('a whole configuration on one line', async () => {
		const flat = (text: string): string => text.replace(/ ?#.*/gm, '').replace(/\s+/g, ' ').trim();
		expect(await fixed(flat(BROKEN))).toBe(flat(CURED));
	});

	test('a block on one line among others', async () => {
		const text = BROKEN.replace(/location \/ws \{[^}]*\}/, (block) => block.replace(/ #.*/g, '').replace(/\s+/g, ' '));
		const after = await fixed(text);
		expect(after).toContain(
			'\t\tlocation /ws { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_read_timeout 1h; }\n',
		);
	});

	test('an equivalent map under another name is used, and no second one is written', async () => {
		const map = "\tmap $http_upgrade $my_conn { default upgrade; '' close; }\n";
		const after = await fixed(BROKEN.replace('http {\n', `http {\n${map}`));
		expect(after).toContain('proxy_set_header Connection $my_conn;');
		expect(after.match(/\bmap /g)).toHaveLength(1);
	});
});

describe('--fix', () => {
	test('says on standard error what it did and what it left, and in the report what remains', async () => {
		const workspace = workspaceOf({ 'nginx.conf': BROKEN.replace('\t\t\tproxy_read_timeout 1h;\n', '') });
		const { stdout, stderr } = await cli.run(['check', 'nginx.conf', '--fix', '--format', 'json'], workspace.path);
		expect(stderr.split('\n').slice(0, 3)).toEqual([
			expect.stringMatching(/^fixed nginx\.conf: .+ \[connection-not-upgrade\]$/),
			expect.stringMatching(/^fixed nginx\.conf: .+ \[http-version-1-0\]$/),
			'Left as it is: 1 finding that only informs (see its own quick fix).',
		]);
		expect(JSON.parse(stdout).findings.map(({ rule }: { rule: string }) => rule)).toEqual(['idle-timeout']);
		workspace.remove();
	});

	test('leaves a file without findings as it is, to the time of its last change', async () => {
		const workspace = workspaceOf({ 'nginx.conf': CURED });
		const before = workspace.modified('nginx.conf');
		await cli.run(['check', 'nginx.conf', '--fix'], workspace.path);
		expect(workspace.modified('nginx.conf')).toBe(before);
		workspace.remove();
	});

	test('exits with 1 while something remains that it cannot cure', async () => {
		const workspace = workspaceOf({
			'nginx.conf': BROKEN.replace('listen 8080;', 'listen 8080;\n\t\tset $a $nobody_defined_this;'),
		});
		const { code, stdout } = await cli.run(['check', 'nginx.conf', '--fix'], workspace.path);
		expect(stdout).toContain('[unknown-variable]');
		expect(code).toBe(1);
		workspace.remove();
	});

	test('writes through a link and leaves it a link', async () => {
		const workspace = workspaceOf({ 'real/nginx.conf': BROKEN });
		symlinkSync('real/nginx.conf', workspace.at('nginx.conf'));
		expect((await cli.run(['check', 'nginx.conf', '--fix'], workspace.path)).code).toBe(0);
		expect(workspace.read('real/nginx.conf')).toBe(CURED);
		expect(workspace.isLink('nginx.conf')).toBe(true);
		workspace.remove();
	});

	test('changes nothing outside the workspace', async () => {
		const workspace = workspaceOf({
			'inside/nginx.conf': 'events {}\nhttp {\n\tserver {\n\t\tlisten 8080;\n\t\tinclude ../ws.inc;\n\t}\n}\n',
			'ws.inc': 'location /ws {\n\tproxy_pass http://127.0.0.1:9000;\n\tproxy_set_header Upgrade $http_upgrade;\n}\n',
		});
		const before = workspace.read('ws.inc');
		await cli.run(['check', 'inside/nginx.conf', '--fix'], workspace.path);
		expect(workspace.read('ws.inc')).toBe(before);
		workspace.remove();
	});
});

describe('--fix says', () => {
	test('which files it changed, once for each edit, and which choices it left', async () => {
		const workspace = workspaceOf({
			'nginx.conf': `events {}
http {
	server {
		listen 8080;
		location /ws {
			include ws.inc;
			include ws.inc;
			proxy_pass http://127.0.0.1:9000;
		}
		location /chat {
			proxy_pass http://127.0.0.1:9000;
			proxy_read_timeout 1h;
			proxy_read_timeout 2h;
		}
	}
}
`,
			'ws.inc':
				'proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection "upgrade";\nproxy_read_timeout 1h;\n',
		});
		const { stderr } = await cli.run(['check', 'nginx.conf', '--fix'], workspace.path);
		expect(stderr.match(/^fixed .*second include.*$/gm)).toEqual([
			'fixed nginx.conf: Remove the second include of ws.inc [directive-duplicate]',
		]);
		expect(stderr).toContain('left nginx.conf, line 12: which of 2 fixes is right is for you to decide [directive-duplicate]\n');
		workspace.remove();
	});

	test('what a range of versions finds beyond its first, and where a handshake ends differently', async () => {
		const workspace = workspaceOf({ 'nginx.conf': CURED.replace('\t\t\tproxy_http_version 1.1;\n', '') });
		for (const flag of ['--fix-dry-run', '--fix']) {
			const { stdout } = await cli.run(
				['check', 'nginx.conf', flag, '--format', 'json', '--nginx-version', '1.22.0..1.30.0'],
				workspace.path,
			);
			const rules = JSON.parse(stdout).findings.map(({ rule }: { rule: string }) => rule);
			expect(rules.includes('verdict-changes')).toBe(flag === '--fix-dry-run');
		}
		expect(workspace.read('nginx.conf')).toBe(CURED);
		workspace.remove();
	});
});

describe('--fix-dry-run', () => {
	test('says what --fix would do, reports what is there, and writes nothing', async () => {
		const workspace = workspaceOf({ 'nginx.conf': BROKEN });
		const { code, stdout, stderr } = await cli.run(['check', 'nginx.conf', '--fix-dry-run', '--format', 'json'], workspace.path);
		expect(stderr).toMatch(
			/^would fix nginx\.conf: .+ \[connection-not-upgrade\]\nwould fix nginx\.conf: .+ \[http-version-1-0\]\n/,
		);
		expect(JSON.parse(stdout).findings).toHaveLength(2);
		expect(code).toBe(1);
		expect(workspace.read('nginx.conf')).toBe(BROKEN);
		workspace.remove();
	});
});
