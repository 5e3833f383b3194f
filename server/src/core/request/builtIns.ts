import { formatVersion } from '../reference/versions.ts';
import { toBytes } from '../text/bytes.ts';
import { parseIp } from './addresses.ts';
import { headerVariable } from './clientHeaders.ts';
import { refererIsInvalid } from './referers.ts';
import type { RequestState } from './state.ts';
import { type Unknowable, unknowable, type Value } from './value.ts';

type BuiltIn = (state: RequestState) => Value;

/** What a stream server learns from the TLS greeting; until then they are empty. */
export const GREETING_VARIABLES = [
	'ssl_server_name',
	'ssl_preread_server_name',
	'ssl_preread_protocol',
	'ssl_preread_alpn_protocols',
] as const;

/** Numbers, times and identifiers that nginx makes up, with an example: never empty, and never a word that a header could mean. */
const MADE_UP: Readonly<Record<string, string>> = {
	connection: '2',
	connection_requests: '1',
	connection_time: '0.001',
	request_id: '5f0c1d7ab2e94f63a8d0c7b1e2f3a495',
	pid: '1234',
	msec: '1735689600.123',
	time_iso8601: '2025-01-01T00:00:00+00:00',
	time_local: '01/Jan/2025:00:00:00 +0000',
	request_length: '512',
	request_time: '0.000',
	bytes_sent: '0',
	body_bytes_sent: '0',
	remote_port: '50000',
	realip_remote_port: '50000',
	date_local: 'Wednesday, 01-Jan-2025 00:00:00 UTC',
	date_gmt: 'Wednesday, 01-Jan-2025 00:00:00 UTC',
	status: '000',
};

/** Built-in variables of the http side, and those of the TLS greeting, that a request determines (src/http/ngx_http_variables.c and the modules' own tables). */
export const BUILT_INS: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
	['args', args],
	['query_string', args],
	['is_args', (state) => (args(state) === '' ? '' : '?')],
	['uri', (state) => state.path],
	['document_uri', (state) => state.path],
	['request_uri', (state) => state.unparsed],
	['request', (state) => state.requestLine],
	['request_method', (state) => state.methodName],
	['scheme', (state) => (state.tls ? 'https' : 'http')],
	['https', (state) => (state.tls ? 'on' : '')],
	['http2', () => ''],
	['http3', () => ''],
	['server_protocol', (state) => `HTTP/${state.httpVersion}`],
	['host', (state) => (state.host === '' ? state.server.name : state.host)],
	['server_name', (state) => state.server.name],
	['server_port', (state) => (state.localPort === undefined ? unknown('server_port', true, '8080') : portText(state.localPort))],
	['server_addr', (state) => state.localAddress ?? unknown('server_addr', true, '192.0.2.1')],
	['remote_addr', remoteAddress],
	['realip_remote_addr', (state) => state.peerAddress ?? unknown('realip_remote_addr', true, '192.0.2.1')],
	['remote_user', remoteUser],
	['content_length', contentLength],
	['content_type', (state) => headerVariable(state.headers, 'content_type', state.model.ground.traits)],
	['proxy_add_x_forwarded_for', forwardedFor],
	['proxy_host', (state) => state.proxyHost ?? ''],
	['proxy_port', (state) => state.proxyPort ?? ''],
	['proxy_internal_body_length', () => ''],
	['proxy_internal_chunked', () => ''],
	['invalid_referer', refererIsInvalid],
	['nginx_version', (state) => formatVersion(state.model.ground.version)],
	['limit_rate', () => '0'],
	['request_completion', () => ''],
	['request_body', () => ''],
	['request_body_file', () => ''],
	['document_root', (state) => documentRoot(state) ?? unknown('document_root', true)],
	['realpath_root', () => unknown('realpath_root')],
	['request_filename', requestFilename],
	['request_port', (state) => (state.model.ground.traits.strictHost ? requestPort(state) : notBuiltIn('request_port'))],
	[
		'is_request_port',
		(state) => (state.model.ground.traits.strictHost ? (requestPort(state) === '' ? '' : ':') : notBuiltIn('is_request_port')),
	],
	['pipe', () => '.'],
	['memcached_key', () => ''],
	['sent_http_content_type', () => ''],
	...[
		'gzip_ratio',
		'upstream_addr',
		'upstream_status',
		'upstream_cache_status',
		'upstream_response_time',
		'upstream_connect_time',
	]
		.concat(['upstream_header_time', 'upstream_response_length', 'upstream_bytes_received', 'upstream_bytes_sent'])
		.concat(['proxy_protocol_addr', 'proxy_protocol_port', 'proxy_protocol_server_addr', 'proxy_protocol_server_port'])
		.map((name): [string, BuiltIn] => [name, () => '']),
	...['hostname', 'binary_remote_addr'].map((name): [string, BuiltIn] => [name, () => unknown(name, true)]),
	...Object.entries(MADE_UP).map(([name, sample]): [string, BuiltIn] => [name, () => unknown(name, true, sample)]),
	...['ssl_protocol', 'ssl_cipher', 'ssl_ciphers', 'ssl_curve', 'ssl_curves', 'ssl_session_id', 'ssl_session_reused']
		.concat(['ssl_client_cert', 'ssl_client_raw_cert', 'ssl_client_escaped_cert'])
		.concat(['ssl_client_s_dn', 'ssl_client_i_dn', 'ssl_client_s_dn_legacy', 'ssl_client_i_dn_legacy', 'ssl_client_serial'])
		.concat(['ssl_client_fingerprint', 'ssl_client_v_start', 'ssl_client_v_end', 'ssl_client_v_remain', 'ssl_alpn_protocol'])
		.map((name): [string, BuiltIn] => [name, (state) => (state.tls ? unknown(name) : '')]),
	['ssl_early_data', () => ''],
	['ssl_server_name', (state) => (state.tls && parseIp(state.host) === undefined ? state.host : '')],
	...GREETING_VARIABLES.slice(1).map((name): [string, BuiltIn] => [name, () => '']),
	['ssl_client_verify', (state) => (state.tls ? 'NONE' : '')],
]);

function unknown(name: string, filled = false, sample?: string): Unknowable {
	return unknowable(`$${name}`, `$${name} is known only while nginx runs`, filled, sample);
}

function notBuiltIn(name: string): Unknowable {
	return unknowable(`$${name}`, `this nginx does not have $${name}`);
}

function portText(port: number): string {
	return port === 0 ? '' : String(port);
}

/** The client's address: as told; that of a loopback connection is the loopback itself. */
export function remoteAddress(state: RequestState): Value {
	if (state.remoteAddress !== undefined) return state.remoteAddress;
	return unknowable('$remote_addr', 'the client’s address is not known', true, '192.0.2.1');
}

/** A chunked body, here always an empty one, has its length once it is read, which is before headers are set (ngx_http_variable_content_length). */
function contentLength(state: RequestState): string {
	if (!state.headers.some(({ lower }) => lower === 'transfer-encoding'))
		return headerVariable(state.headers, 'content_length', state.model.ground.traits);
	return state.proxyHost === undefined ? '' : '0';
}

function forwardedFor(state: RequestState): Value {
	const own = remoteAddress(state);
	if (!state.headers.some(({ lower }) => lower === 'x-forwarded-for')) return own;
	const sent = headerVariable(state.headers, 'x_forwarded_for', state.model.ground.traits);
	return typeof own === 'string' ? `${sent}, ${own}` : unknowable(`${sent}, ${own.text}`, own.reason, true);
}

/** The name in the Authorization header; '' when nginx cannot read one (ngx_http_auth_basic_user). */
export function remoteUser(state: RequestState): string {
	const sent = state.headers.find(({ lower }) => lower === 'authorization')?.value ?? '';
	const encoded = /^basic +(\S+)/i.exec(sent)?.[1];
	const user = encoded === undefined ? undefined : /^([^:]+):/.exec(decodeBase64(encoded))?.[1];
	return user ?? '';
}

function decodeBase64(text: string): string {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
	let bytes = '';
	let bits = 0;
	let width = 0;
	for (const character of text.replace(/=+$/, '')) {
		const six = alphabet.indexOf(character);
		if (six === -1) return '';
		bits = ((bits << 6) | six) & 0xffffff;
		width += 6;
		if (width >= 8) {
			width -= 8;
			bytes += String.fromCharCode((bits >> width) & 0xff);
		}
	}
	return bytes;
}

/** `$document_root` where `root` is absolute and holds no variable. */
function documentRoot(state: RequestState): string | undefined {
	const { value, at } = state.level.setting('root');
	if (at?.node.name.value !== 'root' || value?.startsWith('/') !== true) return undefined;
	return value.includes('$') ? undefined : toBytes(value.replace(/\/+$/, ''));
}

function requestFilename(state: RequestState): Value {
	const root = documentRoot(state);
	return root === undefined ? unknown('request_filename', true) : root + state.path;
}

function requestPort(state: RequestState): string {
	const host = state.headers.find(({ lower }) => lower === 'host')?.value ?? '';
	return /^(?:\[[^\]]*\]|[^:]*):(\d+)$/.exec(host)?.[1] ?? '';
}

function args(state: RequestState): string {
	state.touch(state.argsBy);
	return state.args;
}
