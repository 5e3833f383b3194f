import { argumentFault } from '../reference/argumentChecks.ts';
import {
	argumentsIn,
	type DirectiveDefinition,
	definitionsOf,
	isIn,
	type ReferenceContext,
	suggestName,
} from '../reference/directives.ts';
import { isThirdPartyDirective } from '../reference/thirdParty.ts';
import { isValueOf } from '../reference/values.ts';
import { formatVersion, type NginxVersion } from '../reference/versions.ts';
import { articleOf, countText, listText, shownName, valueText } from './directiveWording.ts';
import type { Configuration, PlacedDirective, Scope } from './model.ts';
import { relativePath } from './paths.ts';
import { oddBlankIn, type TextCure, unknownName, withPlainBlanks } from './unknownNames.ts';

/**
 * Something that nginx's own checks refuse before a module looks at anything (semantics TK18, TK19, DU1; src/core/ngx_conf_file.c,
 * ngx_conf_handler and the setters that modules share). `version`: right for other versions of nginx than the one asked about.
 */
export interface DirectiveProblem {
	readonly code: 'unknown' | 'version' | 'context' | 'block-missing' | 'block-unexpected' | 'arguments' | 'duplicate' | 'value';
	readonly at: PlacedDirective;
	/** value: which argument, zero-based. */
	readonly argument: number | undefined;
	/** duplicate: the line that came first. */
	readonly first: PlacedDirective | undefined;
	readonly message: string;
	/** unknown: the name that was probably meant. */
	readonly suggestion: string | undefined;
	/** What to write instead, where more than a name is wrong. */
	readonly cure: TextCure | undefined;
	/** How `nginx -t` words it; empty for what the setter of one module alone says. */
	readonly nginxMessage: string;
	/** False when only a module that is not loaded here could make it right. */
	readonly certain: boolean;
}

/**
 * The problems of every directive of a configuration, in the order in which nginx would meet them: it stops at the first, and the next
 * ones follow once that is cured. Without a version, what any version takes is right. Unknown surroundings, blocks without a model and
 * directives that are still being typed give no problems.
 */
export function directiveProblems(configuration: Configuration, version?: NginxVersion): readonly DirectiveProblem[] {
	const found: DirectiveProblem[] = [];
	checkScope(configuration.root, new Expectations(version, configuration.prefix), found);
	return found;
}

/** What is right for a name in a context: its definitions of every version there, and those of the version asked about. */
interface Expected {
	/** In any context. */
	readonly definitions: readonly DirectiveDefinition[];
	readonly here: readonly DirectiveDefinition[];
	readonly blocks: readonly DirectiveDefinition[];
	readonly lines: readonly DirectiveDefinition[];
}

/** The same few hundred names come again and again: each is looked up once in a context. */
class Expectations {
	readonly version: NginxVersion | undefined;
	readonly prefix: string;
	readonly #known = new Map<ReferenceContext, Map<string, Expected>>();

	/** @param prefix the main file's folder, for naming files */
	constructor(version: NginxVersion | undefined, prefix: string) {
		this.version = version;
		this.prefix = prefix;
	}

	/** The names looked up so far in a context. */
	in(context: ReferenceContext): Map<string, Expected> {
		const known = this.#known.get(context) ?? new Map<string, Expected>();
		this.#known.set(context, known);
		return known;
	}

	/** Looks a name up, and keeps it in `known`. */
	of(name: string, context: ReferenceContext, known: Map<string, Expected>): Expected {
		const { version } = this;
		const definitions = definitionsOf(name);
		const here = definitions.filter(({ contexts }) => contexts.includes(context));
		const now = version === undefined ? here : here.filter((definition) => isIn(definition, version));
		const expected = { definitions, here, blocks: now.filter(({ block }) => block), lines: now.filter(({ block }) => !block) };
		known.set(name, expected);
		return expected;
	}
}

function checkScope(scope: Scope, expectations: Expectations, found: DirectiveProblem[]): void {
	const context = referenceContext(scope);
	const known = context === undefined ? undefined : expectations.in(context);
	const seen = new Map<string, PlacedDirective>();
	for (const placed of scope.directives) {
		if (context !== undefined && known !== undefined) {
			const name = placed.node.name.value;
			const expected = known.get(name) ?? expectations.of(name, context, known);
			const problem = problemOf(placed, context, expected, expectations, seen);
			if (problem !== undefined) found.push(problem);
		}
		if (placed.body !== undefined) checkScope(placed.body, expectations, found);
	}
}

/** The first check that a directive fails: name, version, context, block, count, second line, value. */
function problemOf(
	placed: PlacedDirective,
	context: ReferenceContext,
	{ definitions, here, blocks, lines }: Expected,
	{ version, prefix }: Expectations,
	seen: Map<string, PlacedDirective>,
): DirectiveProblem | undefined {
	const { node, file, scope } = placed;
	const name = node.name.value;
	const { template } = file.tree;
	if (template && /[{}$%@<>]/.test(name)) return undefined;
	// What is still being typed is no mistake yet; the reader has said already that its end is missing.
	if (node.end === 'missing') return undefined;
	if (definitions.length === 0) return isThirdPartyDirective(name) ? undefined : unknown(placed, context);
	const [newest] = here;
	if (newest === undefined) return scope.assumed ? undefined : wrongContext(placed, context, definitions, version);
	const isBlock = node.block !== undefined;
	const shaped = isBlock ? blocks : lines;
	if (shaped.length === 0) {
		if (version !== undefined && blocks.length + lines.length === 0)
			return otherVersion(placed, context, newest, definitions, version);
		return wrongEnd(placed, isBlock);
	}
	const definition = shaped.find((one) => takesCount(one, node.args.length, version));
	if (definition === undefined) return wrongCount(placed, shaped, version);
	if (definition.once && !template) {
		const family = FAMILIES.get(name) ?? name;
		const first = seen.get(family);
		if (first !== undefined) return duplicate(placed, first, prefix);
		seen.set(family, placed);
	}
	return template ? undefined : wrongValue(placed, definition, version);
}

/** Directives that set the same thing: `root` and `alias` (src/http/ngx_http_core_module.c, ngx_http_core_root). */
const FAMILIES: ReadonlyMap<string, string> = new Map([['alias', 'root']]);

function takesCount(definition: DirectiveDefinition, count: number, version: NginxVersion | undefined): boolean {
	const { min, max } = argumentsIn(definition, version);
	return min <= count && count <= max;
}

function problem(
	code: DirectiveProblem['code'],
	at: PlacedDirective,
	message: string,
	nginxMessage: string,
	more: Partial<Pick<DirectiveProblem, 'argument' | 'first' | 'suggestion' | 'cure' | 'certain'>> = {},
): DirectiveProblem {
	const { argument, first, suggestion, cure, certain = true } = more;
	return { code, at, argument, first, message, suggestion, cure, nginxMessage, certain };
}

function unknown(placed: PlacedDirective, context: ReferenceContext): DirectiveProblem {
	const name = placed.node.name.value;
	const nginxMessage = `unknown directive "${name}"`;
	const told = unknownName(placed, context);
	if (told !== undefined) {
		const { message, suggestion, cure } = told;
		return problem('unknown', placed, `nginx refuses to start: ${message}`, nginxMessage, { suggestion, cure });
	}
	const suggestion = suggestName(name, context);
	// A name that would be wrong at once in another way is told, and not written.
	const fits = definitionsOf(suggestion ?? '').some(
		({ block, min, max }) =>
			block === (placed.node.block !== undefined) && min <= placed.node.args.length && placed.node.args.length <= max,
	);
	return problem(
		'unknown',
		placed,
		suggestion === undefined
			? `None of nginx's own modules has a directive ${shownName(name)}; nginx refuses to start unless a module that is loaded brings it.`
			: `There is no directive ${shownName(name)}; nginx refuses to start. Did you mean ${suggestion}?`,
		nginxMessage,
		{
			suggestion,
			cure:
				suggestion === undefined || !fits
					? undefined
					: { title: `Write ${suggestion}`, span: placed.node.name.span, text: suggestion },
			certain: suggestion !== undefined,
		},
	);
}

function otherVersion(
	placed: PlacedDirective,
	context: ReferenceContext,
	{ since, until }: DirectiveDefinition,
	definitions: readonly DirectiveDefinition[],
	version: NginxVersion,
): DirectiveProblem {
	const name = placed.node.name.value;
	const elsewhere = definitions.some((definition) => isIn(definition, version));
	const place = elsewhere ? ` in ${articleOf(context)}` : '';
	return problem(
		'version',
		placed,
		until !== undefined && since === undefined
			? `nginx ${formatVersion(version)} has no directive ${name}${place} any more: ${until} removed it.`
			: `nginx ${formatVersion(version)} has no directive ${name}${place} yet: it came with ${since}.`,
		elsewhere ? `"${name}" directive is not allowed here` : `unknown directive "${name}"`,
	);
}

function wrongContext(
	placed: PlacedDirective,
	context: ReferenceContext,
	definitions: readonly DirectiveDefinition[],
	version: NginxVersion | undefined,
): DirectiveProblem {
	const name = placed.node.name.value;
	const present = version === undefined ? definitions : definitions.filter((definition) => isIn(definition, version));
	const known = present.length === 0 ? definitions : present;
	const allowed = [...new Set(known.flatMap(({ contexts }) => contexts))].filter(
		(other) => !other.startsWith('mail') || known.every(({ contexts }) => contexts.every((one) => one.startsWith('mail'))),
	);
	return problem(
		'context',
		placed,
		`${name} is not allowed ${context === 'main' ? 'at the top of the file' : `in ${articleOf(context)}`}; nginx refuses to start. It belongs in ${listText(allowed.map((other) => (other === 'main' ? 'the top of the file' : other)))}.`,
		present.length === 0 ? `unknown directive "${name}"` : `"${name}" directive is not allowed here`,
		{ certain: known.every(({ measured }) => measured) },
	);
}

function wrongEnd(placed: PlacedDirective, isBlock: boolean): DirectiveProblem {
	const name = placed.node.name.value;
	return isBlock
		? problem(
				'block-unexpected',
				placed,
				`${name} opens no block; end it with a semicolon.`,
				`directive "${name}" is not terminated by ";"`,
			)
		: problem('block-missing', placed, `${name} opens a block; write { … } behind it.`, `directive "${name}" has no opening "{"`);
}

function wrongCount(
	placed: PlacedDirective,
	definitions: readonly DirectiveDefinition[],
	version: NginxVersion | undefined,
): DirectiveProblem {
	const { name, args } = placed.node;
	const shapes = definitions.map((definition) => argumentsIn(definition, version));
	const odd = args.find(({ value, quote }) => quote === undefined && oddBlankIn(value) !== undefined);
	if (odd !== undefined)
		return problem(
			'arguments',
			placed,
			`nginx refuses to start: ${oddBlankIn(odd.value)} stands between the words of ${name.value}, and nginx takes it for a part of one. Write a plain blank.`,
			`invalid number of arguments in "${name.value}" directive`,
			{
				cure: {
					title: 'Write a plain blank',
					span: odd.span,
					text: withPlainBlanks(placed.file.tree.source.slice(odd.span)).trim(),
				},
			},
		);
	const newer = definitions.find((definition) => takesCount(definition, args.length, undefined));
	const count = args.length;
	return problem(
		'arguments',
		placed,
		`${name.value} takes ${countText(shapes)}, and here ${count === 1 ? 'is 1' : `are ${count}`}; nginx refuses to start.${newer?.earlier === undefined ? '' : ` It takes as many from nginx ${newer.earlier.before} on.`}`,
		`invalid number of arguments in "${name.value}" directive`,
	);
}

function duplicate(placed: PlacedDirective, first: PlacedDirective, prefix: string): DirectiveProblem {
	const name = placed.node.name.value;
	const other = first.node.name.value;
	const line = first.file.tree.source.lineAt(first.node.name.span.start) + 1;
	const where =
		first.node === placed.node
			? 'its file is included twice here'
			: first.file === placed.file
				? `line ${line}`
				: `${relativePath(first.file.path, prefix)}, line ${line}`;
	return problem(
		'duplicate',
		placed,
		`${other === name ? `${name} is set here already (${where})` : `${other} is set here already (${where}), and ${name} sets the same`}; nginx refuses to start. Keep one of them.`,
		`"${name}" directive is duplicate${other === name ? '' : `, "${other}" directive was specified earlier`}`,
		{ first },
	);
}

/** What deployment tools put in a value's place: `__SIZE__`, `@SIZE@`, `%SIZE%`, `<size>`, `{{ size }}`, `${SIZE}`. */
const PLACEHOLDER = /__\w+__|@\w+@|%\w+%|<.*>|\{.*\}|\$[A-Z][A-Z0-9_]*\b|^\[.*\]$/;

function wrongValue(
	placed: PlacedDirective,
	definition: DirectiveDefinition,
	version: NginxVersion | undefined,
): DirectiveProblem | undefined {
	const kind = definition.value;
	if (kind === undefined) return wrongArgument(placed, version);
	const { name, args } = placed.node;
	const { words } = argumentsIn(definition, version);
	const each = kind === 'words' ? 'word' : kind;
	const argument = args.findIndex(({ value }) => !isValueOf(each, words, value) && !PLACEHOLDER.test(value));
	const word = args[argument];
	if (word === undefined) return wrongArgument(placed, version);
	const newer =
		definition.earlier !== undefined && isValueOf(each, definition.words, word.value)
			? ` nginx ${definition.earlier.before} is the first that takes it.`
			: '';
	return problem(
		'value',
		placed,
		`${name.value} takes ${valueText(each, words)}, not ${shownName(word.value)}; nginx refuses to start.${newer}`,
		refusal(kind, name.value, word.value),
		{ argument },
	);
}

/** What the module itself refuses in the arguments. */
function wrongArgument(placed: PlacedDirective, version: NginxVersion | undefined): DirectiveProblem | undefined {
	const { args, name } = placed.node;
	const side = placed.scope.context.startsWith('stream') ? 'stream' : 'http';
	const fault = argumentFault(
		name.value,
		side,
		args.map(({ value }) => value),
		version,
	);
	const [word, first, last] = [args[fault?.argument ?? 0], args[0], args.at(-1)];
	if (fault === undefined || word === undefined || first === undefined || last === undefined) return undefined;
	if (PLACEHOLDER.test(word.value)) return undefined;
	// In stream the one word of a return may be anything, and a fragment does not say where it belongs.
	if (name.value === 'return' && args.length === 1 && isAssumed(placed.scope)) return undefined;
	const { source } = placed.file.tree;
	const right = fault.right
		?.map((part) => (typeof part === 'string' ? part : source.slice(args[part]?.span ?? { start: 0, end: 0 })))
		.join(' ');
	const written = source.slice({ start: first.span.start, end: last.span.end });
	return problem(
		'value',
		placed,
		`${fault.text}; nginx refuses to start.${right === undefined ? '' : ` Write \`${name.value} ${right}\`.`}`,
		'',
		{
			argument: fault.argument,
			cure:
				right === undefined || right === written
					? undefined
					: { title: `Write ${name.value} ${right}`, span: { start: first.span.start, end: last.span.end }, text: right },
		},
	);
}

function isAssumed(scope: Scope): boolean {
	for (let outer: Scope | undefined = scope; outer !== undefined; outer = outer.parent) if (outer.assumed) return true;
	return false;
}

/** How the shared setters word a wrong value (src/core/ngx_conf_file.c, ngx_conf_set_*_slot). */
function refusal(kind: DirectiveDefinition['value'], name: string, value: string): string {
	switch (kind) {
		case 'flag':
			return `invalid value "${value}" in "${name}" directive, it must be "on" or "off"`;
		case 'word':
		case 'words':
			return `invalid value "${value}"`;
		case 'number':
			return `"${name}" directive invalid number`;
		default:
			return `"${name}" directive invalid value`;
	}
}

/** The reference's name for a scope's context; undefined where directives are not checked. */
export function referenceContext(scope: Scope): ReferenceContext | undefined {
	switch (scope.context) {
		case 'main':
		case 'events':
		case 'http':
		case 'server':
		case 'location':
		case 'limit_except':
		case 'upstream':
		case 'stream':
		case 'stream server':
		case 'stream upstream':
			return scope.context;
		case 'if':
			return scope.parent?.context === 'server' ? 'if in server' : 'if in location';
		default:
			return undefined;
	}
}
