import type { PlacedDirective } from '../config/model.ts';
import { isIn, parseIp, parseRange } from './addresses.ts';
import { remoteAddress, remoteUser } from './builtIns.ts';
import type { RequestState } from './state.ts';
import { evaluate } from './values.ts';

/** The status of a subrequest to a URI, for auth_request: null when a backend or a file decides it. */
export type AskSubrequest = (uri: string) => number | null;

/** What one module says: nothing, yes, or a status. */
type Verdict = 'declined' | 'ok' | number;

/** The line that denied, if any. */
type Denials = PlacedDirective[];
const DENIES = 'denies the client';

/** Directives of modules whose verdict is not modelled. */
const OPAQUE: readonly string[] = [
	'access_by_lua',
	'access_by_lua_block',
	'access_by_lua_file',
	'auth_jwt',
	'auth_digest',
	'auth_pam',
	'auth_ldap',
	'oidc_mode',
];

/** Without any of these nobody is refused. */
const ACCESS: readonly string[] = ['allow', 'deny', 'auth_basic', 'auth_request', ...OPAQUE];

/** The access phase: the status that ends the request, or undefined when it may go on (semantics RT24, RT25). */
export function checkAccess(state: RequestState, ask: AskSubrequest): number | undefined {
	if (!state.level.mayAny(ACCESS)) return undefined;
	const any = state.level.setting('satisfy').value?.toLowerCase() === 'any';
	let refused: number | undefined;
	const denials: Denials = [];
	for (const check of [
		(one: RequestState) => checkAddress(one, denials),
		checkPassword,
		(one: RequestState) => checkSubrequest(one, ask),
		checkOpaque,
	]) {
		const verdict = check(state);
		if (verdict === 'declined') continue;
		if (!any) {
			if (verdict === 'ok') continue;
			for (const at of denials) state.cite(at, DENIES);
			return verdict;
		} else if (verdict === 'ok') return undefined;
		else if (verdict === 401 || verdict === 403) refused = verdict;
		else return verdict;
	}
	// Where one yes is enough, a denial matters when nothing else refuses.
	if (refused === 403) for (const at of denials) state.cite(at, DENIES);
	return refused;
}

/** allow and deny: the first line that fits the client's address (ngx_http_access_module). */
function checkAddress(state: RequestState, denials: Denials): Verdict {
	const { lines, unknown } = state.level.lines('allow');
	if (unknown !== undefined) return state.suppose(unknown) ? 'declined' : 403;
	const address = remoteAddress(state);
	const ip = typeof address === 'string' ? parseIp(address) : undefined;
	for (const at of lines) {
		const what = at.node.args[0]?.value ?? '';
		const fits =
			what === 'all'
				? true
				: what === 'unix:'
					? (state.localAddress?.startsWith('unix:') ?? false)
					: typeof address !== 'string'
						? undefined
						: fitsRange(what, ip);
		if (fits === undefined) {
			const rest = new Set(lines.slice(lines.indexOf(at)).map(({ node }) => node.name.value));
			const endsOpen = lines.at(-1)?.node.args[0]?.value !== 'all';
			if (rest.size === 1 && !(endsOpen && rest.has('deny'))) return decide(state, at, lines, denials);
			return state.suppose('allow and deny depend on the client’s address') ? 'ok' : 403;
		}
		if (fits) return decide(state, at, lines, denials);
	}
	return 'declined';
}

function decide(state: RequestState, at: PlacedDirective, lines: readonly PlacedDirective[], denials: Denials): Verdict {
	if (at.node.name.value === 'allow') return 'ok';
	// Without this line one behind it would say yes.
	const hidesYes = lines.slice(lines.indexOf(at) + 1).some(({ node }) => node.name.value === 'allow');
	if (hidesYes) state.cite(at, DENIES);
	denials.push(at);
	return 403;
}

function fitsRange(text: string, ip: ReturnType<typeof parseIp>): boolean {
	const range = parseRange(text);
	return range !== undefined && ip !== undefined && isIn(range, ip);
}

/** auth_basic: 401 without credentials; with some, the password file decides (ngx_http_auth_basic_module). */
function checkPassword(state: RequestState): Verdict {
	const { at, unknown } = state.level.setting('auth_basic');
	if (unknown !== undefined) return state.suppose(unknown) ? 'declined' : 401;
	const file = state.level.setting('auth_basic_user_file');
	if (at === undefined || (file.at === undefined && file.unknown === undefined)) return 'declined';
	const realm = evaluate(state, state.level.template(at, 0));
	if (realm === 'off') return 'declined';
	if (typeof realm !== 'string') return state.suppose(realm.reason) ? 'declined' : 401;
	if (remoteUser(state) !== '' || state.others !== undefined) return state.suppose('the password file is not read') ? 'ok' : 401;
	state.cite(at, 'asks for a password');
	return 401;
}

/** auth_request: 2xx goes on, 401 and 403 are passed on, all else is 500 (semantics RT25). */
function checkSubrequest(state: RequestState, ask: AskSubrequest): Verdict {
	const { at, value, unknown } = state.level.setting('auth_request');
	if (unknown !== undefined) return state.suppose(unknown) ? 'declined' : 403;
	if (at === undefined || value === undefined || value.toLowerCase() === 'off') return 'declined';
	const status = ask(value);
	if (status === null) return state.suppose('auth_request asks another service') ? 'ok' : 403;
	if (status >= 200 && status < 300) return 'ok';
	state.citeValue(at, `its subrequest answers ${status}`, String(status));
	return status === 401 || status === 403 ? status : 500;
}

function checkOpaque(state: RequestState): Verdict {
	const found = OPAQUE.map((name) => state.level.setting(name)).find(
		({ at, value }) => at !== undefined && value?.toLowerCase() !== 'off',
	);
	if (found?.at === undefined) return 'declined';
	return state.suppose(`${found.at.node.name.value} decides who may pass`) ? 'ok' : 403;
}
