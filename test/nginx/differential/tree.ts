import { Random } from './random.ts';

/** A configuration as a tree of directives: what is generated, printed and shrunk. */
export interface Item {
	readonly name: string;
	/** Decoded arguments, or words that are written as they stand. */
	readonly args: readonly (string | Word)[];
	/** Directives of its block; for `include`, what stands in the included files. */
	readonly children?: readonly Item[];
	/** How many files an include is spread over (by a pattern). */
	readonly files?: number;
	/** The first nginx that knows it; older ones get a configuration without it. */
	readonly since?: string;
	/** Chooses quotes, spaces and comments when it is written. */
	readonly style: number;
}

/** A word that is written as it stands. */
export interface Word {
	readonly raw: string;
}

export type Files = Readonly<Record<string, string>>;

/** Writes the tree: `nginx.conf` and the files it includes. `plain`: without quoting variety and comments. */
export function print(items: readonly Item[], plain = false): Files {
	const files: Record<string, string> = {};
	let included = 0;
	const write = (list: readonly Item[], depth: number): string => list.map((item) => writeItem(item, depth)).join('');
	const writeItem = (item: Item, depth: number): string => {
		const style = new Random(plain ? 0 : item.style);
		const indent = '\t'.repeat(depth);
		if (item.name === 'include' && item.children !== undefined) {
			const number = included++;
			const count = Math.max(1, item.files ?? 1);
			const size = Math.ceil(item.children.length / count);
			for (let index = 0; index < count; index++)
				files[`parts/${number}-${index}.conf`] = write(item.children.slice(index * size, (index + 1) * size), 0);
			return `${indent}include ${count === 1 ? `parts/${number}-0.conf` : `parts/${number}-*.conf`};\n`;
		}
		const words = item.args.map((arg) => (typeof arg === 'string' ? writeWord(arg, style, plain) : arg.raw));
		const gap = (): string =>
			plain
				? ' '
				: style.weighted([
						[60, ' '],
						[4, '  '],
						[3, '\t'],
						[2, `\n${indent}\t`],
						[1, ` # ; } a comment\n${indent}\t`],
					] as const);
		const head =
			indent +
			[writeWord(item.name, style, plain || depth === 0 || style.chance(97)), ...words].reduce(
				(text, word) => text + gap() + word,
			);
		const comment =
			!plain && style.chance(6) ? ` # ${style.pick(['note', 'was: proxy_pass http://x;', '"quote', '{', 'websocket off'])}` : '';
		if (item.children === undefined) return `${head}${!plain && style.chance(4) ? ' ' : ''};${comment}\n`;
		const open = !plain && style.chance(5) && /["'\w/]$/.test(head) ? '{' : ' {';
		return `${head}${open}${comment}\n${write(item.children, depth + 1)}${indent}}${!plain && style.chance(5) ? '\n' : ''}\n`;
	};
	files['nginx.conf'] = write(items, 0);
	return files;
}

/** Writes a word so that nginx reads exactly this value (semantics TK1–TK8). */
function writeWord(value: string, style: Random, plain: boolean): string {
	const bare = isBare(value);
	const manner = bare
		? plain
			? 'bare'
			: style.weighted([
					[85, 'bare'],
					[9, 'double'],
					[6, 'single'],
				] as const)
		: style.chance(60) || plain
			? 'double'
			: 'single';
	if (manner === 'bare') return escapeBackslashes(value);
	const quote = manner === 'double' ? '"' : "'";
	return quote + escapeBackslashes(value).replaceAll(quote, `\\${quote}`) + quote;
}

function isBare(value: string): boolean {
	if (value === '' || /[\s;]/.test(value) || /^["'#{}]/.test(value)) return false;
	// An open brace ends a word, save right behind a dollar sign (TK7). A word that ends in a backslash would swallow the next character.
	if (/(?<!\$)\{/.test(value) || value.endsWith('\\')) return false;
	return true;
}

/** A backslash stays one, but before a quote, `t`, `r`, `n` or another backslash it has to be written twice (TK5). */
function escapeBackslashes(value: string): string {
	return value.replace(/\\(?=["'trn\\]|$)/g, '\\\\');
}

/** Every tree that lacks a run of neighbouring directives of this one, or has an include opened up, or an argument less; the biggest cuts first. */
export function smaller(items: readonly Item[]): (readonly Item[])[] {
	const found: { readonly size: number; readonly tree: readonly Item[] }[] = [];
	const visit = (list: readonly Item[], rebuild: (changed: readonly Item[]) => readonly Item[]): void => {
		for (let length = Math.floor(list.length / 2); length > 1; length = Math.floor(length / 2))
			for (let from = 0; from + length <= list.length; from += length)
				found.push({
					size: list.slice(from, from + length).reduce((sum, item) => sum + sizeOf(item), 0),
					tree: rebuild(list.toSpliced(from, length)),
				});
		for (const [index, item] of list.entries()) {
			found.push({ size: sizeOf(item), tree: rebuild(list.toSpliced(index, 1)) });
			if (item.children === undefined) {
				if (item.args.length > 2)
					for (let arg = 0; arg < item.args.length; arg++)
						found.push({ size: 0.4, tree: rebuild(list.with(index, { ...item, args: item.args.toSpliced(arg, 1) })) });
				continue;
			}
			if (item.name === 'include') found.push({ size: 0.5, tree: rebuild(list.toSpliced(index, 1, ...item.children)) });
			visit(item.children, (children) => rebuild(list.with(index, { ...item, children })));
		}
	};
	visit(items, (changed) => changed);
	return found
		.filter(({ tree }) => tree.length > 0)
		.sort((a, b) => b.size - a.size)
		.map(({ tree }) => tree);
}

function sizeOf(item: Item): number {
	return 1 + (item.children ?? []).reduce((sum, child) => sum + sizeOf(child), 0);
}
