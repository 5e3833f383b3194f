import type { HandshakeTrace, HeaderLines } from './trace.ts';

/** What stands in a report where a secret stood. */
export const MASK = '•••';

/** Headers whose whole value is a secret. */
const SECRET_NAME =
	/^(proxy-)?authori[sz]ation$|^authentication$|(^|-)(auth|token|secret|api-?key|password|passwd|session(-?id)?|jwt|signature|credentials?)(-|$)/;

/** Query parameters whose value is a secret. */
const SECRET_PARAMETER =
	/^(.*[_-])?(token|auth|authorization|api[_-]?key|key|secret|password|passwd|pwd|jwt|ticket|sig|signature|session|sid|credentials?)$/i;

/** Values shorter than this are too common to be struck out of other texts. */
const SHORTEST = 6;

/** One header line as a report may show it. `Sec-WebSocket-Key` and `-Accept` are no secrets (RFC 6455 §10.3). */
export function maskHeader(name: string, value: string): string {
	const lower = name.toLowerCase();
	if (lower === 'cookie')
		return value
			.split(';')
			.map((pair) => maskPair(pair))
			.join(';');
	if (lower === 'set-cookie') {
		const end = value.indexOf(';');
		return end === -1 ? maskPair(value) : maskPair(value.slice(0, end)) + value.slice(end);
	}
	if (lower === 'sec-websocket-protocol')
		return value
			.split(',')
			.map((token) => (isBearer(token.trim()) ? ` ${MASK}` : token))
			.join(',')
			.trim();
	if (lower === 'location' || lower === 'referer' || lower === 'content-location') return maskUrl(value);
	if (!isSecretHeader(lower)) return value;
	const scheme = /^(basic|bearer|digest|negotiate|token|aws4-hmac-sha256)\s/i.exec(value.trim())?.[1];
	return scheme === undefined ? MASK : `${scheme} ${MASK}`;
}

/** True for headers that carry a secret as a whole. `lower`: the name in lower case. */
export function isSecretHeader(lower: string): boolean {
	return !lower.startsWith('sec-websocket-') && lower !== 'www-authenticate' && SECRET_NAME.test(lower);
}

/** Subprotocols are used to carry bearer tokens, because browsers cannot set headers: a long one, or one shaped like a JWT. */
function isBearer(token: string): boolean {
	return token.length > 40 || /^ey[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

function maskPair(pair: string): string {
	const equals = pair.indexOf('=');
	return equals === -1 ? MASK : `${pair.slice(0, equals + 1)}${MASK}`;
}

/** A URL, or a part of one, without user, password and the values of parameters that carry secrets. */
export function maskUrl(url: string): string {
	const query = url.indexOf('?');
	const head = (query === -1 ? url : url.slice(0, query)).replace(/^([a-z][\w+.-]*:\/\/)[^/@]*@/i, `$1${MASK}@`);
	if (query === -1) return head;
	const parameters = url.slice(query + 1).split('&');
	return `${head}?${parameters.map(maskParameter).join('&')}`;
}

function maskParameter(parameter: string): string {
	const equals = parameter.indexOf('=');
	const name = equals === -1 ? parameter : parameter.slice(0, equals);
	return equals !== -1 && SECRET_PARAMETER.test(name) ? `${name}=${MASK}` : parameter;
}

/** The secrets that a request carries, as a server could echo them. */
export function secretsOf(headers: HeaderLines, url: string): readonly string[] {
	const found: string[] = [];
	for (const [name, value] of headers) {
		const lower = name.toLowerCase();
		if (lower === 'cookie') found.push(...value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim()));
		else if (lower === 'sec-websocket-protocol')
			found.push(
				...value
					.split(',')
					.map((token) => token.trim())
					.filter(isBearer),
			);
		else if (isSecretHeader(lower)) found.push(value.trim(), value.trim().replace(/^\S+\s+/, ''));
	}
	const [, user] = /^[a-z][\w+.-]*:\/\/([^/@?#]*)@/i.exec(url) ?? [];
	if (user !== undefined) found.push(...user.split(':'), user);
	const query = url.indexOf('?');
	if (query !== -1)
		for (const parameter of url.slice(query + 1).split('&'))
			if (maskParameter(parameter) !== parameter) found.push(parameter.slice(parameter.indexOf('=') + 1));
	return [...new Set(found)].filter((secret) => secret.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** Strikes secrets out of any text. */
function strike(text: string, secrets: readonly string[]): string {
	let masked = text;
	for (const secret of secrets) masked = masked.replaceAll(secret, MASK);
	return masked;
}

/** A trace with every secret masked, also where the server echoed one. `more`: secrets that the headers do not show, such as a password. */
export function maskTrace(trace: HandshakeTrace, more: readonly string[] = []): HandshakeTrace {
	const secrets = [
		...new Set([...secretsOf(trace.request.headers, trace.url), ...more.filter((secret) => secret.length >= SHORTEST)]),
	].sort((a, b) => b.length - a.length);
	const hide = (text: string): string => strike(text, secrets);
	const headers = (lines: HeaderLines): HeaderLines =>
		lines.map(([name, value]) => [name, hide(maskHeader(name, value))] as const);
	return {
		...trace,
		url: hide(maskUrl(trace.url)),
		request: { headers: headers(trace.request.headers) },
		redirects: trace.redirects.map(({ url, status, location }) => ({
			url: hide(maskUrl(url)),
			status,
			location: hide(maskUrl(location)),
		})),
		response: trace.response && {
			...trace.response,
			reason: hide(trace.response.reason),
			headers: headers(trace.response.headers),
			body: hide(trace.response.body),
		},
		garbage: trace.garbage && hide(trace.garbage),
		message: trace.message && {
			...trace.message,
			sent: hide(trace.message.sent),
			expected: trace.message.expected && hide(trace.message.expected),
			reply: trace.message.reply && hide(trace.message.reply),
		},
		close: trace.close && { ...trace.close, reason: hide(trace.close.reason) },
		failure: trace.failure && { ...trace.failure, message: hide(maskUrl(trace.failure.message)) },
	};
}
