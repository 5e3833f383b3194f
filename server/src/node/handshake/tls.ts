import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import {
	type ConnectionOptions,
	checkServerIdentity,
	connect,
	type PeerCertificate,
	rootCertificates,
	type TLSSocket,
} from 'node:tls';
import type { TlsTrace } from '../../core/handshake/trace.ts';
import { Failure, failureOf, whileBounded } from './bounds.ts';

/** What the person brings for TLS; all in PEM. */
export interface Credentials {
	/** Trusted in addition to the well-known roots. */
	readonly ca?: string | undefined;
	readonly cert?: string | undefined;
	readonly key?: string | undefined;
	readonly passphrase?: string | undefined;
	/** Take any certificate. */
	readonly insecure?: boolean | undefined;
}

export interface Secured {
	readonly socket: TLSSocket;
	readonly trace: TlsTrace;
	/** The certificate is not good, and the person did not ask to take it all the same. Nothing was sent over the connection. */
	readonly failure: Failure | undefined;
}

/**
 * TLS over an open socket, asking for `name` (SNI, unless it is an address) and offering HTTP/1.1 alone in ALPN, because a WebSocket
 * handshake on an HTTP/2 connection is another protocol that nginx does not speak (semantics PR3). Throws Failure or Ended.
 */
export async function openTls(socket: Socket, name: string, credentials: Credentials, signal: AbortSignal): Promise<Secured> {
	const options: ConnectionOptions = {
		socket,
		ALPNProtocols: ['http/1.1'],
		// The certificate is judged below, so that a refusal can show it.
		rejectUnauthorized: false,
		...(isIP(name) === 0 ? { servername: name } : {}),
		...(credentials.ca === undefined ? {} : { ca: [...rootCertificates, credentials.ca] }),
		...(credentials.cert === undefined ? {} : { cert: credentials.cert }),
		...(credentials.key === undefined ? {} : { key: credentials.key }),
		...(credentials.passphrase === undefined ? {} : { passphrase: credentials.passphrase }),
	};
	let secured: TLSSocket;
	try {
		secured = connect(options);
	} catch (error) {
		socket.destroy();
		const reason = error instanceof Error ? error.message : String(error);
		throw new Failure('tls', 'BAD_CREDENTIALS', `the CA, the client certificate or its key cannot be read: ${reason}`);
	}
	await whileBounded<undefined>(
		signal,
		(done, fail) => {
			const onSecure = (): void => done(undefined);
			const onError = (error: Error): void => {
				secured.destroy();
				fail(tlsFailure(error));
			};
			secured.once('secureConnect', onSecure);
			secured.on('error', onError);
			return () => {
				secured.off('secureConnect', onSecure);
				secured.off('error', onError);
				secured.on('error', () => undefined);
			};
		},
		() => secured.destroy(),
	);
	return judged(secured, name, credentials.insecure === true);
}

function judged(secured: TLSSocket, name: string, insecure: boolean): Secured {
	const certificate = secured.getPeerCertificate();
	const present = Object.keys(certificate).length > 0;
	const chain = secured.authorized ? undefined : String(secured.authorizationError ?? 'UNKNOWN');
	const identity = present ? checkServerIdentity(name, certificate) : undefined;
	const problem = chain ?? (identity === undefined ? undefined : 'ERR_TLS_CERT_ALTNAME_INVALID');
	const trace: TlsTrace = {
		protocol: secured.getProtocol() ?? 'unknown',
		alpn: secured.alpnProtocol === false || secured.alpnProtocol === null ? undefined : secured.alpnProtocol,
		authorized: problem === undefined,
		problem,
		certificate: present
			? {
					subject: nameIn(certificate.subject),
					issuer: nameIn(certificate.issuer),
					names: namesOf(certificate),
					validTo: certificate.valid_to,
				}
			: undefined,
	};
	const failure =
		problem === undefined || insecure
			? undefined
			: new Failure('tls', problem, identity?.message ?? `the certificate is not accepted: ${problem}`);
	return { socket: secured, trace, failure };
}

function nameIn(subject: PeerCertificate['subject'] | undefined): string {
	const name = subject?.CN ?? subject?.O ?? '';
	return Array.isArray(name) ? name.join(', ') : name;
}

function namesOf(certificate: PeerCertificate): readonly string[] {
	return (certificate.subjectaltname ?? '')
		.split(', ')
		.map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
		.filter((entry) => entry !== '')
		.slice(0, 20);
}

/** OpenSSL's reason is in the message alone for some errors: `…:SSL routines:ssl3_get_record:wrong version number:…`. */
function tlsFailure(error: Error): Failure {
	const reason = /SSL routines:[^:]*:([^:\n]+)/.exec(error.message)?.[1];
	if (reason === undefined) return failureOf('tls', error);
	return new Failure('tls', `ERR_SSL_${reason.trim().replaceAll(/\W+/g, '_').toUpperCase()}`, reason.trim());
}
