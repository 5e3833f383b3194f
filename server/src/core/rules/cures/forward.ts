import { attemptsIn } from '../../routes/intent.ts';
import type { Route } from '../../routes/route.ts';
import { type Forwarding, headerNameOf } from '../forwarding.ts';
import type { Edit } from '../rule.ts';
import { headerEdits } from './headerLines.ts';
import { connectionValue } from './mapBlock.ts';

/**
 * The edits after which a location forwards Upgrade and Connection, every other header as before (IN1: own lines replace
 * inherited ones, so what would be lost is restated). Undefined when there is no place to write them.
 */
export function forwardEdits(route: Route, forwarding: Forwarding): readonly Edit[] | undefined {
	const connection = forwarding.connection.problem === 'none' ? undefined : connectionValue(route.location);
	const wanted = new Map<string, string>();
	if (forwarding.upgrade.problem !== 'none') wanted.set('upgrade', '$http_upgrade');
	if (connection !== undefined) wanted.set('connection', connection.text);
	if (wanted.size === 0) return undefined;
	const { lines, own } = forwarding;
	const lineEdits = headerEdits(route, { lines, own: own || isOuterAttempt(forwarding, wanted) }, wanted);
	return lineEdits && [...(connection?.edits ?? []), ...lineEdits];
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
