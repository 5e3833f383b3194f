import { isBuiltInVariable, mayBeForeignVariable } from '../reference/variables.ts';
import { variableReferences } from '../syntax/words.ts';
import type { Configuration, Place, PlacedDirective, Scope } from './model.ts';
import { takesVariables } from './variableArguments.ts';

/** What gives a variable its value. */
export interface VariableDefinition {
	/** Lower case, without `$`. */
	readonly name: string;
	readonly kind: 'map' | 'geo' | 'split_clients' | 'set' | 'capture' | 'other';
	readonly at: PlacedDirective;
	/** The name where it is written. */
	readonly place: Place;
}

/** One variable in one argument. */
export interface VariableUse {
	readonly name: string;
	/** With its `$`, as written. */
	readonly place: Place;
	readonly at: PlacedDirective;
	/** Zero-based index of the argument. */
	readonly argument: number;
}

export interface VariableTable {
	/** By lower-case name; several for a variable that is set in several places. The last map wins (MP8). */
	readonly definitions: ReadonlyMap<string, readonly VariableDefinition[]>;
	readonly uses: readonly VariableUse[];
	/** Uses that nginx refuses with `unknown "…" variable` (HD16, DU6). Empty when something that is not in the workspace could define them. */
	readonly unknown: readonly VariableUse[];
}

/** Modules that define variables with these directives; the argument (zero-based) that names the variable. */
const DEFINING: ReadonlyMap<string, { readonly kind: VariableDefinition['kind']; readonly argument: number }> = new Map([
	['map', { kind: 'map', argument: 1 }],
	['geo', { kind: 'geo', argument: -1 }],
	['split_clients', { kind: 'split_clients', argument: 1 }],
	['set', { kind: 'set', argument: 0 }],
	['auth_request_set', { kind: 'other', argument: 0 }],
	['perl_set', { kind: 'other', argument: 0 }],
	['js_set', { kind: 'other', argument: 0 }],
	['js_var', { kind: 'other', argument: 0 }],
	['set_by_lua', { kind: 'other', argument: 0 }],
	['set_by_lua_block', { kind: 'other', argument: 0 }],
	['set_by_lua_file', { kind: 'other', argument: 0 }],
	['keyval', { kind: 'other', argument: 1 }],
	['auth_jwt_claim_set', { kind: 'other', argument: 0 }],
	['auth_jwt_header_set', { kind: 'other', argument: 0 }],
	['mgmt', { kind: 'other', argument: 0 }],
	['limit_req_status_var', { kind: 'other', argument: 0 }],
] as const);

/** Blocks of other modules whose entries may define variables in ways that we do not read. */
const OPAQUE: ReadonlySet<string> = new Set([
	'geoip2',
	'perl_modules',
	'perl_require',
	'js_import',
	'js_include',
	'load_module',
	'num_map',
	'opentracing_load_tracer',
]);

/** Every variable that a configuration defines and uses, on its http and stream side (semantics §4, §12.4). */
export function variableTable(configuration: Configuration): VariableTable {
	const definitions = new Map<string, VariableDefinition[]>();
	const uses: (VariableUse & { side: 'http' | 'stream' })[] = [];
	let incomplete = configuration.fragment !== undefined;

	const define = (definition: VariableDefinition): void => {
		const known = definitions.get(definition.name);
		if (known === undefined) definitions.set(definition.name, [definition]);
		else known.push(definition);
	};
	const visit = (scope: Scope, side: 'http' | 'stream'): void => {
		if (scope.unresolved.length > 0 && scope.context !== 'main') incomplete = true;
		for (const placed of scope.directives) {
			const name = placed.node.name.value;
			if (OPAQUE.has(name)) incomplete = true;
			for (const definition of definitionsOf(placed)) define(definition);
			for (const use of usesOf(placed)) uses.push({ ...use, side });
			if (placed.body !== undefined && placed.body.context !== 'mail')
				visit(placed.body, placed.body.context.startsWith('stream') ? 'stream' : side);
		}
	};
	visit(configuration.root, 'http');

	const unknown = incomplete
		? []
		: uses.filter(
				(use) => !definitions.has(use.name) && !isBuiltInVariable(use.name, use.side) && !mayBeForeignVariable(use.name),
			);
	return { definitions, uses, unknown };
}

function definitionsOf(placed: PlacedDirective): readonly VariableDefinition[] {
	const { node, file } = placed;
	const defining = DEFINING.get(node.name.value);
	const found: VariableDefinition[] = [];
	const defines = (word: (typeof node.args)[number] | undefined, kind: VariableDefinition['kind']): void => {
		if (word?.value.startsWith('$'))
			found.push({ name: word.value.slice(1).toLowerCase(), kind, at: placed, place: { path: file.path, span: word.span } });
	};
	if (defining !== undefined && (node.name.value !== 'map' || node.block !== undefined))
		defines(defining.argument === -1 ? node.args.at(-1) : node.args[defining.argument], defining.kind);
	if (REGEX_CARRIERS.has(node.name.value) || placed.scope.context === 'map' || placed.scope.context === 'stream map')
		for (const word of placed.scope.context.endsWith('map') ? [node.name] : node.args)
			for (const match of word.value.matchAll(/\(\?(?:P?<|')(\w+)[>']/g))
				found.push({
					name: (match[1] ?? '').toLowerCase(),
					kind: 'capture',
					at: placed,
					place: { path: file.path, span: word.span },
				});
	return found;
}

/** Directives whose expressions may hold named captures. */
const REGEX_CARRIERS: ReadonlySet<string> = new Set([
	'location',
	'server_name',
	'if',
	'rewrite',
	'fastcgi_split_path_info',
	'proxy_redirect',
	'valid_referers',
	'proxy_cookie_domain',
	'proxy_cookie_path',
]);

function usesOf(placed: PlacedDirective): readonly VariableUse[] {
	const { node, file } = placed;
	const found: VariableUse[] = [];
	const { source } = file.tree;
	for (const [argument, word] of node.args.entries()) {
		if (!word.value.includes('$') || !takesVariables(placed, argument)) continue;
		for (const reference of variableReferences(word, source))
			if (!reference.capture)
				found.push({ name: reference.name, place: { path: file.path, span: reference.span }, at: placed, argument });
	}
	return found;
}
