import type { Random } from '../differential/random.ts';

/** A directive, a block, or a file that is included in this place. */
export type Line =
	| string
	| { readonly open: string; readonly body: readonly Line[] }
	| { readonly file: string; readonly body: readonly Line[] };

/** Stands at the end of a directive whose semicolon is forgotten. */
export const NO_END = '\u0000';

/** How somebody writes: indentation, line ends, comments, blocks on one line. */
export interface Style {
	readonly unit: string;
	readonly eol: string;
	/** In a hundred. */
	readonly comments: number;
	readonly oneLine: number;
	readonly finalLineEnd: boolean;
}

export function someStyle(random: Random): Style {
	return {
		unit: random.pick(['\t', '  ', '    ']),
		eol: random.chance(20) ? '\r\n' : '\n',
		comments: random.pick([0, 0, 25]),
		oneLine: random.pick([0, 0, 15]),
		finalLineEnd: random.chance(85),
	};
}

/** Writes a configuration as files by path; the main one is `nginx.conf`. */
export function written(lines: readonly Line[], style: Style, random: Random): Record<string, string> {
	const files: Record<string, string> = {};
	const write = (path: string, body: readonly Line[]): void => {
		const text = body.map((line) => one(line, 0)).join('');
		files[path] = style.finalLineEnd ? text : text.slice(0, text.length - style.eol.length);
	};
	const comment = (): string =>
		random.chance(style.comments) ? ` # ${random.pick(['as told', 'TODO', 'why { not; }', 'é "x'])}` : '';
	const one = (line: Line, depth: number): string => {
		const indentation = style.unit.repeat(depth);
		if (typeof line === 'string') return `${indentation}${ended(line)}${comment()}${style.eol}`;
		if ('file' in line) {
			write(line.file, line.body);
			return `${indentation}include ${line.file};${style.eol}`;
		}
		if (!holdsFile(line) && random.chance(style.oneLine)) return `${indentation}${flat(line)}${style.eol}`;
		const body = line.body.map((inner) => one(inner, depth + 1)).join('');
		return `${indentation}${line.open} {${comment()}${style.eol}${body}${indentation}}${style.eol}`;
	};
	write('nginx.conf', lines);
	return files;
}

function holdsFile(line: Line): boolean {
	return typeof line !== 'string' && ('file' in line || line.body.some(holdsFile));
}

function ended(line: string): string {
	if (line.endsWith(NO_END)) return line.slice(0, -1);
	return line.endsWith('}') ? line : `${line};`;
}

function flat(line: Line): string {
	if (typeof line === 'string') return ended(line);
	if ('file' in line) return `include ${line.file};`;
	return `${line.open} { ${line.body.map(flat).join(' ')} }`;
}
