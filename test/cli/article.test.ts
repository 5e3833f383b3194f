import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledCommandLine, type CommandLine, workspaceOf } from '../support/cli.ts';

/* The configuration that tutorials teach: silent as it is, and each of its three classic mistakes found and cured. */

const ARTICLE = `worker_processes 1;

events {
    worker_connections 1024;
}

http {
    map $http_upgrade $connection_upgrade {
        default upgrade;
        '' close;
    }

    server {
        listen 8080;
        server_name localhost;

        location /ws/ {
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $host;
            proxy_read_timeout 86400s;
        }
    }
}
`;

let cli: CommandLine;

beforeAll(() => {
	cli = bundledCommandLine();
});

afterAll(() => cli.remove());

async function check(text: string, ...args: readonly string[]) {
	const workspace = workspaceOf({ 'nginx.conf': text });
	const { stdout, code } = await cli.run(['check', 'nginx.conf', '--format', 'json', ...args], workspace.path);
	const after = workspace.read('nginx.conf');
	workspace.remove();
	const findings: readonly { rule: string; severity: string }[] = JSON.parse(stdout).findings;
	return { code, after, found: findings.map(({ rule, severity }) => `${severity} ${rule}`) };
}

test.each(['1.18', '1.22.1', '1.26.3', '1.28', '1.30.6', '1.31.5'])('is silent as nginx %s', async (version) => {
	expect(await check(ARTICLE, '--nginx-version', version)).toMatchObject({ code: 0, found: [] });
});

describe('each classic mistake', () => {
	test('no proxy_http_version 1.1: found before 1.29.7, cured to the letter', async () => {
		const text = ARTICLE.replace('            proxy_http_version 1.1;\n', '');
		expect((await check(text, '--nginx-version', '1.26')).found).toEqual(['warning http-version-1-0']);
		expect((await check(text, '--nginx-version', '1.30')).found).toEqual([]);
		expect(await check(text, '--fix', '--nginx-version', '1.26')).toEqual({ code: 0, found: [], after: ARTICLE });
	});

	test('no Connection: found on every version, cured with the map that is there', async () => {
		const text = ARTICLE.replace('            proxy_set_header Connection $connection_upgrade;\n', '');
		for (const version of ['1.22', '1.30'])
			expect((await check(text, '--nginx-version', version)).found).toEqual(['error connection-not-upgrade']);
		const { after, found } = await check(text, '--fix');
		expect(found).toEqual([]);
		expect(after.split('\n').sort()).toEqual(ARTICLE.split('\n').sort());
	});

	test.each(['$http_connection_upgrade', 'keep-alive', '""', 'close', '$http_upgrade'])(
		'Connection %s: found and cured',
		async (value) => {
			const text = ARTICLE.replace('Connection $connection_upgrade', `Connection ${value}`);
			expect((await check(text)).code).toBe(1);
			expect(await check(text, '--fix')).toEqual({ code: 0, found: [], after: ARTICLE });
		},
	);

	test('no map: the variable is unknown, and the map is written', async () => {
		const text = ARTICLE.replace(/ {4}map[^}]*\}\n\n/, '');
		expect((await check(text)).found).toEqual(['error unknown-variable']);
		const { after, found } = await check(text, '--fix');
		expect(found).toEqual([]);
		expect(after).toBe(ARTICLE.replace("'' close;", "''      '';"));
	});

	test('the default read timeout: said as information, left by --fix, never a failure', async () => {
		const text = ARTICLE.replace('            proxy_read_timeout 86400s;\n', '');
		expect(await check(text)).toMatchObject({ code: 0, found: ['information idle-timeout'] });
		expect((await check(text, '--fix')).after).toBe(text);
	});
});
