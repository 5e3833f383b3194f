import type { Prediction } from '../request/prediction.ts';
import {
	backendName,
	type HandshakeExplanation,
	type HandshakeLine,
	type Known,
	passedBy,
	RELOAD,
	say,
	sayAt,
} from './explanation.ts';
import { type HandshakeTrace, headerValue } from './trace.ts';

type Response = NonNullable<HandshakeTrace['response']>;

/**
 * The backend refused a handshake that is right as far as the configuration goes; without a prediction, somebody did. Names the usual
 * reasons of each status (semantics BK1–BK5).
 */
export function answerOfBackend(
	response: Response,
	prediction: Prediction | undefined,
	known: Known,
): Omit<HandshakeExplanation, 'headline'> {
	if (prediction === undefined)
		return {
			culprit: 'unknown',
			agreement: 'undecided',
			why: [...usualReasons(response, undefined, known)],
			advice: usualAdvice(response, known),
		};
	const passed = sayAt(
		`nginx sends ${backendName(prediction)} a right handshake; the ${response.status} is the backend's own.`,
		passedBy(prediction),
		known,
	);
	if (response.status === 426)
		return {
			culprit: 'stale',
			agreement: 'disagrees',
			why: [
				say(
					`By this text nginx sends ${backendName(prediction)} a right handshake; but 426 is what a WebSocket server answers when no Upgrade arrives.`,
				),
				...versionLines(response),
			],
			advice: [say(RELOAD), say('If it stays so, another proxy between nginx and the backend drops the headers.')],
		};
	return {
		culprit: 'backend',
		agreement: 'disagrees',
		why: [passed, ...usualReasons(response, prediction, known)],
		advice: [
			...usualAdvice(response, known),
			...(response.status === 400 ? [say(`If you have just changed the file: ${RELOAD}`)] : []),
		],
	};
}

function versionLines(response: Response): readonly HandshakeLine[] {
	const versions = headerValue(response.headers, 'sec-websocket-version');
	return versions === undefined || versions === '13'
		? []
		: [say(`The server speaks version ${versions} of the protocol, and not 13.`)];
}

function usualReasons(response: Response, prediction: Prediction | undefined, known: Known): readonly HandshakeLine[] {
	const sent = (name: string): string | undefined => headerValue(known.trace.request.headers, name);
	switch (response.status) {
		case 200:
			return [
				say('A page came: at this path there is no WebSocket, or the request arrived there without its Upgrade header.'),
				...uriLines(prediction),
			];
		case 400:
			return [
				say(
					'The server took the handshake for malformed: a header that it needs did not arrive as it was sent, or it wants a subprotocol.',
				),
				...uriLines(prediction),
			];
		case 401:
			return [say('The server wants to know who you are.')];
		case 403:
			return originLines(prediction, known, sent('origin'));
		case 404:
			return [say('There is nothing at this path.'), ...uriLines(prediction)];
		case 405:
			return [say('The server knows the path, but not with GET.'), ...uriLines(prediction)];
		case 426:
			return [
				say('The server speaks WebSocket here and got no Upgrade: something on the way dropped it.'),
				...versionLines(response),
			];
		case 429:
			return [say('The server has had too many requests from here.')];
		case 500:
			return [say('The server broke while it handled the handshake; its log says where.')];
		case 501:
			return [say('The server has no WebSocket.')];
		case 502:
		case 503:
		case 504:
			return [say('A server on the way could not reach the one behind it, or is overloaded.')];
		default:
			return response.status >= 300 && response.status < 400
				? [say('The server redirects instead of answering.'), ...uriLines(prediction)]
				: [];
	}
}

/** Origin and Host as a same-origin check compares them (semantics BK1, BK2). */
function originLines(prediction: Prediction | undefined, known: Known, origin: string | undefined): readonly HandshakeLine[] {
	const lines = [say('Most often this is a check of the Origin, or of a sign-in.')];
	if (origin === undefined) lines.push(say('The test sent no Origin, and some servers want one: every browser sends it.'));
	const host = prediction?.upstream?.headers.get('host');
	if (origin === undefined || host === undefined || prediction === undefined) return lines;
	const own = origin.replace(/^[a-z]+:\/\//i, '');
	if (own.toLowerCase() !== host.toLowerCase()) {
		const at = prediction.upstream?.headerSources.get('host')?.[0];
		lines.push(
			sayAt(
				`The backend is told “Host: ${host}”${at === undefined ? ' (the default)' : ''} while the Origin is ${origin}: a same-origin check fails on that.`,
				at ?? passedBy(prediction),
				known,
			),
		);
	}
	return lines;
}

function uriLines(prediction: Prediction | undefined): readonly HandshakeLine[] {
	const { upstream } = prediction ?? {};
	return upstream === null || upstream === undefined
		? []
		: [say(`What the backend is asked: ${upstream.method} ${upstream.uri}.`)];
}

function usualAdvice(response: Response, known: Known): readonly HandshakeLine[] {
	switch (response.status) {
		case 401:
			return [say('Send credentials with the test; a browser can send only cookies with a handshake.')];
		case 403:
			return headerValue(known.trace.request.headers, 'origin') === undefined
				? [say('Test again with Origin “same”.')]
				: [
						say(
							'If the backend compares Origin and Host, set “proxy_set_header Host $http_host;” in this location, or allow the Origin there.',
						),
					];
		case 404:
		case 200:
			return [
				say('Compare the path with the one that the backend serves; a URI behind proxy_pass replaces the matched part of it.'),
			];
		case 400:
			return [say('Test the backend without nginx: if it refuses there too, it is not nginx.')];
		default:
			return response.status >= 300 && response.status < 400
				? [
						say(
							`Let the client open ${headerValue(response.headers, 'location') ?? 'the other address'} at once; WebSocket clients do not follow redirects.`,
						),
					]
				: [];
	}
}
