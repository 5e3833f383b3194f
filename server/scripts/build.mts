import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, context } from 'esbuild';

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
	{ ...node, entryPoints: ['server/src/node/main.ts'], outfile: 'server/dist/node/server.js' },
	{ ...browser, format: 'iife', entryPoints: ['server/src/browser/main.ts'], outfile: 'server/dist/browser/server.js' },
	{
		...node,
		entryPoints: ['server/src/node/cli/main.ts'],
		outfile: 'server/dist/node/cli.js',
		banner: { js: '#!/usr/bin/env node' },
	},
];

const present = entries.filter(({ entryPoints }) => entryPoints.every((path) => existsSync(`${root}/${path}`)));
for (const { entryPoints } of entries)
	if (!entryPoints.every((path) => existsSync(`${root}/${path}`))) console.warn(`${entryPoints[0]} is not there; skipped.`);

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
