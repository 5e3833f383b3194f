import { type DirectLeg, isUnreachable, type Legs } from '../../core/handshake/legs.ts';
import { headerValue } from '../../core/handshake/trace.ts';
import type { UpstreamRequest } from '../../core/request/prediction.ts';
import type { OpeningOptions } from './opening.ts';
import { type ProbeOptions, probe } from './probe.ts';

export interface TwoLegsOptions extends ProbeOptions {
	/** Where nginx passes the handshake to, and how; undefined when that is not known. */
	readonly upstream: UpstreamRequest | undefined;
}

/** More backends than this are not asked one by one. */
const MOST_BACKENDS = 8;

/**
 * The same handshake through nginx, then straight to each address that nginx passes it to: complete, with the path and the Host that nginx
 * sends. A backend behind uwsgi_pass or scgi_pass speaks no HTTP and is not asked. One over TLS is asked as nginx asks it, without looking at its certificate (proxy_ssl_verify is off by default). Never throws.
 */
export async function twoLegs({ upstream, ...options }: TwoLegsOptions): Promise<Legs> {
	const through = await probe(options);
	if (upstream?.module !== 'proxy' || through.outcome === 'cancelled') return { through, direct: [] };
	const direct: DirectLeg[] = [];
	for (const address of upstream.addresses.slice(0, MOST_BACKENDS)) {
		if (options.signal?.aborted === true) break;
		direct.push(await directLeg(address, upstream, options));
	}
	return { through, direct };
}

async function directLeg(address: string, upstream: UpstreamRequest, options: ProbeOptions): Promise<DirectLeg> {
	const host = upstream.headers.get('host');
	const straight = (hostHeader: string | undefined) =>
		probe({ ...options, ...directOptions(address, upstream, options, hostHeader), followRedirects: 0 });
	const trace = await straight(host);
	const clientHost = headerValue(options.headers ?? [], 'host') ?? hostOf(options.url);
	const refused = trace.outcome === 'refused' && !isUnreachable(trace);
	const withClientHost =
		refused && clientHost !== undefined && clientHost !== host && options.signal?.aborted !== true
			? await straight(clientHost)
			: undefined;
	return { address, trace, withClientHost };
}

/** The changes that send a handshake to a backend instead of nginx, with the path and (unless said otherwise) the Host that nginx sends. */
export function directOptions(
	address: string,
	upstream: UpstreamRequest,
	options: OpeningOptions,
	hostHeader = upstream.headers.get('host'),
): Pick<OpeningOptions, 'url' | 'connectTo' | 'headers' | 'origin' | 'tls' | 'proxy' | 'onStage'> {
	return {
		...directTarget(address, upstream),
		headers: [
			...(options.headers ?? []).filter(([name]) => name.toLowerCase() !== 'host'),
			...(hostHeader === undefined ? [] : [['Host', hostHeader] as const]),
		],
		origin: originOf(options),
		tls: { ...options.tls, insecure: true },
		proxy: undefined,
		onStage: undefined,
	};
}

function directTarget(address: string, { scheme, uri }: UpstreamRequest): { readonly url: string; readonly connectTo?: string } {
	const ws = scheme === 'https' ? 'wss' : 'ws';
	const path = uri.startsWith('/') ? uri : `/${uri}`;
	return address.startsWith('unix:')
		? { url: `${ws}://localhost${path}`, connectTo: address }
		: { url: `${ws}://${address}${path}`, connectTo: address };
}

/** “same” means the same as the client's page, which nginx passes on as it is. */
function originOf({ origin, url }: OpeningOptions): string | undefined {
	if (origin !== 'same') return origin;
	const host = hostOf(url);
	return host === undefined ? undefined : `${/^(wss|https):/i.test(url) ? 'https' : 'http'}://${host}`;
}

function hostOf(url: string): string | undefined {
	return URL.canParse(url) ? new URL(url).host : undefined;
}
