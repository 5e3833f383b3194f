import type { Obstacle, Prediction } from '../request/prediction.ts';
import { formatDuration } from '../rules/wording.ts';
import { closeCodeMeaning } from './closeCodes.ts';
import {
	backendName,
	expectationOf,
	formatMs,
	type HandshakeExplanation,
	type HandshakeLine,
	type Known,
	OTHER_NGINX,
	obstacleLines,
	passedBy,
	RELOAD,
	say,
	sayAt,
} from './explanation.ts';
import { isHealthy } from './trace.ts';

/** Obstacles that some backends do not mind (semantics HD4, HD20, BK5: of 21 tested, 17 take HTTP/1.0, 2 do not look at Connection). */
const LENIENT: ReadonlySet<Obstacle['code']> = new Set([
	'http-1.0',
	'connection-missing',
	'connection-value',
	'key-missing',
	'upgrade-value',
	'method',
]);

/** The WebSocket opened: is that what the file says, and did it work. */
export function explainUpgrade(known: Known): HandshakeExplanation {
	const { trace } = known;
	const upgrade = trace.timing.upgradeMs === undefined ? '' : ` in ${formatMs(trace.timing.upgradeMs)}`;
	const pong = trace.ping !== undefined && 'roundTripMs' in trace.ping ? `, pong after ${formatMs(trace.ping.roundTripMs)}` : '';
	const opened = `The WebSocket handshake succeeded: 101${upgrade}${pong}.`;
	const joined = joinWithModel(known);
	if (isHealthy(trace)) return { headline: opened, ...joined };
	const trouble = troubleLines(known);
	return {
		headline: `The WebSocket opened, but ${trouble.headline}.`,
		culprit: 'backend',
		agreement: joined.agreement,
		why: [...trouble.why, ...joined.why],
		advice: [...trouble.advice, ...joined.advice],
	};
}

function joinWithModel(known: Known): Omit<HandshakeExplanation, 'headline'> {
	const expected = expectationOf(known);
	switch (expected.kind) {
		case 'open':
			return { culprit: 'nobody', agreement: 'undecided', why: [], advice: [] };
		case 'upgrade':
			return {
				culprit: 'nobody',
				agreement: 'agrees',
				why: [
					sayAt(
						`As the configuration says: nginx passed the handshake to ${backendName(expected.prediction)}.`,
						passedBy(expected.prediction),
						known,
					),
					...idleLines(expected.prediction, known),
				],
				advice: [],
			};
		case 'no-upgrade': {
			const { obstacles } = expected.prediction;
			const lenient = obstacles.every(({ code }) => LENIENT.has(code));
			return lenient
				? {
						culprit: 'configuration',
						agreement: 'agrees',
						why: [
							...obstacleLines(expected.prediction, known),
							say('This backend takes it all the same; others refuse, and a newer version of this one may.'),
							...idleLines(expected.prediction, known),
						],
						advice: [],
					}
				: {
						culprit: 'stale',
						agreement: 'disagrees',
						why: [
							say('By this text the handshake fails, so the nginx that answered does not run it.'),
							...obstacleLines(expected.prediction, known),
						],
						advice: [say(`If you have just changed the file: ${RELOAD}`), say(OTHER_NGINX)],
					};
		}
		case 'answer':
			return {
				culprit: 'stale',
				agreement: 'disagrees',
				why: [
					sayAt(
						`By this text nginx answers the handshake itself (${expected.prediction.status ?? 'from files'}), so the nginx that answered does not run it.`,
						expected.prediction.because.at(-1)?.at,
						known,
					),
				],
				advice: [say(`If you have just changed the file: ${RELOAD}`), say(OTHER_NGINX)],
			};
		case 'nobody':
			return {
				culprit: 'stale',
				agreement: 'disagrees',
				why: [say('By this text nobody listens there; something else does, and it speaks WebSocket.')],
				advice: [say(OTHER_NGINX)],
			};
	}
}

function idleLines(prediction: Prediction, known: Known): readonly HandshakeLine[] {
	if (prediction.idleTimeoutMs === null) return [];
	const limit = formatDuration(prediction.idleTimeoutMs);
	return [
		sayAt(
			`When neither side sends anything for ${limit}${prediction.idleTimeoutAt === undefined ? ' (the default)' : ''}, nginx cuts the tunnel; pings from either side prevent that.`,
			prediction.idleTimeoutAt,
			known,
		),
	];
}

/** What went wrong once it was open. */
function troubleLines({ trace }: Known): {
	readonly headline: string;
	readonly why: readonly HandshakeLine[];
	readonly advice: readonly HandshakeLine[];
} {
	const { close, failure, message, ping } = trace;
	if (failure?.code === 'FLOOD')
		return {
			headline: 'the server floods it',
			why: [say(`The test cut it because ${failure.message}.`)],
			advice: [say('Look at what the backend sends to a client that has only just connected.')],
		};
	if (failure !== undefined)
		return {
			headline: 'what comes through it is no WebSocket',
			why: [say(`${failure.message}. The bytes after the 101 are not frames (RFC 6455 §5).`)],
			advice: [say('Test the backend without nginx: nginx passes the bytes of a tunnel on as they are.')],
		};
	if (close?.by === 'peer')
		return {
			headline: `the other side closed it at once with ${close.code}${close.reason === '' ? '' : ` (“${close.reason}”)`}`,
			why: [
				say(`Close code ${close.code}: ${closeCodeMeaning(close.code)}.`),
				say('nginx never sends close frames: the backend, or its connection, ended it.'),
			],
			advice: [
				say(
					close.code === 1008 || (close.code >= 3000 && close.code <= 4999)
						? 'The backend wants something that the test did not send: a sign-in, a cookie, a subprotocol, an Origin or a first message.'
						: "Look into the backend's log at this moment.",
				),
			],
		};
	if (message !== undefined && !message.matched)
		return {
			headline: 'the expected reply did not come',
			why: [
				say(
					message.reply === undefined
						? 'No message came at all.'
						: `The last message was “${message.reply.slice(0, 200)}”, which does not hold “${message.expected ?? ''}”.`,
				),
			],
			advice: [say('nginx passes messages on unchanged: look at what the backend replies to.')],
		};
	return {
		headline: 'the ping was not answered',
		why: [
			say(ping !== undefined && 'problem' in ping ? `Ping: ${ping.problem}.` : 'No pong came.'),
			say('A WebSocket server must answer a ping (RFC 6455 §5.5.2); this one does not, or it is stuck.'),
		],
		advice: [say('Do not rely on pings to keep this tunnel open; raise proxy_read_timeout in its location.')],
	};
}
