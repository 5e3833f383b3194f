import { workspace } from 'vscode';

/**
 * The proxy of the editor's settings for a host (`http.proxy`, `http.noProxy`, `http.proxySupport`); undefined when it is reached
 * directly. @param host with or without a port
 */
export function proxyFor(host: string): string | undefined {
	const settings = workspace.getConfiguration('http');
	const proxy = settings.get<string>('proxy', '').trim();
	if (proxy === '' || settings.get<string>('proxySupport') === 'off') return undefined;
	return settings.get<readonly string[]>('noProxy', []).some((pattern) => isExempt(host, pattern)) ? undefined : proxy;
}

/** `example.com` and `.example.com` hold for the host and what is under it, `*` for everything; a port, where it is given, has to be the same. */
export function isExempt(host: string, pattern: string): boolean {
	const [name, port] = split(host);
	const [wanted, wantedPort] = split(pattern.trim().replace(/^\*?\./, ''));
	if (wanted === '*') return true;
	if (wanted === '' || (wantedPort !== undefined && wantedPort !== port)) return false;
	return name === wanted || name.endsWith(`.${wanted}`);
}

function split(host: string): readonly [string, string | undefined] {
	const found = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host.toLowerCase());
	return [found?.[1] ?? host.toLowerCase(), found?.[2]];
}
