/**
 * True when a host as it stands in a URL is this machine without asking DNS: 127.0.0.0/8, ::1, `localhost` and names under it
 * (RFC 6761 §6.3).
 */
export function isLoopback(host: string): boolean {
	const name = host.toLowerCase().replace(/\.$/, '');
	return (
		name === 'localhost' ||
		name.endsWith('.localhost') ||
		name === '[::1]' ||
		name === '::1' ||
		/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
	);
}

/** The loopback address that reaches a `listen` address from this machine; undefined when none does. */
export function loopbackFor(listenAddress: string): string | undefined {
	if (listenAddress === '*' || listenAddress === '0.0.0.0') return '127.0.0.1';
	if (listenAddress === '[::]') return '::1';
	return isLoopback(listenAddress) ? listenAddress.replace(/^\[|\]$/g, '') : undefined;
}
