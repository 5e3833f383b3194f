import type { PlacedDirective, Scope } from '../config/model.ts';
import { isReturnRefused } from '../reference/values.ts';
import { isOddName } from '../reference/variables.ts';
import type { Level } from './level.ts';
import type { CompilePattern, Pattern } from './pattern.ts';
import { compileTemplate, type Template } from './template.ts';

/** One directive of the rewrite module, ready to run (src/http/modules/ngx_http_rewrite_module.c). */
export type Instruction =
	| { readonly kind: 'set'; readonly at: PlacedDirective; readonly variable: string; readonly value: Template }
	| { readonly kind: 'break'; readonly at: PlacedDirective }
	| {
			readonly kind: 'return';
			readonly at: PlacedDirective;
			readonly status: number;
			/** Undefined when there is no text. */
			readonly text: Template | undefined;
	  }
	| {
			readonly kind: 'rewrite';
			readonly at: PlacedDirective;
			readonly pattern: Pattern;
			/** Without the last `?`. For a redirect the whole; else up to the first `?` of its literal text. */
			readonly path: Template;
			/** What stands behind the first literal `?`; undefined when there is none, or for a redirect. */
			readonly args: Template | undefined;
			/** A redirect's text holds a `?` already. */
			readonly hasQuestion: boolean;
			readonly addArgs: boolean;
			readonly redirect: number | undefined;
			readonly breaks: boolean;
			/** The rest of the block is not run after a match. */
			readonly last: boolean;
	  }
	| {
			readonly kind: 'if';
			readonly at: PlacedDirective;
			readonly condition: Condition;
			readonly body: Program;
			/** The configuration that a true condition puts in force; undefined in a server. */
			readonly level: Level | undefined;
	  }
	/** A directive of another module that could do anything here. */
	| { readonly kind: 'opaque'; readonly at: PlacedDirective }
	/** Not a line that nginx would take. */
	| { readonly kind: 'refused'; readonly at: PlacedDirective };

export type Program = readonly Instruction[];

export type Condition =
	| { readonly kind: 'filled'; readonly value: Template }
	| { readonly kind: 'equal'; readonly value: Template; readonly to: Template; readonly negated: boolean }
	| { readonly kind: 'matches'; readonly value: Template; readonly pattern: Pattern; readonly negated: boolean }
	/** `-f`, `-d`, `-e`, `-x`: files are taken as absent. */
	| { readonly kind: 'file'; readonly negated: boolean }
	/** Not a condition that nginx would take. */
	| { readonly kind: 'invalid' };

const RUN: ReadonlySet<string> = new Set(['set', 'break', 'return', 'rewrite', 'if']);

const OPAQUE =
	/^(?:(?:server_)?rewrite_by_lua|access_by_lua|set_by_lua|set_(?:unescape_uri|escape_uri|md5|sha1|random|if_empty|encode_base64|decode_base64)|js_access)/;

/** Makes the configuration that an `if` puts in force; undefined in a server, where an `if` changes none. */
export type MakeIfLevel = (scope: Scope) => Level | undefined;

/** Compiles the rewrite directives of a block, in order. */
export function compileProgram(scope: Scope, compile: CompilePattern, makeIfLevel: MakeIfLevel): Program {
	const program: Instruction[] = [];
	for (const at of scope.directives) {
		const instruction = compileInstruction(at, compile, makeIfLevel);
		if (instruction !== undefined) program.push(instruction);
	}
	return program;
}

function compileInstruction(at: PlacedDirective, compile: CompilePattern, makeIfLevel: MakeIfLevel): Instruction | undefined {
	const name = at.node.name.value;
	if (!RUN.has(name)) return OPAQUE.test(name) ? { kind: 'opaque', at } : undefined;
	const args = at.node.args.map((word) => word.value);
	const [first = '', second, third] = args;
	switch (name) {
		case 'set':
			return { kind: 'set', at, variable: first.replace(/^\$/, '').toLowerCase(), value: compileTemplate(second ?? '') };
		case 'break':
			return { kind: 'break', at };
		case 'return':
			return compileReturn(at, first, second);
		case 'rewrite':
			return second === undefined ? undefined : compileRewrite(at, compile, first, second, third);
		case 'if': {
			if (at.body === undefined) return undefined;
			const body = compileProgram(at.body, compile, makeIfLevel);
			return { kind: 'if', at, condition: compileCondition(args, compile), body, level: makeIfLevel(at.body) };
		}
		default:
			return undefined;
	}
}

function compileReturn(at: PlacedDirective, first: string, second: string | undefined): Instruction {
	if (compileTemplate(first).marked) return { kind: 'opaque', at };
	if (isReturnRefused(first, second)) return { kind: 'refused', at };
	if (!/^\d+$/.test(first)) return { kind: 'return', at, status: 302, text: compileTemplate(first) };
	return { kind: 'return', at, status: Number(first), text: second === undefined ? undefined : compileTemplate(second) };
}

function compileRewrite(
	at: PlacedDirective,
	compile: CompilePattern,
	regex: string,
	replacement: string,
	flag: string | undefined,
): Instruction {
	if (compileTemplate(regex).marked || (flag !== undefined && compileTemplate(flag).marked)) return { kind: 'opaque', at };
	const addArgs = !replacement.endsWith('?');
	const text = addArgs ? replacement : replacement.slice(0, -1);
	const absolute = /^(?:http:\/\/|https:\/\/|\$scheme)/.test(text);
	const redirect = flag === 'permanent' ? 301 : flag === 'redirect' || absolute ? 302 : undefined;
	const question = text.indexOf('?');
	const split = redirect === undefined && question !== -1;
	return {
		kind: 'rewrite',
		at,
		pattern: compile(regex, false),
		path: compileTemplate(split ? text.slice(0, question) : text),
		args: split ? compileTemplate(text.slice(question + 1)) : undefined,
		hasQuestion: question !== -1,
		addArgs,
		redirect,
		breaks: flag === 'break',
		last: flag !== undefined || redirect !== undefined,
	};
}

/** Reads the words of an `if` (semantics DU11): the outer brackets may be words of their own. */
function compileCondition(args: readonly string[], compile: CompilePattern): Condition {
	const words = [...args];
	const opening = words[0];
	const closing = words.at(-1);
	if (opening === undefined || !opening.startsWith('(') || closing === undefined || !closing.endsWith(')'))
		return { kind: 'invalid' };
	if (opening === '(') words.shift();
	else words[0] = opening.slice(1);
	const last = words.length - 1;
	const tail = words[last] ?? '';
	if (tail === ')') words.pop();
	else words[last] = tail.slice(0, -1);
	const [subject = '', operator, operand = ''] = words;
	if (/^!?-[fdex]$/.test(subject)) return { kind: 'file', negated: subject.startsWith('!') };
	if (!subject.startsWith('$')) return { kind: 'invalid' };
	const value = compileSubject(subject);
	if (operator === undefined) return { kind: 'filled', value };
	if (operator === '=' || operator === '!=')
		return { kind: 'equal', value, to: compileTemplate(operand), negated: operator === '!=' };
	const match = /^(!?)~(\*?)$/.exec(operator);
	if (match === null) return { kind: 'invalid' };
	return { kind: 'matches', value, pattern: compile(operand, match[2] === '*'), negated: match[1] === '!' };
}

/** The variable of a condition: the whole word is its name (DU11), and no header has a name like `upgrade!=websocket`. */
function compileSubject(subject: string): Template {
	const name = subject.slice(1).toLowerCase();
	if (!isOddName(name) || /\{[{%]|<%/.test(name)) return compileTemplate(subject);
	return /^(?:arg|cookie)_/.test(name)
		? { pieces: [{ kind: 'variable', name }], constant: undefined, marked: false, written: subject }
		: compileTemplate('');
}
