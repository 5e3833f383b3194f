import type { PlacedDirective } from '../../config/model.ts';
import { HANDLERS } from '../../routes/handlers.ts';
import { attemptsIn } from '../../routes/intent.ts';
import type { Route } from '../../routes/route.ts';
import { type Forwarding, headerNameOf, writtenLine } from '../forwarding.ts';
import type { Edit } from '../rule.ts';
import { insertInto, ownDirectives, replaceArgument } from './editing.ts';
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
	const edits: Edit[] = [...(connection?.edits ?? [])];

	const rewritable = forwarding.own || isOuterAttempt(forwarding, wanted);
	if (rewritable) {
		const missing: string[] = [];
		for (const [name, value] of wanted) {
			const lines = forwarding.lines.filter((line) => headerNameOf(line) === name);
			const replaced = lines.map((line) => replaceArgument(line, 1, value)).filter((edit) => edit !== undefined);
			if (replaced.length === 0) missing.push(`proxy_set_header ${titleCase(name)} ${value};`);
			else edits.push(...replaced);
		}
		if (missing.length > 0) {
			const insertion = insertBesideLines(route, forwarding, missing);
			if (insertion === undefined) return undefined;
			edits.push(insertion);
		}
		return edits;
	}

	const restated = forwarding.lines.map((line) => {
		const value = wanted.get(headerNameOf(line));
		if (value === undefined) return writtenLine(line);
		wanted.delete(headerNameOf(line));
		return `proxy_set_header ${line.node.args[0]?.value ?? ''} ${value};`;
	});
	for (const [name, value] of wanted) restated.push(`proxy_set_header ${titleCase(name)} ${value};`);
	const insertion = insertInto(route.location, restated, ANCHORS);
	if (insertion === undefined) return undefined;
	edits.push(insertion);
	return edits;
}

/** Directives that new lines go behind, the nearest kin first. */
export const ANCHORS: readonly string[] = ['proxy_set_header', 'proxy_http_version', ...HANDLERS];

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

function insertBesideLines(route: Route, forwarding: Forwarding, directives: readonly string[]): Edit | undefined {
	const own = new Set<PlacedDirective>(ownDirectives(route.location));
	const beside = forwarding.lines.filter((line) => own.has(line)).at(-1);
	return insertInto(route.location, directives, beside === undefined ? ['include', ...ANCHORS] : ANCHORS);
}

function titleCase(name: string): string {
	return name.charAt(0).toUpperCase() + name.slice(1);
}
