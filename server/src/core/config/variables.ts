import { isKnownDirective } from '../reference/directives.ts';
import { isBuiltInVariable, mayBeForeignVariable } from '../reference/variables.ts';
import { variableReferences } from '../syntax/words.ts';
import { capturingWords, mayCapture } from './captureNames.ts';
import type { Configuration, ContextName, Place, PlacedDirective, Scope } from './model.ts';
import { mayTakeVariables, mayUse, takesVariables } from './variableArguments.ts';

/** nginx keeps the variables of http and of stream apart. */
export type VariableSide = 'http' | 'stream';

/** What gives a variable its value. */
export interface VariableDefinition {
	/** Lower case, without `$`. */
	readonly name: string;
	readonly kind: 'map' | 'geo' | 'split_clients' | 'set' | 'capture' | 'other';
	readonly side: VariableSide;
	readonly at: PlacedDirective;
	/** The name where it is written; for a capture the expression that holds it. */
	readonly place: Place;
}

/** One variable in one argument that nginx reads for variables. */
export interface VariableUse {
	/** Lower case, without `$` and braces. */
	readonly name: string;
	readonly side: VariableSide;
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
	/**
	 * Uses that nginx refuses with `unknown "…" variable` (HD16, DU6): the check is made once for the whole http block, so a definition
	 * anywhere in it counts (HD17). Empty for a side that something outside the workspace, or an unknown module, may define more in.
	 */
	readonly unknown: readonly VariableUse[];
}

/** Directives that define a variable, and the argument (zero-based, from the end when negative) that names it. */
const DEFINING: ReadonlyMap<string, { readonly kind: VariableDefinition['kind']; readonly argument: number }> = new Map<
	string,
	{ readonly kind: VariableDefinition['kind']; readonly argument: number }
>([
	['map', { kind: 'map', argument: 1 }],
	['geo', { kind: 'geo', argument: -1 }],
	['split_clients', { kind: 'split_clients', argument: 1 }],
	['set', { kind: 'set', argument: 0 }],
	['auth_request_set', { kind: 'other', argument: 0 }],
	['perl_set', { kind: 'other', argument: 0 }],
	['js_set', { kind: 'other', argument: 0 }],
	['js_var', { kind: 'other', argument: 0 }],
	['keyval', { kind: 'other', argument: 1 }],
	['auth_jwt_claim_set', { kind: 'other', argument: 0 }],
	['auth_jwt_header_set', { kind: 'other', argument: 0 }],
]);

/** What brings code or modules that may define any variable. */
const OPAQUE: ReadonlySet<string> = new Set(['perl_modules', 'perl_require', 'ndk_set_var', 'lua_load_resty_core']);

/** Modules of nginx itself: their variables are known by name. */
const OWN_MODULES =
	/\/?(?:ngx_(?:stream|mail|rtmp)_module|ngx_(?:http|stream)_(?:js|geoip|perl|image_filter|xslt_filter|acme|otel)_module|ngx_otel_module)\.so$/;

/** Every variable that a configuration defines and uses, on its http and stream side (semantics §4, §12.4). */
export function variableTable(configuration: Configuration): VariableTable {
	const definitions = new Map<string, VariableDefinition[]>();
	const uses: VariableUse[] = [];
	const unknown: VariableUse[] = [];
	const incomplete = new Set<VariableSide>(configuration.fragment === undefined ? [] : ['http', 'stream']);

	// Most lines are of a few names, and neither define nor use anything.
	const idle = new Map<string, boolean>();
	const isIdle = (name: string): boolean => {
		let known = idle.get(name);
		if (known === undefined) {
			known = isKnownDirective(name) && !mayDefineAny(name) && !mayUse(name) && !mayDefineUnseen(name);
			idle.set(name, known);
		}
		return known;
	};
	const visit = (scope: Scope, side: VariableSide): void => {
		if (scope.unresolved.length > 0 && mayDefine(scope)) incomplete.add(side);
		const entries = holdsEntries(scope);
		for (const placed of scope.directives) {
			if (!entries && placed.body === undefined && isIdle(placed.node.name.value)) continue;
			if (definesAnything(placed)) incomplete.add('http').add('stream');
			for (const definition of entries || mayDefineAny(placed.node.name.value) ? definitionsOf(placed) : NO_DEFINITIONS) {
				const known = definitions.get(definition.name);
				if (known === undefined) definitions.set(definition.name, [definition]);
				else known.push(definition);
			}
			addUses(placed, side, uses);
			if (placed.body !== undefined && placed.body.context !== 'mail') visit(placed.body, sideOf(placed.body));
		}
	};
	visit(configuration.root, sideOf(configuration.root));

	for (const use of uses)
		if (
			!incomplete.has(use.side) &&
			!isBuiltInVariable(use.name, use.side) &&
			!mayBeForeignVariable(use.name) &&
			!isPlaceholder(use) &&
			!(definitions.get(use.name)?.some(({ side }) => side === use.side) ?? false)
		)
			unknown.push(use);
	return { definitions, uses, unknown };
}

function sideOf(scope: Scope): VariableSide {
	// A block without a model stands on the side of the one around it.
	let known = scope;
	while (known.context === 'other' && known.parent !== undefined) known = known.parent;
	return known.context.startsWith('stream') ? 'stream' : 'http';
}

/** Whether a line in such a scope could define a variable. Main cannot; neither can the blocks of plain entries, but for a map's expressions. */
function mayDefine(scope: Scope): boolean {
	return !/^(?:main|events|mail|types|(?:stream )?(?:upstream|geo|split_clients))$/.test(scope.context);
}

/** True for a directive that may bring variables which no line names. */
function mayDefineUnseen(name: string): boolean {
	return name === 'load_module' || bringsUnreadVariables(name);
}

function definesAnything({ node }: PlacedDirective): boolean {
	return node.name.value === 'load_module'
		? !OWN_MODULES.test(node.args[0]?.value ?? '')
		: bringsUnreadVariables(node.name.value);
}

/** True for a directive behind which variables may be defined that no line of the configuration names. */
export function bringsUnreadVariables(name: string): boolean {
	return OPAQUE.has(name);
}

/**
 * `${BACKEND}`: what envsubst replaces before nginx reads the file. nginx's own variables are not written so. In a file that is named as a
 * template any name may be one of the environment.
 */
function isPlaceholder(use: VariableUse): boolean {
	const { file } = use.at;
	const written = file.tree.source.slice(use.place.span);
	return /^\$(?:[A-Z][A-Z0-9_]+|\{[A-Z][A-Z0-9_]*\})$/.test(written) || TEMPLATE_FILE.test(file.path);
}

const TEMPLATE_FILE = /\.(?:template|tmpl|tpl|ctmpl|j2|jinja2?|erb|epp|mustache|hbs|gotmpl|in)$/i;

const NO_DEFINITIONS: readonly VariableDefinition[] = Object.freeze([]);

/** False for nginx's own directives that define nothing and match nothing. */
function mayDefineAny(name: string): boolean {
	return DEFINING.has(name) || mayCapture(name) || !isKnownDirective(name);
}

/** The variables that a directive defines; not those of the lines in its block. */
export function definitionsOf(placed: PlacedDirective): readonly VariableDefinition[] {
	const { node, file } = placed;
	const found: VariableDefinition[] = [];
	const add = (name: string, kind: VariableDefinition['kind'], word: typeof node.name): void => {
		found.push({
			name: name.toLowerCase(),
			kind,
			side: sideOf(placed.scope),
			at: placed,
			place: { path: file.path, span: word.span },
		});
	};
	if (!holdsEntries(placed.scope)) {
		const defining = DEFINING.get(node.name.value);
		const word = defining && node.args.at(defining.argument);
		if (word?.value.startsWith('$') === true && (defining?.kind !== 'map' || node.block !== undefined))
			add(word.value.slice(1), defining?.kind ?? 'other', word);
		// A directive of another module may define what it is given: `set_by_lua_file $a …`, `set_random $a …`, `eval $a { … }`. It cannot
		// define nginx's own again ("the duplicate … variable"), so a name half typed before `Host $host` makes nothing unknown.
		if (defining === undefined && !isKnownDirective(node.name.value))
			for (const argument of node.args)
				if (/^\$[A-Za-z0-9_]+$/.test(argument.value) && !isBuiltInVariable(argument.value.slice(1), 'http'))
					add(argument.value.slice(1), 'other', argument);
	} else if (placed.scope.context === 'other' && node.name.value.startsWith('$')) {
		// `geoip2 file { $country … }`.
		add(node.name.value.slice(1), 'other', node.name);
	}
	for (const { word, names } of capturingWords(placed)) for (const name of names) add(name, 'capture', word);
	return found;
}

/** Where the first word of a line is no directive's name. */
function holdsEntries(scope: Scope): boolean {
	return ENTRY_CONTEXTS.has(scope.context);
}

const ENTRY_CONTEXTS: ReadonlySet<ContextName> = new Set<ContextName>([
	'other',
	'types',
	'map',
	'geo',
	'split_clients',
	'stream map',
	'stream geo',
	'stream split_clients',
]);

function addUses(placed: PlacedDirective, side: VariableSide, uses: VariableUse[]): void {
	if (!mayTakeVariables(placed)) return;
	const { node, file } = placed;
	for (const [argument, word] of node.args.entries()) {
		if (!word.value.includes('$') || !takesVariables(placed, argument)) continue;
		// Log formats have no captures: there `$1` is a variable of that name (ngx_http_log_compile_format).
		for (const reference of variableReferences(word, file.tree.source))
			if (!reference.capture || node.name.value === 'log_format')
				uses.push({ name: reference.name, side, place: { path: file.path, span: reference.span }, at: placed, argument });
	}
}
