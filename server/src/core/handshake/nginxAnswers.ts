import { effective } from '../config/effective.ts';
import { DEFAULT_VERSION } from '../reference/versions.ts';
import {
	backendName,
	expectationOf,
	type HandshakeExplanation,
	type HandshakeLine,
	type Known,
	OTHER_NGINX,
	passedBy,
	RELOAD,
	say,
	sayAt,
} from './explanation.ts';
import { type HandshakeTrace, headerValue } from './trace.ts';

type Response = NonNullable<HandshakeTrace['response']>;

/** nginx's built-in error page ends with its name in a centred line (src/http/ngx_http_special_response.c). */
function isNginxPage(response: Response): boolean {
	return /<center>(nginx|openresty)\b/i.test(response.body);
}

/** Two of nginx's own 400 pages say in words what is wrong with the request (src/http/ngx_http_special_response.c, codes 495–497). */
export function toldByPage(response: Response): Pick<HandshakeExplanation, 'culprit' | 'why' | 'advice'> | undefined {
	if (/plain HTTP request was sent to HTTPS port/i.test(response.body))
		return {
			culprit: 'request',
			why: [say('This port speaks TLS, and the test spoke plain text.')],
			advice: [say('Test with wss:// in place of ws://, and let the page open wss:// too.')],
		};
	if (/No required SSL certificate was sent|SSL certificate error/i.test(response.body))
		return {
			culprit: 'request',
			why: [say('nginx wants a client certificate (ssl_verify_client) and got none that it trusts.')],
			advice: [say('Test with a client certificate and its key.')],
		};
	return undefined;
}

/**
 * What an error that nginx itself made says, while the configuration passes the handshake on. Undefined when the answer looks like the
 * backend's. A 502 or 504 is a gateway's word for the backend's silence even without nginx's page (error_page may have replaced it).
 */
export function nginxAnswer(response: Response, known: Known): Omit<HandshakeExplanation, 'headline'> | undefined {
	const expected = expectationOf(known);
	const prediction = expected.kind === 'open' ? undefined : expected.prediction;
	const backend = backendName(prediction);
	const pass = prediction && passedBy(prediction);
	const agreement = prediction === undefined ? 'undecided' : 'agrees';
	const page = isNginxPage(response);
	const told = toldByPage(response);
	if (told !== undefined) return { agreement, ...told };
	if (response.status === 502) return badGateway(agreement, backend, pass, known);
	if (response.status === 504)
		return {
			culprit: 'backend',
			agreement,
			why: [
				sayAt(
					`nginx passed the handshake to ${backend} and got no answer in time (proxy_connect_timeout or proxy_read_timeout, 60 s by default).`,
					pass,
					known,
				),
			],
			advice: [
				say('Look whether the backend is stuck, or a firewall drops what nginx sends to it; a longer timeout only waits longer.'),
			],
		};
	if (!page) return undefined;
	if (response.status === 500)
		return {
			culprit: 'configuration',
			agreement: prediction === undefined ? 'undecided' : 'disagrees',
			why: [
				say(
					'nginx itself failed on this request: a proxy_pass whose variable is empty or names no host, a circle of rewrites, or an auth_request that broke.',
				),
			],
			advice: [say("The reason is in nginx's error log at this moment.")],
		};
	if (response.status === 503 || response.status === 429)
		return {
			culprit: 'configuration',
			agreement: 'undecided',
			why: [say(`nginx itself answered ${response.status}: a limit (limit_conn, limit_req) is reached, or a return says so.`)],
			advice: [say('A WebSocket counts as one connection for as long as it is open: limit_conn must allow for that.')],
		};
	if (prediction === undefined)
		return {
			culprit: 'unknown',
			agreement: 'undecided',
			why: [say(`nginx made this ${response.status} itself (its own error page); no backend was asked.`)],
			advice: ownPageAdvice(response),
		};
	return {
		culprit: 'stale',
		agreement: 'disagrees',
		why: [
			say(
				`By this text nginx passes the handshake to ${backend}; but this ${response.status} is nginx's own page, so the nginx that answered does not run this text, or the backend is an nginx too.`,
			),
		],
		advice: [say(RELOAD), say(OTHER_NGINX)],
	};
}

function badGateway(
	agreement: HandshakeExplanation['agreement'],
	backend: string,
	pass: ReturnType<typeof passedBy>,
	known: Known,
): Omit<HandshakeExplanation, 'headline'> {
	const overTls = known.prediction?.upstream?.scheme === 'https';
	return {
		culprit: 'backend',
		agreement,
		why: [
			overTls
				? sayAt(
						`nginx could not get an answer from ${backend} over TLS: nobody listens there, it hung up, or TLS failed.`,
						pass,
						known,
					)
				: sayAt(`nginx could not get an answer from ${backend}: nobody listens there, or it hung up.`, pass, known),
			...verifyLines(known),
		],
		advice: [
			say(`Start the backend, and look whether it listens at this address (in a container 127.0.0.1 is the container itself).`),
			...(overTls
				? [
						say('If the backend speaks plain text, write http:// in proxy_pass.'),
						say('For a TLS backend that goes by its name, set proxy_ssl_server_name on; nginx sends no SNI by default.'),
					]
				: [say('If the backend speaks TLS, write https:// in proxy_pass.')]),
			say("nginx's error log names the reason: connection refused, no route, reset, TLS, or a header that is too big."),
		],
	};
}

/** nginx checks the backend's certificate only where it is told to (docs: ngx_http_proxy_module, proxy_ssl_verify). */
function verifyLines({ prediction, configuration }: Known): readonly HandshakeLine[] {
	if (prediction?.upstream?.scheme !== 'https' || prediction.location === null) return [];
	const verify = effective(prediction.location, 'proxy_ssl_verify', DEFAULT_VERSION);
	if (verify.level !== 'own' && verify.level !== 'inherited') return [];
	const at = verify.directives.at(-1);
	return at?.node.args[0]?.value.toLowerCase() === 'on'
		? [
				sayAt(
					'nginx checks the backend’s certificate here, and one that it does not trust, or that names another host, ends in this 502.',
					at,
					{ configuration },
				),
			]
		: [];
}

function ownPageAdvice(response: Response): readonly HandshakeLine[] {
	if (response.status === 404)
		return [say('No location of this server passes the path on: look at the path, the server_name and try_files.')];
	if (response.status === 401) return [say('Send credentials with the test.')];
	if (response.status === 400 && headerValue(response.headers, 'server') !== undefined)
		return [say('nginx took the request itself for malformed; its error log, at level info, says why.')];
	return [];
}
