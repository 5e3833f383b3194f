import type { ConfigFile } from '../config/model.ts';
import type { Edit } from '../rules/rule.ts';
import type { Span } from '../text/span.ts';

/** `# nginx-websocket-ignore RULE reason`, on the line of the finding or the line above it. */
export interface Suppression {
	/** As written; empty when the comment names no rule. */
	readonly ruleId: string;
	readonly reason: string;
	/** The comment. */
	readonly span: Span;
	/** Zero-based lines whose findings it silences. */
	readonly lines: readonly number[];
}

/** The ignore comments of a file, in order. */
export function suppressionsOf(file: ConfigFile): readonly Suppression[] {
	const { source, comments } = file.tree;
	const found: Suppression[] = [];
	for (const { span } of comments) {
		const match = /^#+\s*nginx-websocket-ignore(?::?\s+(\S+)(?:\s+(\S.*?))?)?:?\s*$/.exec(source.slice(span));
		if (match === null) continue;
		const line = source.lineAt(span.start);
		const alone = source.text.slice(source.lineStarts[line] ?? 0, span.start).trim() === '';
		found.push({
			ruleId: match[1] ?? '',
			reason: match[2] ?? '',
			span,
			lines: alone ? [line, nextContentLine(file, line)] : [line],
		});
	}
	return found;
}

/** Takes the comment out: with its line where nothing else stands there. */
export function removalOf({ span }: Suppression, { path, tree: { source } }: ConfigFile): Edit {
	const line = source.lineAt(span.start);
	const start = source.lineStarts[line] ?? 0;
	const before = source.text.slice(start, span.start);
	const isAlone = before.trim() === '';
	const end = isAlone ? (source.lineStarts[line + 1] ?? source.text.length) : span.end;
	return { path, span: { start: isAlone ? start : start + before.trimEnd().length, end }, text: '' };
}

/** The first line below `line` that is not blank and not a comment of its own. */
function nextContentLine(file: ConfigFile, line: number): number {
	const { source } = file.tree;
	let next = line + 1;
	while (next < source.lineStarts.length) {
		const start = source.lineStarts[next] ?? 0;
		const end = source.lineStarts[next + 1] ?? source.text.length;
		const text = source.text.slice(start, end).trim();
		if (text !== '' && !text.startsWith('#')) return next;
		next++;
	}
	return next;
}
