import { listensOf } from '../config/listen.ts';
import { capital, type HandshakeExplanation, type HandshakeLine, type Known, say, sayAt } from './explanation.ts';
import type { HandshakeFailure } from './trace.ts';

/** Why TLS did not come about, by Node's codes. */
export function explainTlsFailure(failure: HandshakeFailure, known: Known): HandshakeExplanation {
	const { code } = failure;
	if (CHAIN.has(code)) return aboutCertificate(CHAIN.get(code) ?? '', trustAdvice(code), known);
	if (code === 'CERT_HAS_EXPIRED')
		return aboutCertificate('has expired', [say('Renew it, and reload nginx: it reads certificates only then.')], known);
	if (code === 'CERT_NOT_YET_VALID')
		return aboutCertificate('is not valid yet', [say('Look at the clocks of both machines.')], known);
	if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
		return aboutCertificate(
			'is for another name',
			[
				say('Test with a name that the certificate has, or get one for this name.'),
				say('If the certificate is of another site, no server_name fits and nginx took the default server of this port.'),
			],
			known,
		);
	if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || code === 'ERR_SSL_HTTP_REQUEST')
		return plainTextPort(known);
	if (/NO_APPLICATION_PROTOCOL/.test(code))
		return unspecified('The server does not offer HTTP/1.1 over TLS, and a WebSocket through nginx needs it.', failure, [
			say('nginx always offers it beside HTTP/2: something else answers here.'),
		]);
	if (/UNRECOGNIZED_NAME/.test(code))
		return unspecified('The server has no certificate for this name and ended the TLS handshake.', failure, [
			say('nginx does so with ssl_reject_handshake on, often in the default server: test with a name that a server_name has.'),
		]);
	if (/VERSION|PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code))
		return unspecified('The server and this test have no TLS version in common.', failure, [
			say('Let ssl_protocols have TLSv1.2 and TLSv1.3.'),
		]);
	if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA/.test(code))
		return unspecified('The server wants a client certificate that it trusts.', failure, [
			say('Test with a client certificate and its key.'),
		]);
	if (code === 'BAD_CREDENTIALS')
		return { headline: `${capital(failure.message)}.`, culprit: 'request', agreement: 'undecided', why: [], advice: [] };
	return unspecified(`TLS did not come about (${code}).`, failure, []);
}

/** Codes for a chain that leads to nobody we trust, as ends of “the certificate …”. */
const CHAIN: ReadonlyMap<string, string> = new Map([
	['DEPTH_ZERO_SELF_SIGNED_CERT', 'is self-signed'],
	['SELF_SIGNED_CERT_IN_CHAIN', 'comes from an authority of its own'],
	['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'comes without its chain'],
	['UNABLE_TO_GET_ISSUER_CERT', 'comes without its chain'],
	['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'comes from an authority that is not known here'],
]);

function trustAdvice(code: string): readonly HandshakeLine[] {
	if (code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' || code === 'UNABLE_TO_GET_ISSUER_CERT')
		return [
			say(
				'Put the intermediate certificates behind the server’s own in the file of ssl_certificate; if the authority is yours, test with its CA certificate.',
			),
		];
	return [
		say(
			'On your own machine, test with the CA certificate that signed it, or take any certificate (insecure) for this one test.',
		),
	];
}

function aboutCertificate(what: string, advice: readonly HandshakeLine[], known: Known): HandshakeExplanation {
	const { tls } = known.trace;
	const certificate = tls?.certificate;
	const at = known.prediction?.server?.byName.get('ssl_certificate')?.at(-1);
	return {
		headline: `The server's certificate ${what}; browsers refuse it, and no handshake was sent.`,
		culprit: 'certificate',
		agreement: 'undecided',
		why: [
			...(certificate === undefined
				? []
				: [
						say(
							`It is for ${certificate.names.join(', ') || certificate.subject || 'nobody'}, from ${certificate.issuer || 'nobody'}, good until ${certificate.validTo}.`,
						),
					]),
			...(at === undefined ? [] : [sayAt('By this text nginx sends the certificate of this line.', at, known)]),
		],
		advice,
	};
}

function plainTextPort(known: Known): HandshakeExplanation {
	const server = known.prediction?.server;
	const plain = server === null || server === undefined ? undefined : listensOf(server).find((listen) => !listen.tls)?.at;
	return {
		headline: 'This port does not speak TLS; the test used wss://.',
		culprit: plain === undefined ? 'request' : 'configuration',
		agreement: 'undecided',
		why: plain === undefined ? [] : [sayAt('This listen has no ssl.', plain, known)],
		advice: [say('Test with ws://; or write ssl into the listen and give the server a certificate.')],
	};
}

function unspecified(headline: string, failure: HandshakeFailure, advice: readonly HandshakeLine[]): HandshakeExplanation {
	return {
		headline,
		culprit: 'network',
		agreement: 'undecided',
		why: [say(`${capital(failure.message)} (${failure.code}).`)],
		advice,
	};
}
