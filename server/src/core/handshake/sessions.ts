import { explainHandshake } from './explain.ts';
import { type HandshakeLine, type Known, say, sayAt } from './explanation.ts';
import type { HandshakeTrace } from './trace.ts';

/** One session of socket.io: opened by a plain request, then changed over to a WebSocket. Secrets are masked. */
export interface SocketIoSession {
	/** The answer to the plain request; its body begins with `0{"sid":…` when a socket.io server gave it. */
	readonly polling: HandshakeTrace;
	/** The handshake with the session's id; undefined when there was none. */
	readonly upgrade: HandshakeTrace | undefined;
	/** The server answered the probe of the new transport. */
	readonly changedOver: boolean;
}

export interface SessionsTrace {
	readonly asked: number;
	readonly sessions: readonly SocketIoSession[];
}

export interface SessionsReport {
	readonly headline: string;
	/** How the sessions ended, most of them first. */
	readonly counts: readonly { readonly name: string; readonly count: number }[];
	readonly why: readonly HandshakeLine[];
	readonly advice: readonly HandshakeLine[];
}

/** The id and the transports that the opening packet of Engine.IO's protocol names; undefined when the body is none. */
export function readOpenPacket(body: string): { readonly sid: string; readonly upgrades: readonly string[] } | undefined {
	const json = /^0(\{.*)$/s.exec(body)?.[1];
	if (json === undefined) return undefined;
	try {
		const packet: unknown = JSON.parse(json);
		if (typeof packet !== 'object' || packet === null || !('sid' in packet) || typeof packet.sid !== 'string') return undefined;
		const upgrades = 'upgrades' in packet && Array.isArray(packet.upgrades) ? packet.upgrades.map(String) : [];
		return { sid: packet.sid, upgrades };
	} catch {
		return undefined;
	}
}

/** How one session ended, in a few words. */
function endingOf({ polling, upgrade, changedOver }: SocketIoSession): string {
	if (changedOver) return 'changed over to WebSocket';
	if (polling.response === undefined) return `the first request got no answer (${polling.failure?.message ?? polling.outcome})`;
	const opened = readOpenPacket(polling.response.body);
	if (opened === undefined) return `the first request was answered ${polling.response.status}, by no socket.io server`;
	if (upgrade === undefined) return 'the server offers no WebSocket';
	if (isUnknownSession(upgrade)) return `${upgrade.response?.status ?? 400} “Session ID unknown”`;
	if (upgrade.outcome === 'upgraded') return 'the server did not answer over the WebSocket';
	return upgrade.response === undefined
		? `the handshake got no answer (${upgrade.failure?.message ?? upgrade.outcome})`
		: `the handshake was answered ${upgrade.response.status}`;
}

/** Engine.IO's error 1: another server opened the session. */
function isUnknownSession({ response }: HandshakeTrace): boolean {
	return response !== undefined && response.status >= 400 && /"code"\s*:\s*1\b|session id unknown/i.test(response.body);
}

/**
 * Says how many sessions changed over, and why the others did not: the first that failed is explained like any handshake, save that a
 * session which the server does not know is the work of the balancing (semantics UP1).
 */
export function explainSessions(
	{ asked, sessions }: SessionsTrace,
	known: Pick<Known, 'prediction' | 'configuration' | 'cures'>,
): SessionsReport {
	const counts = new Map<string, number>();
	for (const session of sessions) counts.set(endingOf(session), (counts.get(endingOf(session)) ?? 0) + 1);
	const good = sessions.filter(({ changedOver }) => changedOver).length;
	const cut = sessions.length < asked ? ` (${asked} were asked for; it was ended early)` : '';
	const headline = `${good} of ${sessions.length} socket.io sessions changed over to WebSocket${cut}.`;
	return {
		headline,
		counts: [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count),
		...reasons(sessions, known),
	};
}

function reasons(
	sessions: readonly SocketIoSession[],
	known: Pick<Known, 'prediction' | 'configuration' | 'cures'>,
): Pick<SessionsReport, 'why' | 'advice'> {
	const failed = sessions.filter(({ changedOver }) => !changedOver);
	if (failed.some(({ upgrade }) => upgrade !== undefined && isUnknownSession(upgrade))) return spreadOut(known);
	const [first] = failed;
	if (first === undefined) return { why: [], advice: [] };
	const { polling, upgrade } = first;
	if (polling.response === undefined || readOpenPacket(polling.response.body) === undefined) {
		if (polling.response === undefined || polling.response.status >= 500) return asOne(polling, known);
		return {
			why: [
				say(
					`A socket.io server answers the request for ${pathOf(polling.url)} with a session; what came is another page, so the request went elsewhere or lost its path.`,
				),
				...passedLines(known),
			],
			advice: [
				say('Let the path reach the backend unchanged, /socket.io/ and all; a client with a path of its own must name that one.'),
			],
		};
	}
	if (upgrade === undefined)
		return {
			why: [say('The server opened a session and said that it has no WebSocket transport.')],
			advice: [say('Look at the transports of the server’s own settings; nginx does not change them.')],
		};
	if (upgrade.outcome === 'upgraded')
		return {
			why: [
				say(
					'The WebSocket opened, but the server did not answer the probe that must come first over it (Engine.IO: 2probe, 3probe).',
				),
			],
			advice: [say('Test the backend without nginx: nginx passes the messages of a tunnel on as they are.')],
		};
	return asOne(upgrade, known);
}

/** What is said of one handshake alone. */
function asOne(
	trace: HandshakeTrace,
	known: Pick<Known, 'prediction' | 'configuration' | 'cures'>,
): Pick<SessionsReport, 'why' | 'advice'> {
	const { why, advice } = explainHandshake(trace, known);
	return { why, advice };
}

function spreadOut({
	prediction,
	configuration,
}: Pick<Known, 'prediction' | 'configuration'>): Pick<SessionsReport, 'why' | 'advice'> {
	const upstream = prediction?.upstream;
	const count = upstream?.addresses.length ?? 0;
	const place = upstream?.upstream;
	const told = say(
		'The plain request opened the session at one server, and its handshake went to another, which does not know it.',
	);
	if (count < 2)
		return {
			why: [told],
			advice: [
				say(
					'Behind this backend are several processes or servers: keep a client at one of them, or let clients use the websocket transport alone.',
				),
			],
		};
	const keeps = /^(?:ip_hash|hash|sticky)/.test(upstream?.balancing ?? '');
	return {
		why: [
			told,
			sayAt(`nginx spreads the requests over ${count} servers here (${upstream?.balancing ?? 'round robin'}).`, place, {
				configuration,
			}),
		],
		advice: [
			keeps
				? say('By the text one client stays with one server: reload nginx, or look at what differs between its requests.')
				: sayAt('Put ip_hash; first into this upstream, or let clients use the websocket transport alone.', place, {
						configuration,
					}),
		],
	};
}

function passedLines({ prediction, configuration }: Pick<Known, 'prediction' | 'configuration'>): readonly HandshakeLine[] {
	const upstream = prediction?.upstream;
	if (upstream === undefined || upstream === null) return [];
	const pass = prediction?.because.findLast(({ at }) => at.node.name.value.endsWith('_pass'))?.at;
	return [sayAt(`nginx asks the backend for ${upstream.uri}.`, pass, { configuration })];
}

function pathOf(url: string): string {
	return url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\?.*/, '');
}
