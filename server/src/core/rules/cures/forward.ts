import type { HeaderLine } from '../../request/prediction.ts';
import { attemptsIn } from '../../routes/attempts.ts';
import type { Route } from '../../routes/route.ts';
import { type Forwarding, headerNameOf } from '../forwarding.ts';
import type { Cure, Edit, RuleContext } from '../rule.ts';
import { upgradeValue } from './allowList.ts';
import { changedLines, headerEdits, isSharedNothing } from './headerLines.ts';
import { connectionValue } from './mapBlock.ts';

/**
 * The edits after which a location forwards Upgrade and Connection, every other header as before (IN1: own lines replace
 * inherited ones, so what would be lost is restated). Undefined when there is no place to write them.
 */
export function forwardEdits(route: Route, forwarding: Forwarding, context: RuleContext): readonly Edit[] | undefined {
	const { wanted, edits } = wantedHeaders(route, forwarding, context);
	if (wanted.size === 0) return undefined;
	const { lines, own } = forwarding;
	const lineEdits = headerEdits(route, { lines, own: own || isOuterAttempt(forwarding, wanted) }, wanted, context);
	return lineEdits && [...edits, ...lineEdits];
}

/**
 * The cures that make a location forward both headers. Where its text serves several servers, the lines of the one cannot be restated in it
 * without changing what the others send: there the level that its lines come from is the second choice.
 */
export function forwardCures(route: Route, forwarding: Forwarding, context: RuleContext, title: string): readonly Cure[] {
	const here = forwardEdits(route, forwarding, context);
	const outer = context.isRepeated(route.at) ? outerEdits(route, forwarding, context) : undefined;
	return [
		...(here === undefined ? [] : [{ title, preferred: true, edits: here }]),
		...(outer === undefined ? [] : [{ title: `${title} for the whole server`, preferred: true, edits: outer }]),
	];
}

function outerEdits(route: Route, forwarding: Forwarding, context: RuleContext): readonly Edit[] | undefined {
	const level = forwarding.lines[0]?.scope ?? route.server;
	if (forwarding.own || level.context !== 'server') return undefined;
	const { wanted, edits } = wantedHeaders(route, forwarding, context);
	const lineEdits = wanted.size === 0 ? undefined : changedLines(level, forwarding.lines, wanted, context);
	return lineEdits && [...edits, ...lineEdits];
}

/** The headers that do not arrive as they should, with the value that each shall have, and the edits that this value needs elsewhere. */
function wantedHeaders(route: Route, { connection, upgrade }: Forwarding, context: RuleContext) {
	const variables = context.variables();
	const value = connection.problem === 'none' ? undefined : connectionValue(route.location, variables);
	const wanted = new Map<string, string>();
	// A new map defines the name wherever it stands: an Upgrade that reads it too was swapped with Connection.
	const isSwapped = value !== undefined && value.edits.length > 0 && upgrade.line?.at.node.args[1]?.value === value.text;
	if (upgrade.problem !== 'none' || isSwapped) wanted.set('upgrade', upgradeValue(route.location, variables));
	if (value !== undefined) wanted.set('connection', value.text);
	return { wanted, edits: value?.edits ?? [] };
}

/** Whether the cures leave a line where it stands, for the other locations that have it too, and write another one in the location. */
export function isLeftAlone({ at, name }: HeaderLine, forwarding: Forwarding, context: RuleContext): boolean {
	return forwarding.own ? isSharedNothing(at, context) : !isOuterAttempt(forwarding, new Map([[name, '']]));
}

/** Wrong lines of an outer level that were written for WebSockets are mended where they stand; `Connection ""` for keep-alive is left alone. */
function isOuterAttempt(forwarding: Forwarding, wanted: ReadonlyMap<string, string>): boolean {
	const level = forwarding.lines[0]?.scope;
	if (level === undefined) return false;
	const attempts = new Set(attemptsIn(level).map((item) => item.at.span.start));
	return [...wanted.keys()].every((name) => {
		const lines = forwarding.lines.filter((line) => headerNameOf(line) === name);
		return lines.length > 0 && lines.every((line) => attempts.has(line.node.name.span.start));
	});
}
