import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, context, type Plugin } from 'esbuild';

/* Bundles the five entries. `--watch` rebuilds on change and prints the lines that the editor's problem matcher waits for. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const watch = process.argv.includes('--watch');

const shared: BuildOptions = {
	absWorkingDir: root,
	bundle: true,
	minify: !watch,
	sourcemap: watch ? 'linked' : false,
	legalComments: 'none',
	logLevel: 'warning',
	metafile: true,
};

/** The server library brings its own copy of LSP's types; ours are taken from there, so that there is one. */
const fromServerLibrary = createRequire(createRequire(import.meta.url).resolve('vscode-languageserver'));
const oneCopy = {
	'vscode-languageserver-types':
		/^.*[\\/]vscode-languageserver-types(?=[\\/])/.exec(fromServerLibrary.resolve('vscode-languageserver-types'))?.[0] ?? '',
};

/** What only pages, documentation and tests read of a rule. The language server links to the pages. */
const UNREAD = ['why', 'remedy', 'ignore', 'rows', 'sources', 'examples'];

/** Leaves out of the rules what the server never reads. Counts on the formatter's layout, and fails where it finds another. */
const slimRules: Plugin = {
	name: 'slim-rules',
	setup(building) {
		building.onLoad({ filter: /[\\/]core[\\/]rules[\\/][a-z0-9-]+\.ts$/ }, ({ path }) => {
			let contents = readFileSync(path, 'utf8');
			if (!contents.includes('\nexport default defineRule({\n')) return undefined;
			for (const name of UNREAD) {
				const property = new RegExp(`\n\t${name}:\\s[^]*?(?=\n\t\\*?[a-z]\\w*[:(,])`);
				if (!property.test(contents)) throw new Error(`${path} has no property ${name} where one was looked for.`);
				contents = contents.replace(
					property,
					`\n\t${name}: ${name === 'rows' || name === 'sources' || name === 'examples' ? '[]' : "''"},`,
				);
			}
			return { contents, loader: 'ts' };
		});
	},
};
/** What is known of nginx, as data: one file each, which the Node bundles read when they need it and the browser fetches. */
const DATA = ['directives', 'texts'];

/** Leaves the data out of a Node bundle; it is found beside it. */
const dataBeside: Plugin = {
	name: 'data-beside',
	setup(building) {
		building.onResolve({ filter: /\.generated\.json$/ }, ({ path }) => ({
			path: `../reference/${basename(path).replace('.generated', '')}`,
			external: true,
		}));
	},
};

function copyData(): void {
	mkdirSync(`${root}/server/dist/reference`, { recursive: true });
	for (const name of DATA)
		copyFileSync(`${root}/server/src/core/reference/${name}.generated.json`, `${root}/server/dist/reference/${name}.json`);
}

const node: BuildOptions = { ...shared, platform: 'node', target: 'node20', format: 'cjs' };
const browser: BuildOptions = { ...shared, platform: 'browser', target: 'es2022' };

const entries: readonly (BuildOptions & { readonly entryPoints: readonly string[] })[] = [
	{ ...node, entryPoints: ['client/src/node/extension.ts'], outfile: 'client/dist/node/extension.js', external: ['vscode'] },
	{
		...browser,
		format: 'cjs',
		entryPoints: ['client/src/browser/extension.ts'],
		outfile: 'client/dist/browser/extension.js',
		external: ['vscode'],
	},
	{
		...node,
		entryPoints: ['server/src/node/main.ts'],
		outfile: 'server/dist/node/server.js',
		alias: oneCopy,
		plugins: [dataBeside, slimRules],
	},
	{
		...browser,
		format: 'iife',
		entryPoints: ['server/src/browser/main.ts'],
		outfile: 'server/dist/browser/server.js',
		alias: oneCopy,
		plugins: [slimRules],
	},
	{
		...node,
		entryPoints: ['server/src/node/cli/main.ts'],
		outfile: 'server/dist/node/cli.js',
		plugins: [dataBeside],
		banner: { js: '#!/usr/bin/env node' },
	},
];

const present = entries.filter(({ entryPoints }) => entryPoints.every((path) => existsSync(`${root}/${path}`)));
for (const { entryPoints } of entries)
	if (!entryPoints.every((path) => existsSync(`${root}/${path}`))) console.warn(`${entryPoints[0]} is not there; skipped.`);

copyData();
if (watch) {
	console.log('[watch] build started');
	const contexts = await Promise.all(present.map((options) => context(options)));
	await Promise.all(contexts.map((made) => made.watch()));
	console.log('[watch] build finished');
} else {
	const results = await Promise.all(present.map((options) => build(options)));
	for (const { metafile } of results)
		for (const [path, { bytes }] of Object.entries(metafile?.outputs ?? {}))
			console.log(`${path}  ${Math.round(bytes / 1024)} kB`);
}
