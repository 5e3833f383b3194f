import { effective } from '../config/effective.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import type { Obstacle } from '../request/prediction.ts';
import { attemptsIn } from '../routes/attempts.ts';
import type { Route } from '../routes/route.ts';
import { isReached } from './reached.ts';

/** What becomes of one of the two handshake headers on its way to the backend. */
export interface HeaderState {
	readonly problem: 'none' | 'missing' | 'wrong';
	/** The proxy_set_header lines that decide it; empty when nginx's default does. */
	readonly at: readonly PlacedDirective[];
	readonly obstacle: Obstacle | undefined;
}

export interface Forwarding {
	readonly upgrade: HeaderState;
	readonly connection: HeaderState;
	/** The proxy_set_header lines in effect, in order; empty when there are none or they are not known. */
	readonly lines: readonly PlacedDirective[];
	/** Whether the lines stand on the location's own level. */
	readonly own: boolean;
	/** Lines of an outer level that forward the upgrade and are cancelled by the lines in effect, the location's own or those of a level between (IN1, IN2). */
	readonly lost: readonly PlacedDirective[];
}

const HEADER_OBSTACLES: ReadonlySet<Obstacle['code']> = new Set([
	'upgrade-missing',
	'upgrade-value',
	'connection-missing',
	'connection-value',
]);

/** The state of Upgrade and Connection on a proxied route, read off its handshake's prediction. Undefined when both are right, or when it does not use proxy_pass. */
export function forwardingOf(route: Route, version: NginxVersion): Forwarding | undefined {
	const obstacles = route.handshake.obstacles;
	if (!obstacles.some(({ code }) => HEADER_OBSTACLES.has(code))) return undefined;
	if (route.handshake.location !== route.location || !isReached(route)) return undefined;
	if (route.handshake.upstream !== null && route.handshake.upstream.module !== 'proxy') return undefined;
	if (
		obstacles.some(
			({ code }) => code === 'not-proxied' || code === 'module' || code === 'http-2' || code === 'request-header-changed',
		)
	)
		return undefined;
	const headers = effective(route.location, 'proxy_set_header', version);
	const lines = headers.level === 'own' || headers.level === 'inherited' ? headers.directives : [];
	return {
		upgrade: stateOf(obstacles, 'upgrade'),
		connection: stateOf(obstacles, 'connection'),
		lines,
		own: headers.level === 'own',
		lost: headers.level === 'own' || headers.level === 'inherited' ? lostLines(headers.scope, lines) : [],
	};
}

function stateOf(obstacles: readonly Obstacle[], header: 'upgrade' | 'connection'): HeaderState {
	const missing = obstacles.find(({ code }) => code === `${header}-missing`);
	const wrong = obstacles.find(({ code }) => code === `${header}-value`);
	const obstacle = missing ?? wrong;
	return {
		problem: missing !== undefined ? 'missing' : wrong !== undefined ? 'wrong' : 'none',
		at: obstacle?.at ?? [],
		obstacle,
	};
}

/** The nearest proxy_set_header lines outside of those in effect that forward the upgrade, when the lines in effect say nothing of it. */
function lostLines(level: Scope, inEffect: readonly PlacedDirective[]): readonly PlacedDirective[] {
	const said = new Set(inEffect.map(headerNameOf));
	for (let outer = level.parent; outer !== undefined; outer = outer.parent) {
		const lines = outer.byName.get('proxy_set_header') ?? [];
		if (!attemptsIn(outer).some((item) => item.text.startsWith('sets proxy_set_header'))) continue;
		return lines.some((line) => ['upgrade', 'connection'].includes(headerNameOf(line)) && !said.has(headerNameOf(line)))
			? lines
			: [];
	}
	return [];
}

/** The header name that a proxy_set_header line sets, lower-case (HD22). */
export function headerNameOf(line: PlacedDirective): string {
	return (line.node.args[0]?.value ?? '').toLowerCase();
}

/** A line as it stands in its file, with its semicolon. */
export function writtenLine(line: PlacedDirective): string {
	const { source } = line.file.tree;
	return `${[line.node.name, ...line.node.args].map((word) => source.slice(word.span)).join(' ')};`;
}
