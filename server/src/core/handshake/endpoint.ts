/** The parts of a URL as the wire needs them; `authority` is host and port as written, `target` path and query. */
export function endpointOf(url: string): {
	readonly scheme: 'ws' | 'wss';
	readonly authority: string;
	readonly host: string;
	readonly port: string;
	readonly target: string;
} {
	const match = /^([a-z]+):\/\/(?:[^/?#@]*@)?((\[[^\]]*\]|[^/?#:]*)(?::(\d+))?)([^#]*)/i.exec(url);
	const given = (match?.[1] ?? 'ws').toLowerCase();
	const scheme = given === 'wss' || given === 'https' ? 'wss' : 'ws';
	const target = match?.[5] ?? '';
	return {
		scheme,
		authority: match?.[2] ?? '',
		host: match?.[3] ?? '',
		port: match?.[4] ?? (scheme === 'wss' ? '443' : '80'),
		target: target.startsWith('/') ? target : `/${target}`,
	};
}
