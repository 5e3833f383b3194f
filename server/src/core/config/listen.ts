import type { PlacedDirective, Scope } from './model.ts';

/** One `listen` of a server (docs: ngx_http_core_module, listen). */
export interface Listen {
	/** `*`, an IPv4 address, `[…]`, a host name, or `unix:/path`. */
	readonly address: string;
	/** 0 for a unix socket. */
	readonly port: number;
	readonly tls: boolean;
	readonly http2: boolean;
	readonly quic: boolean;
	readonly proxyProtocol: boolean;
	readonly defaultServer: boolean;
	/** `ipv6only=off`: an IPv6 wildcard that takes IPv4 connections as well. */
	readonly dual: boolean;
	/** Undefined when the server has no listen and nginx takes `*:80`. */
	readonly at: PlacedDirective | undefined;
}

/** Reads one `listen`; undefined when its address or port is not one. A port range gives its first port. */
export function parseListen(placed: PlacedDirective): Listen | undefined {
	const [first, ...rest] = placed.node.args;
	const address = first && readAddress(first.value);
	if (address === undefined) return undefined;
	const flags = rest.map(({ value }) => value.toLowerCase());
	return {
		address: address.address,
		port: address.port,
		tls: flags.includes('ssl') || flags.includes('quic'),
		http2: flags.includes('http2'),
		quic: flags.includes('quic'),
		proxyProtocol: flags.includes('proxy_protocol'),
		defaultServer: flags.includes('default_server') || flags.includes('default'),
		dual: flags.includes('ipv6only=off'),
		at: placed,
	};
}

/** Every listen of a server scope; `*:80` when it has none. `ssl on;` of old nginx makes all of them TLS (before 1.25.1). */
export function listensOf(server: Scope): readonly Listen[] {
	const written = server.byName.get('listen') ?? [];
	const allTls = (server.byName.get('ssl') ?? []).some((placed) => placed.node.args[0]?.value.toLowerCase() === 'on');
	if (written.length === 0)
		return [
			{
				address: '*',
				port: 80,
				tls: allTls,
				http2: false,
				quic: false,
				proxyProtocol: false,
				defaultServer: false,
				dual: false,
				at: undefined,
			},
		];
	const listens = written.map(parseListen).filter((listen) => listen !== undefined);
	return allTls ? listens.map((listen) => ({ ...listen, tls: true })) : listens;
}

function readAddress(text: string): { address: string; port: number } | undefined {
	// The plain way of writing first: `127.0.0.1:8080`, `*:80`.
	const plain = /^([\w.*-]+):(\d+)$/.exec(text);
	if (plain?.[1] !== undefined && plain[1].toLowerCase() !== 'unix')
		return { address: plain[1].toLowerCase(), port: Number(plain[2]) };
	if (text.toLowerCase().startsWith('unix:')) return { address: text, port: 0 };
	if (/^\d+(-\d+)?$/.test(text)) return { address: '*', port: Number.parseInt(text, 10) };
	const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+)(?:-\d+)?)?$/.exec(text);
	if (match === null || match[1] === undefined || match[1] === '') return undefined;
	return { address: match[1].toLowerCase(), port: match[2] === undefined ? 80 : Number(match[2]) };
}
