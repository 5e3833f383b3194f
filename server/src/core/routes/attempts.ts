import type { PlacedDirective, Scope } from '../config/model.ts';
import { HANDLERS } from './handlers.ts';
import type { Evidence } from './route.ts';
import { speaksOfUpgrade } from './upgradeWords.ts';

/** The directives of a scope that forward, or try to forward, an upgrade (HD1–HD11, HD15, HD23, HD26). */
export function attemptsIn(scope: Scope): readonly Evidence[] {
	const found: Evidence[] = [];
	for (const name of ['proxy_set_header', 'add_header', 'uwsgi_param', 'fastcgi_param', 'grpc_set_header'])
		for (const placed of scope.byName.get(name) ?? [])
			if (attemptsUpgrade(placed)) found.push(evidence(placed, `sets ${written(placed)}`));
	// Upgrade passes from a backend to the client anyway: who writes this means the other direction.
	for (const placed of scope.byName.get('proxy_pass_header') ?? [])
		if (/^upgrade$/i.test(placed.node.args[0]?.value ?? '')) found.push(evidence(placed, `says ${written(placed)}`));
	for (const nested of scope.byName.get('if') ?? []) {
		const condition = nested.node.args.map((word) => word.value).join(' ');
		if (/\$\{?http_upgrade\b/i.test(condition) && nested.body !== undefined && proxies(nested.body))
			found.push(evidence(nested, `proxies when $http_upgrade is set (${written(nested)})`));
	}
	return found;
}

function proxies(body: Scope): boolean {
	return HANDLERS.some((name) => body.byName.has(name));
}

function attemptsUpgrade(placed: PlacedDirective): boolean {
	const [name, value] = placed.node.args.map((word) => word.value.trim().toLowerCase());
	if (name === undefined || value === undefined || value === '') return false;
	// Name and value the wrong way round (HD24).
	if (name.startsWith('$')) return speaksOfUpgrade(name, placed.scope);
	const header = name.replace(/[:=\s].*$/, '').replace(/^http_/, '');
	if (placed.node.name.value === 'proxy_set_header') {
		if (header === 'upgrade' || isMisspeltUpgrade(header)) return value !== 'close';
		return (header === 'connection' || header === 'conection' || header === 'connexion') && speaksOfUpgrade(value, placed.scope);
	}
	return (header === 'upgrade' || header === 'connection') && speaksOfUpgrade(value, placed.scope);
}

/** The line of a location that passes the client’s own Connection on, which says upgrade in a handshake. */
export function passesConnection(scope: Scope): PlacedDirective | undefined {
	return scope.byName.get('proxy_set_header')?.find(({ node }) => {
		const [name, value] = node.args.map((word) => word.value.trim().toLowerCase());
		return name === 'connection' && (value === '$http_connection' || value === '${http_connection}');
	});
}

/** One letter missing, doubled, swapped or wrong in `upgrade`. */
function isMisspeltUpgrade(header: string): boolean {
	return (
		header.length >= 6 &&
		header.length <= 8 &&
		/^u?p?g?r?a?d?e?$|^up+gr+a+d+e+$|^(?:upgarde|ugprade|upgrdae|upgraed|updrade|upgrede|upgrate|updgrade)$/.test(header)
	);
}

/** A directive, by its name's place, with what it tells. */
export function evidence(placed: PlacedDirective, text: string): Evidence {
	return { text, at: { path: placed.file.path, span: placed.node.name.span } };
}

function written(placed: PlacedDirective): string {
	return [placed.node.name, ...placed.node.args].map((word) => placed.file.tree.source.slice(word.span)).join(' ');
}
