import {
	type DirectiveDefinition,
	definitionsOf,
	isKnownDirective,
	mayBeForeignDirective,
	type ReferenceContext,
	suggestName,
} from '../reference/directives.ts';
import type { Configuration, PlacedDirective, Scope } from './model.ts';

/** Something that nginx refuses before it looks at any value (semantics TK18, TK19; src/core/ngx_conf_file.c, ngx_conf_handler). */
export interface DirectiveProblem {
	readonly code: 'unknown' | 'context' | 'arguments' | 'block-missing' | 'block-unexpected';
	readonly at: PlacedDirective;
	readonly message: string;
	/** unknown: the name that was probably meant. */
	readonly suggestion: string | undefined;
	/** How `nginx -t` words it. */
	readonly nginxMessage: string;
	/** False when only a module that is not loaded here could make it right. */
	readonly certain: boolean;
}

/** The problems of every directive of a configuration, in nginx's order of checks: name, context, block, number of arguments. */
export function directiveProblems(configuration: Configuration): readonly DirectiveProblem[] {
	const found: DirectiveProblem[] = [];
	const pending: Scope[] = [configuration.root];
	for (let scope = pending.pop(); scope !== undefined; scope = pending.pop()) {
		const context = referenceContext(scope);
		for (const placed of scope.directives) {
			if (context !== undefined) {
				const problem = problemOf(placed, context, scope.assumed);
				if (problem !== undefined) found.push(problem);
			}
			if (placed.body !== undefined) pending.push(placed.body);
		}
	}
	return found;
}

function problemOf(placed: PlacedDirective, context: ReferenceContext, assumed: boolean): DirectiveProblem | undefined {
	const { node, file } = placed;
	const name = node.name.value;
	if (file.tree.template && /[{}$%@<>]/.test(name)) return undefined;
	// What is still being typed is no mistake yet; the reader has said already that its end is missing.
	if (node.end === 'missing') return undefined;
	const definitions = definitionsOf(name);
	if (!isKnownDirective(name)) return mayBeForeignDirective(name) ? undefined : unknown(placed, context);
	const here = definitions.filter(({ contexts }) => contexts.includes(context));
	if (here.length === 0) return assumed ? undefined : wrongContext(placed, context, definitions);
	const hasBlock = node.block !== undefined;
	const shaped = here.filter(({ block }) => block === hasBlock);
	if (shaped.length === 0)
		return hasBlock
			? {
					code: 'block-unexpected',
					at: placed,
					message: `${name} opens no block; end it with a semicolon.`,
					suggestion: undefined,
					nginxMessage: `directive "${name}" is not terminated by ";"`,
					certain: true,
				}
			: {
					code: 'block-missing',
					at: placed,
					message: `${name} opens a block; write { … } behind it.`,
					suggestion: undefined,
					nginxMessage: `directive "${name}" has no opening "{"`,
					certain: true,
				};
	const count = node.args.length;
	if (shaped.some(({ min, max }) => min <= count && count <= max)) return undefined;
	return {
		code: 'arguments',
		at: placed,
		message: `${name} takes ${expected(shaped)}, and here ${count === 1 ? 'is 1' : `are ${count}`}; nginx refuses to start.`,
		suggestion: undefined,
		nginxMessage: `invalid number of arguments in "${name}" directive`,
		certain: true,
	};
}

function unknown(placed: PlacedDirective, context: ReferenceContext): DirectiveProblem {
	const name = placed.node.name.value;
	const suggestion = suggestName(name, context);
	return {
		code: 'unknown',
		at: placed,
		message:
			suggestion === undefined
				? `None of nginx's own modules has a directive ${shown(name)}; nginx refuses to start unless a module that is loaded brings it.`
				: `There is no directive ${shown(name)}; nginx refuses to start. Did you mean ${suggestion}?`,
		suggestion,
		nginxMessage: `unknown directive "${name}"`,
		certain: suggestion !== undefined,
	};
}

function wrongContext(
	placed: PlacedDirective,
	context: ReferenceContext,
	definitions: readonly DirectiveDefinition[],
): DirectiveProblem {
	const name = placed.node.name.value;
	const allowed = [...new Set(definitions.flatMap(({ contexts }) => contexts))].filter(
		(other) => !/^mail/.test(other) || definitions.length === 1,
	);
	return {
		code: 'context',
		at: placed,
		message: `${name} is not allowed ${context === 'main' ? 'at the top of the file' : `in ${article(context)}`}; nginx refuses to start. It belongs in ${list(allowed.map((other) => (other === 'main' ? 'the top of the file' : other)))}.`,
		suggestion: undefined,
		nginxMessage: `"${name}" directive is not allowed here`,
		certain: true,
	};
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

function expected(definitions: readonly DirectiveDefinition[]): string {
	const min = Math.min(...definitions.map((definition) => definition.min));
	const max = Math.max(...definitions.map((definition) => definition.max));
	const plural = (count: number): string => `${count === 0 ? 'no' : count} argument${count === 1 ? '' : 's'}`;
	if (min === max) return plural(min);
	return max === Number.POSITIVE_INFINITY ? `at least ${plural(min)}` : `${min} to ${plural(max)}`;
}

function shown(name: string): string {
	const text = name.length > 60 ? `${name.slice(0, 60)}…` : name;
	return text.startsWith('\ufeff')
		? `"${text.slice(1)}" with a byte order mark before it, which nginx does not skip`
		: `"${text}"`;
}

function article(context: string): string {
	return `${/^[aeiu]/.test(context) && !context.startsWith('upstream') ? 'an' : 'a'} ${context} block`;
}

function list(names: readonly string[]): string {
	return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
