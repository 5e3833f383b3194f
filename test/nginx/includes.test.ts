import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { diskFiles } from '../../server/src/node/files.ts';
import { freePort, generations, globals, nameOf, PRIVATE_HTTP, privateFolder, startNginx, testIn } from '../support/nginx.ts';
import { sendRaw } from '../support/rawClient.ts';

const SEED = 20_260_104;
const binaries = await generations();

/** Names that patterns and byte order tell apart. */
const NAMES = ['a', 'B', 'b', 'ab', '10', '9', '.hidden', 'a-b', 'a.b', '_', '[x]', 'é', '{a,b}', '!a', 'a b'];
const PATTERNS = [
	'c/*',
	'c/*.conf',
	'c/?.conf',
	'c/[ab].conf',
	'c/[!a]*.conf',
	'c/[^a]*.conf',
	'c/[a-z]*.conf',
	'c/.*.conf',
	'c/a*b.conf',
	'*/a.conf',
	'c/{a,b}.conf',
	'c/*{a,b}*',
	'c/*!(a).conf',
	'c/[[]x].conf',
	'c/\\*.conf',
	'c/[.conf',
	'c/[.]*.conf',
	'c/[!-.]*.conf',
	'c/[[:alpha:]_]*.conf',
	'c/[]a]*.conf',
	'c/[\\]a]*.conf',
	'c/\\.*.conf',
	'c/*[é]*.conf',
	'c/a*[.]b*',
	'c/*+(a).conf',
	'c/@(a|b)*.conf',
	'c/*(a).conf',
	'c/**/*.conf',
	'./c/../c/*.conf',
	'none/*.conf',
];

describe.each(binaries.map((nginx) => ({ name: nameOf(nginx), nginx })))('nginx $name', ({ nginx }) => {
	test('a pattern takes the same files in the same order (IC1, IC2)', async () => {
		const port = await freePort();
		const files: Record<string, string> = {};
		for (const name of NAMES) files[`c/${name}.conf`] = `add_header Order "${name.replace(/é/g, 'e')}" always;`;
		files['d/a.conf'] = 'add_header Order d always;';
		const locations = PATTERNS.map((pattern, index) => `location = /${index} { include "${pattern}"; return 204; }`).join('\n');
		const main = (folder: string): string =>
			`${globals(folder)} events {} http { ${PRIVATE_HTTP} access_log off; server { listen 127.0.0.1:${port};\n${locations} } }`;
		const running = await startNginx(nginx, (folder) => ({ ...files, 'nginx.conf': main(folder) }), port);
		try {
			const configuration = buildConfiguration(join(running.folder, 'nginx.conf'), diskFiles());
			const server = configuration.root.byName.get('http')?.[0]?.body?.byName.get('server')?.[0]?.body;
			for (const [index, pattern] of PATTERNS.entries()) {
				const response = await sendRaw(port, {
					uri: `/${index}`,
					headers: [
						['Host', 'a'],
						['Connection', 'close'],
					],
				});
				const theirs = response.headers.filter(([name]) => name === 'Order').map(([, value]) => value);
				const ours = (server?.byName.get('location')?.[index]?.body?.byName.get('add_header') ?? []).map(
					({ node }) => node.args[1]?.value,
				);
				expect({ pattern, order: ours }).toEqual({ pattern, order: theirs });
			}
		} finally {
			await running.stop();
		}
	});

	test.each([
		{ what: 'a file that is missing', files: { 'nginx.conf': 'events {} include gone.conf;' }, problem: 'include-missing' },
		{ what: 'a variable in the path', files: { 'nginx.conf': 'events {} include $a.conf;' }, problem: 'include-missing' },
		{ what: 'a folder', files: { 'nginx.conf': 'events {} include c;', 'c/x': '' }, problem: 'include-folder' },
		{
			what: 'a pattern without a match',
			files: { 'nginx.conf': 'events {} include c/*; include [x; include ?;' },
			problem: undefined,
		},
		{
			what: 'a path from the main file',
			files: { 'nginx.conf': 'events {} include c/a;', 'c/a': 'include c/b;', 'c/b': '' },
			problem: undefined,
		},
		{
			what: 'a path from the including file',
			files: { 'nginx.conf': 'events {} include c/a;', 'c/a': 'include b;', 'c/b': '' },
			problem: 'include-missing',
		},
		{ what: 'itself', files: { 'nginx.conf': 'events {} include nginx.conf;' }, problem: 'include-cycle' },
	])('$what is refused by nginx where we name a problem, and taken where we do not', async ({ files, problem }) => {
		const folder = privateFolder(files);
		try {
			const { ok } = await testIn(nginx, folder.path);
			const { problems } = buildConfiguration(join(folder.path, 'nginx.conf'), diskFiles());
			expect(problems.map(({ code }) => code)).toEqual(problem === undefined ? [] : [problem]);
			expect(ok).toBe(problem === undefined);
		} finally {
			folder.remove();
		}
	});

	test('random trees of includes are read in nginx’s order (IC3, IC5)', async () => {
		const names = ['a', 'b', 'c', 'd/e', 'd/f'];
		const line = fc.oneof(
			fc.integer({ min: 0, max: 99 }).map((mark) => `add_header Order ${mark} always;`),
			fc.constantFrom(...names.map((name) => `include ${name};`), 'include d/*;', 'include [ab];'),
		);
		// Only files further down the list may be included, so there is no circle.
		const trees = fc.sample(fc.tuple(...names.map(() => fc.array(line, { maxLength: 4 }))), { numRuns: 20, seed: SEED });
		for (const tree of trees) {
			const port = await freePort();
			const files = Object.fromEntries(
				names.map((name, index) => [name, (tree[index] ?? []).filter((text) => isBelow(text, names, index)).join('\n')]),
			);
			const running = await startNginx(
				nginx,
				(folder) => ({
					...files,
					'nginx.conf': `${globals(folder)} events {} http { ${PRIVATE_HTTP} access_log off; server { listen 127.0.0.1:${port}; location / { include a; include [bc]; return 204; } } }`,
				}),
				port,
			);
			try {
				const response = await sendRaw(port, {
					uri: '/',
					headers: [
						['Host', 'a'],
						['Connection', 'close'],
					],
				});
				const configuration = buildConfiguration(join(running.folder, 'nginx.conf'), diskFiles());
				const location = configuration.root.byName
					.get('http')?.[0]
					?.body?.byName.get('server')?.[0]
					?.body?.byName.get('location');
				expect((location?.[0]?.body?.byName.get('add_header') ?? []).map(({ node }) => node.args[1]?.value)).toEqual(
					response.headers.filter(([name]) => name === 'Order').map(([, value]) => value),
				);
			} finally {
				await running.stop();
			}
		}
	});
});

function isBelow(text: string, names: readonly string[], index: number): boolean {
	const target = /^include (.*);$/.exec(text)?.[1];
	if (target === undefined) return true;
	if (target === 'd/*') return index < 3;
	return target !== '[ab]' && names.indexOf(target) > index;
}

test('on disk a link out of the folders that may be read is not followed', () => {
	const folder = privateFolder({
		'secret/key': 'password 1;',
		'work/nginx.conf': 'include linked/*; include direct; include inside;',
	});
	try {
		const path = (name: string): string => join(folder.path, name);
		symlinkSync(path('secret'), path('work/linked'));
		symlinkSync(path('secret/key'), path('work/direct'));
		mkdirSync(dirname(path('work/available/a')), { recursive: true });
		writeFileSync(path('work/available/a'), 'gzip on;');
		symlinkSync(path('work/available/a'), path('work/inside'));
		const main = path('work/nginx.conf');
		const bounded = buildConfiguration(main, diskFiles({ within: [path('work')] }));
		expect([...bounded.files.keys()]).toEqual([main, path('work/inside')]);
		expect(bounded.root.byName.has('gzip')).toBe(true);
		expect(buildConfiguration(main, diskFiles()).files.size).toBe(4);
	} finally {
		folder.remove();
	}
});
