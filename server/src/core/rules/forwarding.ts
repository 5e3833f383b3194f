import { distance } from 'fastest-levenshtein';
import { effective } from '../config/effective.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { hasToken } from '../request/clientHeaders.ts';
import type { HeaderLine, Obstacle, Prediction } from '../request/prediction.ts';
import { attemptsIn } from '../routes/attempts.ts';
import type { Route } from '../routes/route.ts';
import { isReached } from './reached.ts';

/** What becomes of one of the two handshake headers on its way to the backend. */
export interface HeaderState {
	readonly problem: 'none' | 'missing' | 'wrong';
	/** The proxy_set_header lines that decide it; empty when nginx's default does. */
	readonly at: readonly PlacedDirective[];
	/** The same with what each of them sends. */
	readonly lines: readonly HeaderLine[];
	/** The last of the lines, with a name that the backend reads as this header's. */
	readonly line: HeaderLine | undefined;
	/** A line that is meant to send it, under a name that is not the header's (HD15, HD23, HD24). */
	readonly misnamed: PlacedDirective | undefined;
	/** Sent more than once, and right in one of the lines: some backends take it (HD21). */
	readonly repeated: boolean;
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
	const upgrade = stateOf(route.handshake, 'upgrade', lines);
	const connection = stateOf(route.handshake, 'connection', lines);
	// A line with more or fewer words keeps nginx from starting: what it would send is nobody's trouble.
	if ([...upgrade.at, ...connection.at].some(({ node }) => node.args.length !== 2)) return undefined;
	return {
		upgrade,
		connection,
		lines,
		own: headers.level === 'own',
		lost: headers.level === 'own' || headers.level === 'inherited' ? lostLines(headers.scope, lines) : [],
	};
}

/** What a cure of it changes beside the headers of the handshake: one that was sent under a wrong name goes away. */
export function renamedBy({ upgrade, connection }: Forwarding): { readonly changes?: `headers:${string}` } {
	const names = [upgrade, connection].flatMap(({ misnamed, lines }) =>
		misnamed === undefined || lines.length > 0 ? [] : [headerNameOf(misnamed)],
	);
	return names.length === 0 ? {} : { changes: `headers:${names.join(':')}` };
}

function stateOf(handshake: Prediction, header: 'upgrade' | 'connection', all: readonly PlacedDirective[]): HeaderState {
	const missing = handshake.obstacles.find(({ code }) => code === `${header}-missing`);
	const wrong = handshake.obstacles.find(({ code }) => code === `${header}-value`);
	const problem = missing !== undefined ? 'missing' : wrong !== undefined ? 'wrong' : 'none';
	const lines = (handshake.upstream?.lines ?? []).filter(({ name }) => name === header);
	const line = lines.at(-1);
	const isMisnamed = (at: PlacedDirective): boolean => headerNameOf(at) !== header && meantHeader(at) === header;
	return {
		problem,
		at: (missing ?? wrong)?.at ?? [],
		lines,
		line,
		misnamed:
			problem === 'none' ? undefined : lines.length === 0 ? all.findLast(isMisnamed) : lines.map(({ at }) => at).find(isMisnamed),
		repeated: repeatedLines(handshake, header).length > 0,
	};
}

/** The lines that send Upgrade or Connection more than once, at least one of them as a handshake needs it; empty when there are none (HD21). */
export function repeatedLines({ upstream }: Prediction, header: 'upgrade' | 'connection'): readonly HeaderLine[] {
	if (upstream?.module !== 'proxy') return [];
	const sent = upstream.lines.filter(({ name, value }) => name === header && value !== '');
	return sent.length > 1 && sent.some((line) => isRight(line)) ? sent : [];
}

/** Whether a line says what a handshake needs of its header. */
export function isRight({ name, value }: HeaderLine): boolean {
	return name === 'upgrade' ? value.toLowerCase() === 'websocket' : hasToken(value, 'upgrade');
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

/** Whether a backend takes it for a header's name (RFC 9110 §5.1: a token). */
export function isHeaderName(name: string): boolean {
	return /^[!#$%&'*+.^_`|~\da-z-]+$/i.test(name);
}

/**
 * The header that a proxy_set_header line is meant to set, lower-case: Upgrade or Connection with a colon, a blank or the value in its
 * name, with `http_` or `$` before it, or one or two letters wrong, or a variable as its name and the header as its value; else its own name.
 */
export function meantHeader(line: PlacedDirective): string {
	const name = headerNameOf(line);
	const value = line.node.args[1]?.value.toLowerCase() ?? '';
	if (name.startsWith('$') && (value === 'upgrade' || value === 'connection')) return value;
	const word = name
		.trim()
		.replace(/^\$?(?:http[_-])?/, '')
		.replace(/[^a-z_-].*$/, '');
	return ['upgrade', 'connection'].find((header) => distance(word, header) <= 2) ?? name;
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
