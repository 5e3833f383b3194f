import { locationTitle } from '../core/config/location.ts';
import type { PlacedDirective, Scope } from '../core/config/model.ts';
import { relativePath } from '../core/request/explanation.ts';
import type { Prediction } from '../core/request/prediction.ts';
import type { Route } from '../core/routes/route.ts';
import { formatUrl } from '../core/routes/urls.ts';
import { verdictOf } from '../core/routes/verdict.ts';
import { formatDuration } from '../core/rules/wording.ts';

import type { Placement, View } from './view.ts';

/** What the backend of a location receives for a handshake, and where each value comes from. Markdown. Undefined when it does not proxy. */
export function effectiveRequest(view: View, { checked, placed }: Placement): string | undefined {
	const location = placed.node.name.value === 'location' ? placed.body : locationOf(placed.scope);
	if (location === undefined) return undefined;
	const route = checked.routes.find((one) => one.location === location);
	return route === undefined ? undefined : described(view, route);
}

function described(view: View, route: Route): string | undefined {
	const { handshake } = route;
	const { verdict, reason } = verdictOf(route);
	const outcome = {
		upgrades: 'A WebSocket handshake **upgrades**',
		fails: 'A WebSocket handshake **fails**',
		unknown: 'Whether a WebSocket handshake upgrades is **unknown**',
	}[verdict];
	const url = route.urls[0];
	const parts = [`${outcome}${url === undefined ? '' : ` at \`${formatUrl(url)}\``}${reason === '' ? '' : `: ${reason}`}.`];
	const { upstream } = handshake;
	if (upstream !== null) {
		const headers = ['upgrade', 'connection', 'host', ...upstream.headers.keys()].filter(
			(name, index, all) => all.indexOf(name) === index,
		);
		const sent = headers
			.filter((name) => upstream.headers.has(name))
			.map((name) => `\`${wireName(name)}: ${upstream.headers.get(name)}\``);
		parts.push(
			`The backend ${upstream.addresses.map((address) => `\`${address}\``).join(' or ')} receives \`${upstream.method} ${upstream.uri} HTTP/${upstream.httpVersion}\`, ${sent.join(', ')}; ${idleLimit(handshake)}.`,
		);
	}
	const sources = [...sourcesOf(handshake)].map(([at, text]) => `- ${linkTo(view, at, route)} ${text}`);
	if (sources.length > 0) parts.push(sources.join('\n'));
	return parts.join('\n\n');
}

/** The directives behind the answer, each once, with what they do. */
function sourcesOf(prediction: Prediction): ReadonlyMap<PlacedDirective, string> {
	const sources = new Map<PlacedDirective, string>();
	for (const { at, text } of prediction.because) sources.set(at, text);
	for (const [name, places] of prediction.upstream?.headerSources ?? [])
		for (const at of places) if (!sources.has(at)) sources.set(at, `decides ${wireName(name)}`);
	if (prediction.idleTimeoutAt !== undefined && !sources.has(prediction.idleTimeoutAt))
		sources.set(prediction.idleTimeoutAt, 'sets the idle limit');
	return sources;
}

/** A directive as a link to its line. */
function linkTo(view: View, at: PlacedDirective, route: Route): string {
	const { source } = at.file.tree;
	const line = source.lineAt(at.node.span.start) + 1;
	const words =
		at.node.name.value === 'location'
			? locationTitle(at)
			: [at.node.name, ...at.node.args].map(({ span }) => source.slice(span)).join(' ');
	const file = at.file.path === view.path ? `line ${line}` : `${relativePath(at.file.path, folderOfFile(route))}, line ${line}`;
	return `\`${words.replaceAll('`', "'")}\` ([${file}](${view.uriOf(at.file.path)}#L${line}))`;
}

function folderOfFile(route: Route): string {
	const { path } = (route.at.via[0] ?? route.at).file;
	return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function wireName(name: string): string {
	return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** The innermost location around a scope; through an `if` or a `limit_except`. */
function locationOf(scope: Scope): Scope | undefined {
	let at: Scope | undefined = scope;
	while (at !== undefined && (at.context === 'if' || at.context === 'limit_except')) at = at.parent;
	return at?.context === 'location' ? at : undefined;
}

/** `idle limit 60 s (default)`. */
export function idleLimit(prediction: Prediction): string {
	if (prediction.idleTimeoutMs === null) return 'no idle limit is known';
	return `idle limit ${formatDuration(prediction.idleTimeoutMs)}${prediction.idleTimeoutAt === undefined ? ' (default)' : ''}`;
}
