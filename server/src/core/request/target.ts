import type { PlacedDirective, Scope } from '../config/model.ts';
import { lowerCase, toBytes } from '../text/bytes.ts';
import { parseIp } from './addresses.ts';

/** The address of a `…_pass`, taken apart as ngx_parse_url does (src/core/ngx_inet.c; semantics DU7). Bytes. */
export interface Target {
	readonly scheme: string;
	/** Host as written, or the path of a socket behind `unix:`. */
	readonly host: string;
	/** The port as written; undefined when none is. */
	readonly portText: string | undefined;
	readonly defaultPort: number | undefined;
	/** From the first `/` or `?` on; '' when there is none. */
	readonly uri: string;
	readonly isSocket: boolean;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, grpc: 80, grpcs: 443 };

/** Takes the text of a `…_pass` apart; undefined when nginx refuses it (semantics PR15, UP16). */
export function parseTarget(module: string, text: string): Target | undefined {
	const schemed = /^([a-z]+):\/\//i.exec(text);
	let scheme = module;
	let rest = text;
	if (module === 'proxy') {
		if (schemed === null || !/^https?$/i.test(schemed[1] ?? '')) return undefined;
		scheme = lowerCase(schemed[1] ?? '');
		rest = text.slice(schemed[0].length);
	} else if (schemed !== null && /^(?:s?uwsgi|scgi|grpcs?)$/i.test(schemed[1] ?? '')) {
		scheme = lowerCase(schemed[1] ?? '');
		rest = text.slice(schemed[0].length);
	}
	const defaultPort = DEFAULT_PORTS[scheme];
	if (/^unix:/i.test(rest)) {
		const colon = rest.indexOf(':', 5);
		const host = colon === -1 ? rest : rest.slice(0, colon);
		return { scheme, host, portText: undefined, defaultPort, uri: colon === -1 ? '' : rest.slice(colon + 1), isSocket: true };
	}
	const end = rest.search(/[/?]/);
	const authority = end === -1 ? rest : rest.slice(0, end);
	const found = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority);
	const host = found?.[1] ?? '';
	const portText = found?.[2];
	if (found === null || host === '') return undefined;
	if (portText !== undefined && (!/^\d{1,5}$/.test(portText) || Number(portText) < 1 || Number(portText) > 65535))
		return undefined;
	return { scheme, host, portText, defaultPort, uri: end === -1 ? '' : rest.slice(end), isSocket: false };
}

/** `$proxy_host`: the host, with its port unless that is the scheme's own (ngx_http_proxy_set_vars). */
export function proxyHostOf(target: Target): string {
	if (target.isSocket) return 'localhost';
	const own = target.portText === undefined || Number(target.portText) === target.defaultPort;
	return own ? target.host : `${target.host}:${target.portText}`;
}

/** `$proxy_port`. */
export function proxyPortOf(target: Target): string {
	if (target.isSocket) return '';
	return target.portText === undefined || Number(target.portText) === target.defaultPort
		? String(target.defaultPort ?? '')
		: target.portText;
}

export interface Backends {
	readonly addresses: readonly string[];
	readonly upstream: PlacedDirective | undefined;
	readonly balancing: string;
	/** Servers or balancing stand in an include that is not known. */
	readonly unknown: string | undefined;
	/** The host is a name that only a resolver could turn into an address. */
	readonly needsResolver: boolean;
}

/** The addresses behind a target: those of the upstream block of that name, else its own. */
export function backendsOf(target: Target, upstreams: ReadonlyMap<string, Scope>): Backends {
	const named = target.isSocket || target.portText !== undefined ? undefined : upstreams.get(lowerCase(target.host));
	if (named !== undefined) return upstreamBackends(named);
	const port = target.portText ?? (target.defaultPort === undefined ? undefined : String(target.defaultPort));
	return {
		addresses: [target.isSocket || port === undefined ? target.host : `${target.host}:${port}`],
		upstream: undefined,
		balancing: 'round robin',
		unknown: undefined,
		needsResolver: !target.isSocket && parseIp(target.host) === undefined,
	};
}

const BALANCING: readonly (readonly [string, string])[] = [
	['ip_hash', 'ip_hash'],
	['hash', 'hash'],
	['least_conn', 'least_conn'],
	['random', 'random'],
	['sticky', 'sticky'],
	['least_time', 'least_time'],
];

/** The servers of an upstream block (`down` ones left out) and how one is chosen. */
export function upstreamBackends(scope: Scope): Backends {
	const servers = scope.byName.get('server') ?? [];
	const written = servers.filter(({ node }) => !node.args.some((word, at) => at > 0 && word.value === 'down'));
	const isStream = scope.context === 'stream upstream';
	return {
		addresses: written.map(({ node }) => serverAddress(toBytes(node.args[0]?.value ?? ''), isStream)),
		upstream: scope.opener,
		balancing: BALANCING.find(([directive]) => scope.byName.has(directive))?.[1] ?? 'round robin',
		unknown: scope.unresolved.length > 0 ? 'an include that is not in this workspace could add servers' : undefined,
		needsResolver: false,
	};
}

function serverAddress(text: string, isStream: boolean): string {
	if (/^unix:/i.test(text) || /^(?:\[[^\]]*\]|[^:]*):\d+$/.test(text) || isStream) return text;
	return `${text}:80`;
}
