import { answerOfBackend } from './backendAnswers.ts';
import {
	backendName,
	type Expectation,
	expectationOf,
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
import { nginxAnswer, toldByPage } from './nginxAnswers.ts';
import { type HandshakeTrace, headerValue, type ResponseChecks } from './trace.ts';

type Response = NonNullable<HandshakeTrace['response']>;

/** An HTTP response came that is no right 101: who gave it, and why. */
export function explainRefusal(known: Known): HandshakeExplanation {
	const { response, checks } = known.trace;
	const expected = expectationOf(known);
	if (response === undefined)
		return {
			headline: 'The handshake was refused.',
			culprit: 'unknown',
			agreement: 'undecided',
			why: [],
			advice: [],
		};
	if (response.status === 101 && checks !== undefined) return explainBrokenSwitch(checks, expected, known);
	const headline = headlineOf(response);
	switch (expected.kind) {
		case 'no-upgrade':
			return { headline, ...refusedAsExpected(response, expected, known) };
		case 'answer':
			return { headline, ...answeredByNginx(response, expected, known) };
		case 'upgrade': {
			const own = nginxAnswer(response, known);
			return { headline, ...(own ?? answerOfBackend(response, expected.prediction, known)) };
		}
		case 'nobody':
			return {
				headline,
				culprit: 'stale',
				agreement: 'disagrees',
				why: [say('By this text nobody listens at this address; the answer came from something else.')],
				advice: [say(OTHER_NGINX)],
			};
		case 'open': {
			const own = nginxAnswer(response, known);
			return { headline, ...(own ?? answerOfBackend(response, undefined, known)) };
		}
	}
}

function headlineOf(response: Response): string {
	const reason = response.reason === '' ? '' : ` ${response.reason}`;
	const location = headerValue(response.headers, 'location');
	if (response.status >= 300 && response.status < 400 && location !== undefined)
		return `The handshake was redirected (${response.status}) to ${location}; WebSocket clients do not follow redirects.`;
	return `The handshake was answered ${response.status}${reason}, not 101.`;
}

type Rest = Omit<HandshakeExplanation, 'headline'>;

/** The model says that no WebSocket can come of it, and none did. */
function refusedAsExpected(response: Response, expected: Extract<Expectation, { kind: 'no-upgrade' }>, known: Known): Rest {
	const { prediction } = expected;
	const obstacles = obstacleLines(prediction, known);
	const asExpected = sayAt(
		`This is what the configuration makes of it: ${backendName(prediction)} got a request that is no complete handshake.`,
		passedBy(prediction),
		known,
	);
	const own = nginxAnswer(response, known);
	if (
		own !== undefined &&
		response.status >= 500 &&
		!prediction.obstacles.some(({ code }) => code === 'http-2' || code === 'module')
	)
		return {
			...own,
			why: [...own.why, say('Once that is cured, the handshake still fails:'), ...obstacles],
		};
	return {
		culprit: 'configuration',
		agreement: 'agrees',
		why: [...obstacles, asExpected],
		advice: known.cures.length > 0 ? [] : [say('Open the file: the check marks these lines, and its light bulb has the cure.')],
	};
}

/** The model says that nginx answers by itself. */
function answeredByNginx(response: Response, expected: Extract<Expectation, { kind: 'answer' }>, known: Known): Rest {
	const { prediction } = expected;
	const fromFiles = prediction.status === null && [200, 206, 304, 403, 404, 405].includes(response.status);
	if (!fromFiles && prediction.status !== response.status)
		return {
			culprit: 'stale',
			agreement: 'disagrees',
			why: [
				sayAt(
					`By this text nginx answers ${prediction.status ?? 'from files on disk'} itself; ${response.status} came, so the nginx that answered does not run it.`,
					prediction.because.at(-1)?.at,
					known,
				),
			],
			advice: [say(`If you have just changed the file: ${RELOAD}`), say(OTHER_NGINX)],
		};
	const [last] = [...prediction.because].reverse();
	const cause = sayAt(
		prediction.status === null
			? 'nginx looked for a file here: this location passes nothing on.'
			: `nginx answered by itself, and no backend was asked${last === undefined ? '' : `: this line ${last.text}`}.`,
		last?.at ?? prediction.location?.opener,
		known,
	);
	const told = toldByPage(response);
	if (told !== undefined) return { ...told, agreement: 'agrees', why: [...told.why, cause] };
	return {
		culprit: 'configuration',
		agreement: 'agrees',
		why: [cause, ...prediction.because.slice(0, -1).map(({ at, text }) => sayAt(`Before that: it ${text}.`, at, known))],
		advice: adviceForOwnAnswer(response),
	};
}

function adviceForOwnAnswer(response: Response): readonly HandshakeLine[] {
	const { status } = response;
	const location = headerValue(response.headers, 'location');
	if (status >= 300 && status < 400 && location !== undefined) {
		const target = location.replace(/^http(s?):/i, 'ws$1:');
		return [
			say(`Let the client open ${target} at once, or answer the handshake in this location instead of redirecting it.`),
			...(/^wss:/.test(target) ? [say('Pages over https can open wss:// alone.')] : []),
		];
	}
	if (status === 401) return [say('Send credentials with the test; browsers can send only cookies with a handshake.')];
	if (status === 403)
		return [say('Look at allow, deny, valid_referers and if in the lines above: one of them turns this client away.')];
	if (status === 404)
		return [say('Put proxy_pass into the location that takes this path; try_files with =404 must not stand beside it.')];
	return [];
}

/** A 101 that browsers refuse. */
function explainBrokenSwitch(checks: ResponseChecks, expected: Expectation, known: Known): HandshakeExplanation {
	const wrong = brokenLines(checks, known);
	const headline = `101 came, but a browser refuses it: ${wrong.map(({ short }) => short).join(', ')}.`;
	const lines = wrong.map(({ text }) => say(text));
	const hidden = expected.kind === 'no-upgrade' ? expected.prediction : undefined;
	const byConfiguration = hidden?.obstacles.some(({ code }) => code.startsWith('response-')) ?? false;
	if (hidden !== undefined && byConfiguration)
		return {
			headline,
			culprit: 'configuration',
			agreement: 'agrees',
			why: [...obstacleLines(hidden, known), ...lines],
			advice: [],
		};
	return {
		headline,
		culprit: 'backend',
		agreement: expected.kind === 'open' ? 'undecided' : 'disagrees',
		why: [...lines, say('nginx passes these headers on as they come, save Connection, which it writes itself.')],
		advice: [say('Test the backend without nginx; if it is right there, something between nginx and you changes the answer.')],
	};
}

function brokenLines(checks: ResponseChecks, { trace }: Known): readonly { readonly short: string; readonly text: string }[] {
	const found: { short: string; text: string }[] = [];
	const add = (short: string, text: string): void => {
		found.push({ short, text });
	};
	const value = (name: string): string => headerValue(trace.response?.headers ?? [], name) ?? '';
	if (checks.upgrade === 'missing') add('no Upgrade header', 'The Upgrade header is missing; it must say websocket.');
	if (checks.upgrade === 'wrong') add('a wrong Upgrade header', `Upgrade is “${value('upgrade')}”; it must be websocket, once.`);
	if (checks.connection === 'missing') add('no Connection header', 'The Connection header is missing; it must list upgrade.');
	if (checks.connection === 'wrong')
		add('a wrong Connection header', `Connection is “${value('connection')}”; it must list upgrade.`);
	if (checks.accept === 'missing')
		add('no Sec-WebSocket-Accept', 'Sec-WebSocket-Accept is missing: it proves that a WebSocket server read the key.');
	if (checks.accept === 'wrong')
		add(
			'a wrong Sec-WebSocket-Accept',
			'Sec-WebSocket-Accept does not follow from the key that was sent: the answer belongs to another request, is fixed text, or the key was changed on the way.',
		);
	if (checks.subprotocol === 'missing')
		add('no subprotocol', 'The client asked for a subprotocol and none was chosen; browsers close the WebSocket then.');
	if (checks.subprotocol === 'wrong')
		add('a wrong subprotocol', `The subprotocol “${value('sec-websocket-protocol')}” is none that the client asked for.`);
	if (checks.extensions === 'wrong')
		add(
			'a wrong extension',
			`The extension “${value('sec-websocket-extensions')}” is none that the client offered in this form.`,
		);
	return found;
}
