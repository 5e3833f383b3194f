import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { createPredictor } from '../../../server/src/core/request/predict.ts';

/*
 * The model, broken on purpose in one step: a condition of core/request turned round. A comparison with nginx that does not notice says
 * nothing about that step.
 */

/** Where the model lies. */
export const FOLDER = fileURLToPath(new URL('../../../server/src/core/request/', import.meta.url));

/** One broken model. */
export interface Mutant {
	readonly file: string;
	/** One-based. */
	readonly line: number;
	/** The condition that is turned round. */
	readonly condition: string;
	readonly text: string;
}

/** Conditions whose other way round is the same model. */
const SAME_EITHER_WAY: ReadonlyMap<string, string> = new Map([
	['values.ts: !state.suppose(reason)', 'what cannot be known is followed both ways, and which is the first does not matter'],
]);

/** Every mutant of the files of core/request: each `if` with its condition turned round. */
export function mutants(): Mutant[] {
	return readdirSync(FOLDER)
		.filter((name) => name.endsWith('.ts'))
		.flatMap((name) => {
			const text = readFileSync(join(FOLDER, name), 'utf8');
			return [...text.matchAll(/\bif \(/g)].flatMap(({ index }): Mutant[] => {
				const from = index + 'if ('.length;
				const to = closing(text, from);
				if (to === undefined) return [];
				const condition = text.slice(from, to);
				if (SAME_EITHER_WAY.has(`${name}: ${condition}`)) return [];
				return [
					{
						file: relative(FOLDER, join(FOLDER, name)),
						line: text.slice(0, from).split('\n').length,
						condition,
						text: `${text.slice(0, from)}!(${condition})${text.slice(to)}`,
					},
				];
			});
		});
}

/** Where the parenthesis that opens before `from` closes. Good enough for our own formatted code: no unbalanced ones in texts. */
function closing(text: string, from: number): number | undefined {
	let depth = 1;
	for (let at = from; at < text.length; at++) {
		if (text[at] === '(') depth++;
		if (text[at] === ')' && --depth === 0) return at;
		if (text[at] === '\n' && /^\S/.test(text.slice(at + 1, at + 2))) return undefined;
	}
	return undefined;
}

/** Bundles the broken model and hands its `createPredictor` to `use`. */
export async function withMutant<T>(mutant: Mutant, use: (create: typeof createPredictor) => T): Promise<T> {
	const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
	try {
		const { outputFiles } = await build({
			entryPoints: [join(FOLDER, 'predict.ts')],
			bundle: true,
			write: false,
			format: 'esm',
			platform: 'node',
			logLevel: 'silent',
			plugins: [
				{
					name: 'mutant',
					setup(building) {
						building.onLoad({ filter: /\.ts$/ }, ({ path }) =>
							path === join(FOLDER, mutant.file) ? { contents: mutant.text, loader: 'ts' } : undefined,
						);
					},
				},
			],
		});
		const path = join(folder, 'predict.mjs');
		writeFileSync(path, outputFiles[0]?.text ?? '');
		const made = (await import(pathToFileURL(path).href)) as { createPredictor: typeof createPredictor };
		return use(made.createPredictor);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
