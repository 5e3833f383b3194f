import { type IpAddress, isIn, parseIp, parseRange } from './addresses.ts';
import type { Level } from './level.ts';
import type { RequestState } from './state.ts';

const DIRECTIVES: readonly string[] = ['set_real_ip_from'];

/**
 * Takes the client's address from a header where the connection comes from a trusted one (src/http/modules/ngx_http_realip_module.c).
 * Runs with the server's configuration first, and with the location's when that changed nothing.
 */
export function takeRealAddress(state: RequestState, level: Level): void {
	if (!level.mayAny(DIRECTIVES) || state.remoteAddress !== state.peerAddress || state.peerAddress === undefined) return;
	const { lines, unknown } = level.lines('set_real_ip_from');
	if (unknown !== undefined) {
		state.remoteAddress = undefined;
		return;
	}
	const trusts = (address: string, ip: IpAddress | undefined): boolean =>
		lines.some((at) => {
			const what = at.node.args[0]?.value ?? '';
			if (what === 'unix:') return address.startsWith('unix:');
			const range = parseRange(what);
			return range !== undefined && ip !== undefined && isIn(range, ip);
		});
	if (!trusts(state.peerAddress, parseIp(state.peerAddress))) return;
	const header = (level.setting('real_ip_header').value ?? 'X-Real-IP').toLowerCase();
	if (header === 'proxy_protocol') return;
	const sent = state.headers
		.filter(({ lower }) => lower === header)
		.map(({ value }) => value)
		.join(',');
	const recursive = level.flag('real_ip_recursive');
	const listed = sent.split(/[ ,]+/).filter((text) => text !== '');
	for (let text = listed.pop(); text !== undefined; text = listed.pop()) {
		const address = withoutPort(text);
		const ip = parseIp(address);
		if (ip === undefined) return;
		state.remoteAddress = address.replace(/^\[(.*)\]$/, '$1');
		if (!recursive || !trusts(address, ip)) return;
	}
}

function withoutPort(text: string): string {
	return /^(\[[^\]]*\]|[^:]*):\d+$/.exec(text)?.[1] ?? text;
}
