import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, context, type Plugin } from 'esbuild';

/*
 * Bundles the five entries, and what the two servers share. `--watch` rebuilds on change and prints the lines that the editor's problem
 * matcher waits for. `--into FOLDER` writes there instead of into the checkout: for tests of what is shipped.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const watch = process.argv.includes('--watch');
const into = process.argv.includes('--into') ? (process.argv[process.argv.indexOf('--into') + 1] ?? root) : root;
const written = (path: string): string => join(into, path);

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

/** What is known of nginx, as data: one file each, which the command line and the desktop's server read when they need it. */
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

/** Data as a string in the bundle: quicker to read than the same as code. */
const dataInside: Plugin = {
	name: 'data-inside',
	setup(building) {
		building.onLoad({ filter: /\.generated\.json$/ }, ({ path }) => ({
			contents: `export default JSON.parse(${JSON.stringify(JSON.stringify(JSON.parse(readFileSync(path, 'utf8'))))});`,
			loader: 'js',
		}));
	},
};

function copyData(): void {
	mkdirSync(written('server/dist/reference'), { recursive: true });
	for (const name of DATA)
		copyFileSync(`${root}/server/src/core/reference/${name}.generated.json`, written(`server/dist/reference/${name}.json`));
}

/** Packages without state that both servers use. */
const PURE = /^(?:vscode-languageserver-types|vscode-languageserver-textdocument|vscode-uri)$/;
const CORE = join(root, 'server', 'src', 'core');

/** Takes the core out of a server bundle, and notes what the server reads of it. `from` is how the shared file's content is had there. */
function coreBeside(from: string, read: Set<string>): Plugin {
	return {
		name: 'core-beside',
		setup(building) {
			building.onResolve({ filter: /\/core\/.*\.ts$/ }, ({ path, resolveDir }) => {
				const file = join(resolveDir, path);
				if (!file.startsWith(CORE)) return undefined;
				const name = relative(CORE, file).replaceAll('\\', '/');
				read.add(name);
				return { path: name, namespace: 'core' };
			});
			building.onResolve({ filter: PURE }, ({ path }) => {
				read.add(path);
				return { path, namespace: 'core' };
			});
			building.onResolve({ filter: /core\.js$/, namespace: 'core' }, ({ path }) => ({ path, external: true }));
			building.onLoad({ filter: /.*/, namespace: 'core' }, ({ path }) => ({
				contents: `module.exports = ${from}[${JSON.stringify(path)}];`,
				loader: 'js',
			}));
		},
	};
}

/** The core, once for both servers: a script that defines a global for the Worker and is a module for Node. */
function coreBundle(read: ReadonlySet<string>): BuildOptions {
	const lines = [...read].sort().map((name) => {
		const from = PURE.test(name) ? name : `./${name}`;
		return `export * as ${JSON.stringify(name)} from ${JSON.stringify(from)};`;
	});
	return {
		...shared,
		platform: 'neutral',
		target: 'es2022',
		format: 'iife',
		globalName: SHARED,
		mainFields: ['module', 'main'],
		stdin: { contents: lines.join('\n'), resolveDir: CORE, sourcefile: 'core.ts', loader: 'ts' },
		outfile: written('server/dist/core.js'),
		alias: oneCopy,
		plugins: [slimRules, dataInside],
		footer: { js: `if(typeof module==="object")module.exports=${SHARED};` },
	};
}

const SHARED = 'nginxWebSocketCore';
/** What the servers read of the core. While watching each server has all of it, so that a new import needs no new start. */
const readOfCore = new Set<string>();
const apart = (from: string): Plugin[] => (watch ? [slimRules] : [coreBeside(from, readOfCore)]);

const node: BuildOptions = {
	...shared,
	platform: 'node',
	target: 'node20',
	format: 'cjs',
	// Node reads data with require(); its import() wants an attribute, which the versions of Node spell in two ways.
	supported: { 'dynamic-import': false },
};
/** Where the Worker's script is: in VS Code's hosts the Worker is started from a blob, and the client says it in the Worker's name. */
const HOME = 'self.name.split(" ").find((word)=>word.endsWith("/server.js"))??self.location.href';
const browser: BuildOptions = { ...shared, platform: 'browser', target: 'es2022' };

const entries: readonly (BuildOptions & { readonly entryPoints: readonly string[] })[] = [
	{
		...node,
		entryPoints: ['client/src/node/extension.ts'],
		outfile: written('client/dist/node/extension.js'),
		external: ['vscode'],
	},
	{
		...browser,
		format: 'cjs',
		entryPoints: ['client/src/browser/extension.ts'],
		outfile: written('client/dist/browser/extension.js'),
		external: ['vscode'],
	},
	{
		...node,
		entryPoints: ['server/src/node/main.ts'],
		outfile: written('server/dist/node/server.js'),
		alias: oneCopy,
		plugins: [...apart("require('../core.js')"), dataBeside],
	},
	{
		...browser,
		format: 'iife',
		entryPoints: ['server/src/browser/main.ts'],
		outfile: written('server/dist/browser/server.js'),
		alias: oneCopy,
		plugins: apart(SHARED),
		...(watch ? {} : { banner: { js: `importScripts(new URL("../core.js",${HOME}));` } }),
	},
	{
		...node,
		entryPoints: ['server/src/node/cli/main.ts'],
		outfile: written('server/dist/node/cli.js'),
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
	results.push(await build(coreBundle(readOfCore)));
	for (const { metafile } of results)
		for (const [path, { bytes }] of Object.entries(metafile?.outputs ?? {}))
			console.log(`${path}  ${Math.round(bytes / 1024)} kB`);
}
