import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Format, getDirectives } from '@nginx/reference-lib';
import { formatVersion } from '../../src/core/reference/versions.ts';
import { DEBIAN_SUITES, unpackDebianNginx } from '../../src/node/nginx/acquire.ts';

/*
 * Asks real nginx of several generations, for every documented directive, in which contexts it stands, whether it opens a block, and how
 * many arguments it takes (src/core/ngx_conf_file.c, ngx_conf_handler: name, context, terminator, count, then the handler).
 * Writes measured.json beside this file.
 */

const CONTEXTS: Readonly<Record<string, (text: string) => string>> = {
	main: (text) => `${text}\nevents {}`,
	events: (text) => `events { ${text}\n}`,
	http: (text) => `events {} http { ${text}\n}`,
	server: (text) => `events {} http { server { ${text}\n} }`,
	location: (text) => `events {} http { server { location /x { ${text}\n} } }`,
	'if in server': (text) => `events {} http { server { if ($arg_x) { ${text}\n} } }`,
	'if in location': (text) => `events {} http { server { location /x { if ($arg_x) { ${text}\n} } } }`,
	limit_except: (text) => `events {} http { server { location /x { limit_except GET { ${text}\n} } } }`,
	upstream: (text) => `events {} http { upstream u { ${text}\n} }`,
	stream: (text) => `events {} stream { ${text}\n}`,
	'stream server': (text) => `events {} stream { server { ${text}\n} }`,
	'stream upstream': (text) => `events {} stream { upstream u { ${text}\n} }`,
	mail: (text) => `events {} mail { ${text}\n}`,
	'mail server': (text) => `events {} mail { server { ${text}\n} }`,
};
const MOST_ARGUMENTS = 8;

interface Measured {
	block: boolean;
	/** The counts of arguments that nginx takes; the last one stands for "and more" when it is MOST_ARGUMENTS. */
	counts: number[];
}

const names = [...new Set(getDirectives(Format.Markdown).map(({ name }) => name))].sort();
const cache = fileURLToPath(new URL('../../../.cache/nginx/', import.meta.url));
const result: Record<string, Record<string, Record<string, Measured>>> = {};
for (const suite of DEBIAN_SUITES) {
	const found = await unpackDebianNginx(suite, cache);
	if (found.kind === 'none') throw new Error(found.reason);
	const version = formatVersion(found.nginx.version);
	console.log(`nginx ${version}`);
	const byName: Record<string, Record<string, Measured>> = {};
	const pending = names.filter((name) => name !== 'load_module' && name !== 'include');
	await Promise.all(
		Array.from({ length: 4 }, async () => {
			for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
				const contexts = await measure(found.nginx.path, name);
				if (contexts !== undefined) byName[name] = contexts;
			}
		}),
	);
	result[version] = Object.fromEntries(Object.entries(byName).sort(([a], [b]) => (a < b ? -1 : 1)));
}
writeFileSync(fileURLToPath(new URL('measured.json', import.meta.url)), `${JSON.stringify(result)}\n`);

async function measure(nginx: string, name: string): Promise<Record<string, Measured> | undefined> {
	const contexts: Record<string, Measured> = {};
	for (const [context, within] of Object.entries(CONTEXTS)) {
		const first = await ask(nginx, within(`${name};`));
		if (new RegExp(`unknown directive "${name}"`).test(first)) {
			if (context === 'main') return undefined;
			continue;
		}
		if (new RegExp(`"${name}" directive is not allowed here`).test(first)) continue;
		if (/unknown directive "(stream|mail)"/.test(first)) continue;
		const block = /has no opening/.test(first);
		const counts: number[] = [];
		for (let count = 0; count <= MOST_ARGUMENTS; count++) {
			const args = Array.from({ length: count }, (_, index) => `x${index}`).join(' ');
			const answer = await ask(nginx, within(`${name} ${args}${block ? ' {}' : ';'}`));
			if (!new RegExp(`invalid number of arguments in "${name}" directive`).test(answer)) counts.push(count);
		}
		contexts[context] = { block, counts };
	}
	return contexts;
}

function ask(nginx: string, text: string): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), 'measure-'));
	mkdirSync(join(folder, 'logs'));
	writeFileSync(join(folder, 'nginx.conf'), text);
	return new Promise((resolve) => {
		execFile(
			nginx,
			['-t', '-p', `${folder}/`, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'logs/e')],
			{ timeout: 10_000 },
			(_, stdout, stderr) => {
				rmSync(folder, { recursive: true, force: true });
				resolve(`${stdout}${stderr}`);
			},
		);
	});
}
