import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
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
	{ ...node, entryPoints: ['server/src/node/main.ts'], outfile: 'server/dist/node/server.js', plugins: [dataBeside] },
	{ ...browser, format: 'iife', entryPoints: ['server/src/browser/main.ts'], outfile: 'server/dist/browser/server.js' },
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
