import { listensOf } from '../config/listen.ts';
import type { PlacedDirective } from '../config/model.ts';
import {
	backendName,
	capital,
	expectationOf,
	formatMs,
	type HandshakeExplanation,
	type HandshakeLine,
	type Known,
	OTHER_NGINX,
	passedBy,
	say,
	sayAt,
} from './explanation.ts';
import { explainTlsFailure } from './tlsFailures.ts';
import type { HandshakeFailure } from './trace.ts';

/** No response came that could be judged. */
export function explainFailure(known: Known): HandshakeExplanation {
	const { trace } = known;
	if (trace.outcome === 'cancelled')
		return { headline: 'The test was cancelled.', culprit: 'unknown', agreement: 'undecided', why: [], advice: [] };
	if (trace.outcome === 'timeout' || trace.failure === undefined) return explainTimeout(known);
	const { failure } = trace;
	switch (failure.stage) {
		case 'url':
		case 'request':
			return plain(`The test could not be made: ${failure.message}.`, 'request', [], []);
		case 'dns':
			return explainName(failure, known);
		case 'proxy':
			return explainProxy(failure, known);
		case 'tcp':
			return explainConnection(failure, known);
		case 'tls':
			return explainTlsFailure(failure, known);
		case 'response':
		case 'websocket':
			return explainNoResponse(failure, known);
	}
}

function plain(
	headline: string,
	culprit: HandshakeExplanation['culprit'],
	why: readonly HandshakeLine[],
	advice: readonly HandshakeLine[],
): HandshakeExplanation {
	return { headline, culprit, agreement: 'undecided', why, advice };
}

function explainName(failure: HandshakeFailure, { trace }: Known): HandshakeExplanation {
	const host = hostOf(trace.url);
	return plain(
		failure.code === 'ENOTFOUND' || failure.code === 'ENODATA'
			? `The name ${host} has no address here.`
			: `The name ${host} could not be looked up (${failure.code}).`,
		'network',
		[say('The test did not get as far as nginx.')],
		[
			say(`If this nginx runs on this machine, connect to 127.0.0.1 and keep the name: the test then asks it for ${host}.`),
			say(`Or give ${host} an address, in DNS or in the hosts file.`),
		],
	);
}

function explainProxy(failure: HandshakeFailure, { trace }: Known): HandshakeExplanation {
	const proxy = trace.proxy === undefined ? 'The proxy' : `The proxy ${trace.proxy}`;
	const status = /^PROXY_(\d+)$/.exec(failure.code)?.[1];
	return plain(
		status === undefined ? `${proxy} could not be used (${failure.code}).` : `${proxy} refused to connect (${status}).`,
		'proxy',
		[say(`${capital(failure.message)}. The test did not get as far as nginx.`)],
		[
			say(
				status === '407'
					? 'The proxy wants a user and a password: http://user:password@host:port.'
					: 'Test without the proxy, or let it connect to this host and port.',
			),
		],
	);
}

function explainConnection(failure: HandshakeFailure, known: Known): HandshakeExplanation {
	const { trace, prediction } = known;
	const where = addressIn(failure.message) ?? authorityOf(trace.url);
	if (failure.code === 'NOT_LOOPBACK')
		return plain(
			`Not tested: ${failure.message}.`,
			'request',
			[say('Other machines are contacted only after you have agreed.')],
			[say('Agree to it, or connect to 127.0.0.1 and keep the name.')],
		);
	if (failure.code === 'ECONNREFUSED') {
		const headline = `Nobody listens at ${where}.`;
		if (expectationOf(known).kind === 'nobody')
			return {
				headline,
				culprit: 'configuration',
				agreement: 'agrees',
				why: [say('The configuration has no server that listens there.')],
				advice: [say('Add the listen, or test the port that a server does listen on.')],
			};
		const listen = listenOf(known);
		return {
			headline,
			culprit: 'network',
			agreement: prediction === undefined ? 'undecided' : 'disagrees',
			why: [
				...(listen === undefined
					? []
					: [sayAt('nginx should listen there by this line, so it does not run, or not with this text.', listen, known)]),
			],
			advice: [
				say('Start nginx, or reload it if the listen is new. In a container, publish the port.'),
				...(listen === undefined
					? []
					: [say('“nginx -t” says whether it accepts the file; the error log says why it did not start.')]),
			],
		};
	}
	if (failure.code === 'ENOENT' || failure.code === 'EACCES')
		return plain(
			`The socket ${trace.url} could not be opened (${failure.code}).`,
			'network',
			[],
			[say('Look at the path and at who may use it.')],
		);
	return plain(
		`The connection to ${where} failed (${failure.code}).`,
		'network',
		[say('The test did not get as far as nginx: a firewall, a route or a machine on the way is to blame.')],
		[],
	);
}

function explainNoResponse(failure: HandshakeFailure, known: Known): HandshakeExplanation {
	const { trace, prediction } = known;
	const listen = listenOf(known);
	const facts = listen === undefined ? undefined : factsOf(listen);
	if (failure.code === 'NOT_HTTP') {
		const tls = trace.garbage !== undefined && /^·/.test(trace.garbage) && !/^wss|^https/i.test(trace.url);
		return plain(
			'What came back is not HTTP.',
			facts?.http2 === true && !facts.tls ? 'configuration' : 'unknown',
			[
				...(facts?.http2 === true && !facts.tls && listen !== undefined
					? [sayAt('A nginx older than 1.25.1 speaks HTTP/2 alone on a listen with http2 and without ssl.', listen, known)]
					: []),
				say(
					tls
						? 'The bytes are not text: another protocol, perhaps TLS or HTTP/2.'
						: `It begins: “${(trace.garbage ?? '').slice(0, 80).trim()}”.`,
				),
			],
			[say('Look at what listens on this port.')],
		);
	}
	if (failure.code === 'HEADERS_TOO_BIG')
		return plain(
			'The answer was cut: its header is far too big.',
			'backend',
			[
				say(`${capital(failure.message)}.`),
				say('nginx itself takes no more than proxy_buffer_size from a backend (4 or 8 KiB) and answers 502 else.'),
			],
			[say('Look at which server this is, and at the cookies and headers that it sets.')],
		);
	if (prediction?.outcome === 'answered' && prediction.status === 444)
		return {
			headline: 'nginx closed the connection without an answer, as the configuration tells it to.',
			culprit: 'configuration',
			agreement: 'agrees',
			why: [sayAt('return 444 closes the connection.', prediction.because.at(-1)?.at, known)],
			advice: [
				say('Often this is the default server, which catches every name that no server_name has: test with the right host name.'),
			],
		};
	if (facts?.proxyProtocol === true && listen !== undefined)
		return {
			headline: 'The connection was closed without an answer.',
			culprit: 'configuration',
			agreement: 'undecided',
			why: [
				sayAt(
					'This listen wants the PROXY protocol, which a load balancer in front of nginx speaks and a browser or this test does not.',
					listen,
					known,
				),
			],
			advice: [say('Test through the load balancer.')],
		};
	return plain(
		failure.code === 'CLOSED_IN_HEADER'
			? 'The connection was closed in the middle of the answer.'
			: 'The connection was closed without an answer.',
		prediction?.outcome === 'proxied' ? 'backend' : 'unknown',
		[
			say('nginx does so on return 444, on a listen with proxy_protocol, and when a worker process dies.'),
			...(listen === undefined ? [say('Another server does so when it expects TLS.')] : []),
		],
		[say("nginx's error log at this moment says more; if nothing is there, it was not nginx that closed."), say(OTHER_NGINX)],
	);
}

function explainTimeout(known: Known): HandshakeExplanation {
	const { trace } = known;
	const after = `after ${formatMs(trace.timing.totalMs)}`;
	if (trace.connectedTo === undefined)
		return plain(
			`${authorityOf(trace.url)} did not take the connection ${after}.`,
			'network',
			[say('Not even a refusal came: a firewall drops the packets, or the machine is off.')],
			[],
		);
	if (/^(wss|https):/i.test(trace.url) && trace.tls === undefined)
		return plain(
			`The TLS handshake with ${trace.connectedTo} did not end ${after}.`,
			'network',
			[say('The port took the connection and then said nothing: it does not speak TLS, or it is stuck.')],
			[],
		);
	const expected = expectationOf(known);
	const prediction = expected.kind === 'open' ? undefined : expected.prediction;
	if (prediction?.outcome === 'proxied')
		return {
			headline: `No answer came ${after}.`,
			culprit: 'backend',
			agreement: 'undecided',
			why: [
				sayAt(
					`nginx took the request and waits for ${backendName(prediction)}, by default for 60 s before it gives up with 504.`,
					passedBy(prediction),
					known,
				),
			],
			advice: [
				say('Test the backend without nginx: it hangs, or it takes connections and does not read them.'),
				...(prediction.upstream?.scheme === 'https'
					? [say('proxy_pass says https:// here: a backend that speaks plain text may wait for more; write http:// then.')]
					: []),
				...(prediction.upgrade ? [] : known.cures.map((title) => say(`Fix: ${title}.`))),
			],
		};
	return plain(
		`No answer came ${after}.`,
		'unknown',
		[say(`${trace.connectedTo} took the request and stayed silent.`)],
		[say(OTHER_NGINX)],
	);
}

/** The listen of the predicted server that the URL's port belongs to. */
function listenOf({ prediction, trace }: Known): PlacedDirective | undefined {
	const server = prediction?.server;
	if (server === null || server === undefined) return undefined;
	const port = Number(/:(\d+)$/.exec(authorityOf(trace.url))?.[1] ?? 0);
	return listensOf(server).find((listen) => listen.port === port)?.at;
}

function factsOf(at: PlacedDirective) {
	return listensOf(at.scope).find((listen) => listen.at === at);
}

function hostOf(url: string): string {
	return authorityOf(url).replace(/:\d+$/, '');
}

/** `host:port` of a URL, the scheme's own port filled in. */
function authorityOf(url: string): string {
	const match = /^([a-z]+):\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(url);
	const authority = match?.[2] ?? url;
	if (/:\d+$/.test(authority)) return authority;
	return `${authority}:${/^(wss|https)$/i.test(match?.[1] ?? '') ? 443 : 80}`;
}

/** Node's messages end with the address: `connect ECONNREFUSED 127.0.0.1:9000`. */
function addressIn(message: string): string | undefined {
	return /(?:connect \w+ )(\S+)$/.exec(message)?.[1];
}
