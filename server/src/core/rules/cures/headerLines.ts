import type { PlacedDirective, Scope } from '../../config/model.ts';
import { HANDLERS } from '../../routes/handlers.ts';
import type { Route } from '../../routes/route.ts';
import { headerNameOf, meantHeader, writtenLine } from '../forwarding.ts';
import type { Edit, RuleContext } from '../rule.ts';
import { insertInto, ownDirectives, removeDirective, replaceArgument } from './editing.ts';

/** The proxy_set_header lines in force on a location. */
export interface HeaderLines {
	readonly lines: readonly PlacedDirective[];
	/** They may be changed where they stand: the location's own, or an outer level's that were written for it. */
	readonly own: boolean;
}

/** Directives that new lines go behind, the nearest kin first. */
export const ANCHORS: readonly string[] = ['proxy_set_header', 'proxy_http_version', ...HANDLERS];

/**
 * The edits after which a location sends each of `wanted` (lower-case name → value as written) exactly once and every other header as
 * before: own lines replace inherited ones (IN1), so what would be lost is restated, and of several lines for one name all are sent
 * (HD21), so one is left. Undefined when there is no place to write them.
 */
export function headerEdits(
	route: Route,
	{ lines, own }: HeaderLines,
	wanted: ReadonlyMap<string, string>,
	context: RuleContext,
): readonly Edit[] | undefined {
	// nginx refuses a line with more or fewer words: that is cured first, by another rule.
	if (lines.some(({ node }) => node.args.length !== 2)) return undefined;
	if (own) return changedLines(route.location, lines, wanted, context);
	const pending = new Map(wanted);
	const restated = lines.flatMap((line) => {
		const name = meantHeader(line);
		const value = pending.get(name);
		if (value === undefined) return wanted.has(name) ? [] : [writtenLine(line)];
		pending.delete(name);
		return [`proxy_set_header ${headerNameOf(line) === name ? (line.node.args[0]?.value ?? '') : asSpelt(name)} ${value};`];
	});
	for (const [name, value] of pending) restated.push(`proxy_set_header ${asSpelt(name)} ${value};`);
	const insertion = insertInto(route.location, restated, ANCHORS);
	return insertion && [insertion];
}

/**
 * The edits that change lines where they stand, or add them to `level`. A line for no header at all (`Connection ""`) in a file that other
 * places include stays as it is: it sends nothing beside another one (HD21).
 */
export function changedLines(
	level: Scope,
	lines: readonly PlacedDirective[],
	wanted: ReadonlyMap<string, string>,
	context: RuleContext,
): readonly Edit[] | undefined {
	const edits: Edit[] = [];
	const missing: string[] = [];
	for (const [name, value] of wanted) {
		const same = lines.filter((line) => meantHeader(line) === name && !isSharedNothing(line, context));
		const kept = same.at(-1);
		if (kept === undefined) missing.push(`proxy_set_header ${asSpelt(name)} ${value};`);
		else
			edits.push(
				...[
					headerNameOf(kept) === name ? undefined : replaceArgument(kept, 0, asSpelt(name)),
					kept.node.args[1]?.value === unquoted(value) ? undefined : replaceArgument(kept, 1, value),
				].filter((edit) => edit !== undefined),
			);
		for (const line of same) if (line !== kept) edits.push(removeDirective(line));
	}
	if (missing.length === 0) return edits;
	const standing = new Set<PlacedDirective>(ownDirectives(level));
	const beside = lines.some((line) => standing.has(line));
	const insertion = insertInto(level, missing, beside ? ANCHORS : ['include', ...ANCHORS]);
	return insertion && [...edits, insertion];
}

/** True for a line that sends nothing and that an include brings to several places: others want it so. */
export function isSharedNothing(line: PlacedDirective, context: RuleContext): boolean {
	return line.node.args[1]?.value === '' && context.isRepeated(line);
}

function unquoted(value: string): string {
	return value.replace(/^"(.*)"$/, '$1');
}

/** A header name as it is usually written. */
function asSpelt(name: string): string {
	return name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()).replace('Websocket', 'WebSocket');
}
