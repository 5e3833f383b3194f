import { locationTitle } from '../config/location.ts';
import type { PlacedDirective } from '../config/model.ts';
import { mayAnswerOtherwise } from '../config/unknownNames.ts';
import { parseOffset } from '../reference/values.ts';
import { toBytes } from '../text/bytes.ts';
import { type AskSubrequest, checkAccess } from './access.ts';
import { hasErrorPage, specialResponse } from './errorPage.ts';
import { changeClientHeaders } from './headersMore.ts';
import type { Handler, Level } from './level.ts';
import { findLocation } from './locationTable.ts';
import { takeRealAddress } from './realIp.ts';
import { runProgram } from './rewrite.ts';
import type { RequestState } from './state.ts';
import { escapeUri, splitArgs } from './uri.ts';
import { CannotKnow } from './value.ts';
import { decisive, evaluate, matchPattern } from './values.ts';

/** Where a request ended. */
export type Arrival =
	/** nginx answers; `status` null: from a file on disk. */
	| { readonly kind: 'answered'; readonly status: number | null }
	/** A `…_pass` takes it, with the configuration of `state.level`. */
	| { readonly kind: 'pass'; readonly at: PlacedDirective };

type Step =
	| { readonly kind: 'server' }
	| { readonly kind: 'find' }
	| { readonly kind: 'location' }
	| { readonly kind: 'finalize'; readonly status: number }
	| { readonly kind: 'jump'; readonly path: string; readonly args: string }
	| { readonly kind: 'named'; readonly name: string }
	| { readonly kind: 'done'; readonly arrival: Arrival };

/** Follows a request from the server's rewrite phase to its end (src/http/ngx_http_core_module.c). */
export function runRequest(state: RequestState): Arrival {
	takeRealAddress(state, state.server.level);
	return follow(state, { kind: 'server' });
}

/** Follows a request whose location is chosen already. */
export function runLocation(state: RequestState): Arrival {
	return follow(state, { kind: 'location' });
}

/** Ends a request with a status before any phase ran (400 for a bad request). */
export function refuse(state: RequestState, status: number): Arrival {
	return follow(state, { kind: 'finalize', status });
}

function follow(state: RequestState, first: Step): Arrival {
	let step = first;
	// Each round but a bounded few spends one of the eleven jumps.
	for (let round = 0; round < 200; round++) {
		if (step.kind === 'done') return step.arrival;
		step = next(state, step);
	}
	throw new CannotKnow('the request does not come to an end');
}

function next(state: RequestState, step: Exclude<Step, { kind: 'done' }>): Step {
	switch (step.kind) {
		case 'server':
			return serverRewrite(state);
		case 'find':
			return findConfig(state);
		case 'location':
			return locationPhases(state);
		case 'finalize':
			return finalize(state, step.status);
		case 'jump':
			return internalRedirect(state, step.path, step.args);
		case 'named':
			return namedLocation(state, step.name);
	}
}

function serverRewrite(state: RequestState): Step {
	state.uriChanged = false;
	const ending = runProgram(state, state.server.level.program, () => {});
	if (ending.kind === 'finalize') return ending;
	if (ending.kind === 'response') return respond(state, ending.status);
	return { kind: 'find' };
}

function findConfig(state: RequestState): Step {
	state.handler = undefined;
	state.uriChanged = false;
	state.level = state.server.level;
	state.location = undefined;
	const found = findLocation(state.server.level, state.path, (level, uri) =>
		matchPattern(state, level.pattern, uri, level.scope.opener === undefined ? [] : [level.scope.opener], {
			forget: false,
			what: () => `the expression of ${level.scope.opener === undefined ? 'a location' : locationTitle(level.scope.opener)}`,
		}),
	);
	if (found !== undefined) {
		state.location = found.level;
		state.level = found.level;
		state.cite(found.level.scope.opener, found.slashRedirect ? 'its name is the URI and a slash' : 'takes the URI');
	}
	if (!state.internal && state.level.isInternal) {
		for (let level: Level | undefined = state.level; level !== undefined; level = level.outer)
			state.cite(level.scope.byName.get('internal')?.[0], 'refuses requests from outside');
		return { kind: 'finalize', status: 404 };
	}
	enter(state, state.level);
	if (bodyIsTooLarge(state)) return { kind: 'finalize', status: 413 };
	if (found?.slashRedirect) {
		state.cite(found.level.handler?.at, 'makes nginx add the slash');
		const name = escapeUri(found.level.name);
		const args = state.citedArgs();
		state.redirect = args === '' ? name : `${name}?${args}`;
		return { kind: 'finalize', status: 301 };
	}
	return { kind: 'location' };
}

/** A body that its Content-Length makes larger than client_max_body_size (semantics UP21). */
function bodyIsTooLarge(state: RequestState): boolean {
	const length = state.headers.find(({ lower }) => lower === 'content-length')?.value;
	if (length === undefined) return false;
	const { value, at } = state.level.setting('client_max_body_size');
	const limit = value === undefined ? 1_048_576 : parseOffset(value);
	if (limit === undefined || limit === 0 || Number(length) <= limit) return false;
	state.cite(at, 'the body is larger');
	return true;
}

/** Puts a configuration in force (ngx_http_update_location_config). */
function enter(state: RequestState, level: Level): void {
	state.level = level;
	const limit = level.limitExcept;
	if (limit !== undefined && !limit.methods.has(state.method)) {
		state.level = limit.level;
		if (level.program.length > 0 || level.scope.byName.has('try_files'))
			state.cite(limit.level.scope.opener, `takes ${state.method}`);
	}
	const handler = handlerOf(state.level);
	if (handler !== undefined) state.handler = handler;
}

/** A `limit_except` has the handler of its location when that passes requests on, save to memcached (seen on 1.22.1 to 1.30.6). */
function handlerOf(level: Level): Handler | undefined {
	if (level.handler !== undefined || level.kind !== 'limit_except') return level.handler;
	const outer = level.outer?.handler;
	return outer?.kind === 'pass' && outer.at.node.name.value !== 'memcached_pass' ? outer : undefined;
}

function locationPhases(state: RequestState): Step {
	const program = state.level.kind === 'limit_except' || state.location === undefined ? [] : state.level.program;
	if (program.length > 0) {
		const ending = runProgram(state, program, (level) => enter(state, level));
		if (ending.kind === 'finalize') return ending;
		if (ending.kind === 'response') return respond(state, ending.status);
		if (state.uriChanged) {
			changeClientHeaders(state);
			state.jumpsLeft--;
			if (state.jumpsLeft === 0) return { kind: 'finalize', status: 500 };
			return { kind: 'find' };
		}
	}
	changeClientHeaders(state);
	takeRealAddress(state, state.level);
	const refused = checkAccess(state, askFrom(state));
	if (refused !== undefined) return { kind: 'finalize', status: refused };
	const tried = tryFiles(state);
	if (tried !== undefined) return tried;
	return content(state);
}

/** An answer whose status error_page may have fixed before (r->err_status). */
function respond(state: RequestState, status: number): Step {
	state.cite(state.errorStatusAt, `makes the status ${state.errorStatus}`);
	return { kind: 'done', arrival: { kind: 'answered', status: state.errorStatus || status } };
}

function finalize(state: RequestState, status: number): Step {
	const special = specialResponse(state, status);
	if (special.kind === 'answer') return { kind: 'done', arrival: { kind: 'answered', status: special.status } };
	return special;
}

function internalRedirect(state: RequestState, path: string, args: string): Step {
	state.jumpsLeft--;
	if (state.jumpsLeft === 0) return { kind: 'finalize', status: 500 };
	state.path = path;
	if (args !== state.args) state.argsBy = [];
	state.args = args;
	state.internal = true;
	state.validUnparsed = false;
	state.validLocation = true;
	state.level = state.server.level;
	return { kind: 'server' };
}

function namedLocation(state: RequestState, name: string): Step {
	state.jumpsLeft--;
	if (state.jumpsLeft === 0) return { kind: 'finalize', status: 500 };
	const level = state.server.level.locations.named.get(name);
	if (level === undefined) state.missing = name;
	if (level === undefined || state.path === '') return { kind: 'finalize', status: 500 };
	state.internal = true;
	state.handler = undefined;
	state.uriChanged = false;
	state.location = level;
	state.cite(level.scope.opener, 'takes the request over');
	enter(state, level);
	return { kind: 'location' };
}

/** try_files with every file absent (semantics RT12): its last argument decides. */
function tryFiles(state: RequestState): Step | undefined {
	const at = state.level.isNameless ? undefined : state.level.scope.byName.get('try_files')?.at(-1);
	const last = at?.node.args.at(-1);
	if (at === undefined || last === undefined) return undefined;
	state.cite(at, 'its files are taken as absent');
	const status = /^=(\d+)$/.exec(last.value)?.[1];
	if (status !== undefined) {
		const code = Number(status);
		if (code < 300 && code !== 201 && code !== 204) throw new CannotKnow(`nginx sends no answer for =${code}`);
		return { kind: 'finalize', status: code };
	}
	const template = state.level.template(at, at.node.args.length - 1);
	// A name that the client may choose leads anywhere.
	const read = last.value.startsWith('@') ? decisive : evaluate;
	const { result, sources } = state.tracking(() => read(state, template));
	if (typeof result !== 'string') throw new CannotKnow(result.reason);
	for (const source of sources) state.cite(source, 'gives a part of the fallback');
	const alias = template.constant === undefined && state.level.scope.byName.has('alias') ? state.level.name : '';
	const target = alias !== '' && result.startsWith(alias) ? result.slice(alias.length) : result;
	if (target.startsWith('@')) return { kind: 'named', name: target };
	return { kind: 'jump', ...splitArgs(target) };
}

function content(state: RequestState): Step {
	const { handler } = state;
	if (handler === undefined) return staticContent(state);
	if (handler.kind === 'pass') return { kind: 'done', arrival: { kind: 'pass', at: handler.at } };
	if (handler.kind === 'opaque') throw new CannotKnow(`${handler.at.node.name.value} answers with what only it knows`);
	state.cite(handler.at, 'answers');
	const name = handler.at.node.name.value;
	if (name !== 'stub_status' && name !== 'empty_gif') return { kind: 'done', arrival: { kind: 'answered', status: null } };
	if (state.method !== 'GET' && state.method !== 'HEAD') return { kind: 'finalize', status: 405 };
	return respond(state, 200);
}

/** Files on disk: absent, which only shows when an error_page takes the 404. */
function staticContent(state: RequestState): Step {
	if (!['GET', 'HEAD', 'POST'].includes(state.method)) {
		const dav = state.level.effective('dav_methods');
		return dav.level === 'default'
			? { kind: 'finalize', status: 405 }
			: { kind: 'done', arrival: { kind: 'answered', status: null } };
	}
	const index = state.path.endsWith('/') ? state.level.lines('index').lines[0]?.node.args[0]?.value : undefined;
	if (index?.startsWith('/') && !index.includes('$')) return { kind: 'jump', path: index, args: state.args };
	if (hasErrorPage(state, 404)) return { kind: 'finalize', status: 404 };
	return { kind: 'done', arrival: { kind: 'answered', status: null } };
}

/**
 * The status of an auth_request subrequest where no location takes it, where one redirects it, where a plain `return` gives it, or where
 * nothing answers it; null where a backend or anything less plain does.
 */
function askFrom(state: RequestState): AskSubrequest {
	return (uri) => {
		const { path } = splitArgs(toBytes(uri));
		const found = findLocation(state.server.level, path, (level, subject) => level.pattern.match(subject) !== null);
		if (state.server.level.program.length > 0 || state.server.level.scope.unresolved.length > 0) return null;
		// No location takes it: a file, and files are taken as absent. One that adds a slash redirects (semantics RT1).
		if (found === undefined) return 404;
		if (found.slashRedirect) {
			state.cite(found.level.scope.opener, 'redirects the subrequest to its name');
			return 301;
		}
		const [first] = found.level.program;
		if (first === undefined && isEmpty(found.level, path)) {
			state.cite(found.level.scope.opener, 'takes the subrequest');
			return 404;
		}
		if (first?.kind !== 'return') return null;
		state.cite(found.level.scope.opener, 'takes the subrequest');
		state.cite(first.at, 'answers the subrequest');
		return first.status;
	};
}

/** Whether a location looks for a file of that name, and gives the 404 for it as it is. An error page without `=` keeps the status (r->err_status). */
function isEmpty(level: Level, path: string): boolean {
	const { scope, handler } = level;
	if (handler !== undefined || path.endsWith('/') || scope.unresolved.length > 0) return false;
	if (['try_files', 'limit_except', 'location', 'alias', 'root'].some((name) => scope.byName.has(name))) return false;
	if (mayAnswerOtherwise(scope)) return false;
	const { lines, unknown } = level.lines('error_page');
	return unknown === undefined && lines.every(({ node }) => node.args.every(({ value }) => !/^[=@]/.test(value)));
}
