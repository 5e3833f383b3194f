import type { PlacedDirective } from '../config/model.ts';
import type { RequestState } from './state.ts';
import { splitArgs } from './uri.ts';
import { CannotKnow } from './value.ts';
import { evaluate } from './values.ts';

/** What nginx does with a status of its own (src/http/ngx_http_special_response.c). */
export type Special =
	/** Sends it. */
	| { readonly kind: 'answer'; readonly status: number }
	| { readonly kind: 'jump'; readonly path: string; readonly args: string }
	| { readonly kind: 'named'; readonly name: string };

/** Statuses of nginx's own that a client sees as 400. */
const HIDDEN: ReadonlySet<number> = new Set([494, 495, 496, 497]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** nginx closes the connection without an answer. */
const SILENT: ReadonlySet<number> = new Set([408, 444, 499]);

/** The way from a status to the answer, by the error_page lines in force (semantics RT7, RT8, RT25, RT28). */
export function specialResponse(state: RequestState, status: number): Special {
	if (SILENT.has(status)) return { kind: 'answer', status };
	state.errorStatus = status;
	state.errorStatusAt = undefined;
	if (!state.errorPageUsed && state.jumpsLeft !== 0) {
		const { lines, unknown } = state.level.lines('error_page');
		if (unknown !== undefined) throw new CannotKnow(unknown);
		if (lines.length > 0) {
			if (!state.level.flag('recursive_error_pages')) state.errorPageUsed = true;
			for (const at of lines) {
				const page = readErrorPage(at);
				if (page.statuses.includes(status)) return sendErrorPage(state, at, status, page.overwrite);
			}
		}
	}
	return { kind: 'answer', status: HIDDEN.has(status) ? 400 : status };
}

/** True when an error_page in force takes this status now. */
export function hasErrorPage(state: RequestState, status: number): boolean {
	return (
		!state.errorPageUsed &&
		state.jumpsLeft !== 0 &&
		state.level.lines('error_page').lines.some((at) => readErrorPage(at).statuses.includes(status))
	);
}

interface ErrorPage {
	readonly statuses: readonly number[];
	/** Undefined without `=`; 0 for a bare `=`. */
	readonly overwrite: number | undefined;
}

function readErrorPage(at: PlacedDirective): ErrorPage {
	const words = at.node.args.slice(0, -1).map((word) => word.value);
	const sign = words.at(-1)?.startsWith('=') ? words.pop() : undefined;
	return {
		statuses: words.map(Number),
		overwrite: sign === undefined ? undefined : sign === '=' ? 0 : Number(sign.slice(1)),
	};
}

function sendErrorPage(state: RequestState, at: PlacedDirective, status: number, overwrite: number | undefined): Special {
	state.cite(at, `takes status ${status}`);
	const hidden = overwrite ?? (HIDDEN.has(status) ? 400 : undefined);
	if (hidden !== undefined) state.errorStatus = hidden;
	if (state.errorStatus !== 0) state.errorStatusAt = at;
	const template = state.level.template(at, at.node.args.length - 1);
	const { result: uri, sources } = state.tracking(() => evaluate(state, template));
	if (typeof uri !== 'string') throw new CannotKnow(uri.reason);
	for (const source of sources) state.cite(source, 'gives the page of the error');
	if (uri.startsWith('/')) {
		if (state.method !== 'HEAD') state.method = 'GET';
		return { kind: 'jump', ...splitArgs(uri) };
	}
	if (uri.startsWith('@')) return { kind: 'named', name: uri };
	state.redirect = uri;
	const code = hidden !== undefined && REDIRECTS.has(hidden) ? hidden : 302;
	state.errorStatus = code;
	return { kind: 'answer', status: code };
}
