import { formatDuration } from '../rules/wording.ts';
import { closeCodeMeaning } from './closeCodes.ts';
import type { ExplainOptions } from './explain.ts';
import { explainHandshake } from './explain.ts';
import { formatMs, type HandshakeExplanation, type Known, OTHER_NGINX, RELOAD, say, sayAt } from './explanation.ts';
import type { HandshakeTrace } from './trace.ts';

/** What became of a WebSocket that was opened and then left alone. */
export interface HoldTrace {
	/** The handshake, and the close at the end. */
	readonly handshake: HandshakeTrace;
	/** Undefined when the WebSocket never opened. */
	readonly hold:
		| {
				/** Milliseconds from the 101 to the end. */
				readonly heldMs: number;
				/** Milliseconds of silence before the end: since the last byte that came. */
				readonly silentMs: number;
				/** `asked`: as long as was asked for. `closed`: the other side, or something on the way, ended it. */
				readonly ended: 'asked' | 'closed' | 'cancelled';
				/** Pings and messages that the server sent: they keep the tunnel from being idle. */
				readonly serverPings: number;
				readonly serverMessages: number;
		  }
		| undefined;
}

/** How far a measured limit may lie from the configured one and still be it: timers are coarse, and the network adds its own. In milliseconds. */
const TOLERANCE_MS = 1_500;

/** Compares how long the tunnel lived in silence with what the configuration says, and tells who ended it. */
export function explainHold({ handshake, hold }: HoldTrace, options: ExplainOptions = {}): HandshakeExplanation {
	const { prediction, configuration } = options;
	if (hold === undefined) return explainHandshake(handshake, options);
	const known: Known = { trace: handshake, prediction, configuration, cures: options.cures ?? [] };
	const limit = prediction?.idleTimeoutMs ?? undefined;
	const limitLine =
		limit === undefined
			? say('How long nginx lets this tunnel be silent is not known.')
			: sayAt(
					`By this text nginx ends it after ${formatDuration(limit)} of silence${prediction?.idleTimeoutAt === undefined ? ' (the default of proxy_read_timeout)' : ''}.`,
					prediction?.idleTimeoutAt,
					known,
				);
	const heard = hold.serverPings + hold.serverMessages;
	const heardLine =
		heard === 0
			? []
			: [
					say(
						`The server sent ${hold.serverPings} pings and ${hold.serverMessages} messages meanwhile: as long as it does so, the tunnel is not idle.`,
					),
				];
	if (hold.ended === 'cancelled')
		return {
			headline: `The hold was cancelled after ${formatMs(hold.heldMs)}; the tunnel was still open.`,
			culprit: 'nobody',
			agreement: 'undecided',
			why: [limitLine, ...heardLine],
			advice: [],
		};
	if (hold.ended === 'asked') {
		const longer = limit !== undefined && heard === 0 && hold.silentMs > limit + TOLERANCE_MS;
		return {
			headline: `The tunnel was still open after ${formatMs(hold.heldMs)}.`,
			culprit: longer ? 'stale' : 'nobody',
			agreement: limit === undefined ? 'undecided' : longer ? 'disagrees' : 'agrees',
			why: [limitLine, ...heardLine],
			advice: longer ? [say(RELOAD), say(OTHER_NGINX)] : [],
		};
	}
	return closed({ handshake, hold }, limit, [limitLine, ...heardLine]);
}

function closed(
	{ handshake, hold }: { readonly handshake: HandshakeTrace; readonly hold: NonNullable<HoldTrace['hold']> },
	limit: number | undefined,
	lines: HandshakeExplanation['why'],
): HandshakeExplanation {
	const code = handshake.close?.code ?? 1006;
	const headline = `The tunnel was closed after ${formatMs(hold.heldMs)}, ${formatMs(hold.silentMs)} of them silent (${code}).`;
	if (code !== 1006)
		return {
			headline,
			culprit: 'backend',
			agreement: 'undecided',
			why: [
				say(`A close frame came (${code}: ${closeCodeMeaning(code)}), and nginx never sends one: the backend ended it.`),
				...lines,
			],
			advice: [say("Look at the backend's own limit for idle clients.")],
		};
	if (limit !== undefined && Math.abs(hold.silentMs - limit) <= Math.max(TOLERANCE_MS, limit * 0.02))
		return {
			headline,
			culprit: 'configuration',
			agreement: 'agrees',
			why: [say('It was cut without a close frame just when nginx does it.'), ...lines],
			advice: [say('Let one side send a ping more often than that, or raise proxy_read_timeout in this location.')],
		};
	return {
		headline,
		culprit: limit !== undefined && hold.silentMs < limit ? 'network' : 'unknown',
		agreement: limit === undefined ? 'undecided' : 'disagrees',
		why: [
			say('It was cut without a close frame: the backend, nginx, or something between you and it broke the connection.'),
			...lines,
		],
		advice: [
			say(
				'If you have just changed the timeout, reload nginx. Else look at what stands before it: a load balancer or a firewall has an idle limit of its own.',
			),
		],
	};
}
