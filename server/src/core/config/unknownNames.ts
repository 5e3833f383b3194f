import { definitionsOf, isKnownDirective, type ReferenceContext, suggestName } from '../reference/directives.ts';
import type { Span } from '../text/span.ts';
import type { PlacedDirective, Scope } from './model.ts';

/** Why a name is no directive of nginx nor of any module, and what to write instead. */
export interface UnknownName {
	/** What nginx does or does not know, and what to do. */
	readonly message: string;
	/** The directive that was meant. */
	readonly suggestion: string | undefined;
	readonly cure: TextCure | undefined;
}

/** A stretch of a file to be written otherwise. */
export interface TextCure {
	readonly title: string;
	readonly span: Span;
	readonly text: string;
}

/** Characters that look like a blank, or like nothing, and are none to nginx (TK1). */
const ODD_BLANK = /[\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\v\f]/u;

/** What an odd blank is called; undefined for a text without one. */
export function oddBlankIn(text: string): string | undefined {
	const found = ODD_BLANK.exec(text)?.[0];
	if (found === undefined) return undefined;
	if (found === '\u00a0') return 'a no-break space (U+00A0)';
	return `the character U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}, which looks like a blank`;
}

/** A text with plain blanks in place of the odd ones. */
export function withPlainBlanks(text: string): string {
	return text.replace(new RegExp(`${ODD_BLANK.source}+`, 'gu'), ' ');
}

/**
 * What a name says of itself that no directive can be called, whichever modules are loaded: blanks that are none, a bracket or a slash
 * glued to it, the comment or the `else` of another language. Undefined for a name that a module may bring.
 */
export function unknownName(placed: PlacedDirective, context: ReferenceContext): UnknownName | undefined {
	const { name } = placed.node;
	const { value, span, quote } = name;
	const raw = placed.file.tree.source.slice(span);
	const odd = oddBlankIn(value);
	if (odd !== undefined && quote === undefined && !value.startsWith('\ufeff')) {
		const text = withPlainBlanks(raw).trimStart();
		const known = text.split(' ', 1)[0] ?? '';
		const isKnown = definitionsOf(known).length > 0;
		return {
			message: `"${known}" is followed by ${odd}, which nginx takes for a part of the name. Write a plain blank.`,
			suggestion: isKnown ? known : undefined,
			cure: isKnown ? { title: 'Write a plain blank', span, text } : undefined,
		};
	}
	if (/^\\\s/.test(raw))
		return {
			message: 'a backslash does not continue a line in nginx, where a directive goes on to its ";" anyway. Take it away.',
			suggestion: suggestName(raw.slice(1).trim(), context),
			cure: { title: 'Take the backslash away', span: { start: span.start, end: span.start + 1 }, text: '' },
		};
	if (/^(?:\/\*|<!--|\/\/)/.test(value))
		return {
			message: `"${value.slice(0, 20)}" starts no comment in nginx: comments start with "#".`,
			suggestion: undefined,
			cure: commentCure(placed),
		};
	if (/^(?:else|elseif|elsif|elif|endif)$/i.test(value))
		return {
			message: `nginx has no ${value}. Write a second \`if\` with the opposite condition, or a map.`,
			suggestion: undefined,
			cure: undefined,
		};
	const [, known, rest] = /^([a-z_]+)([({"'$/~=@[].*)$/s.exec(raw) ?? [];
	if (quote === undefined && known !== undefined && rest !== undefined && definitionsOf(known).length > 0) {
		// Only a condition stands in parentheses.
		const bare = known === 'if' ? undefined : /^\((.+)\)$/s.exec(rest)?.[1];
		const text = `${known} ${bare ?? rest}`;
		return {
			message: `a blank is missing behind ${known}: nginx takes ${shortened(value)} for the name. Write \`${shortened(text, '')}\`.`,
			suggestion: known,
			cure: { title: `Write a blank behind ${known}`, span, text },
		};
	}
	const glued = quote === undefined ? gluedName(value, placed.node.args.length, context) : undefined;
	if (glued !== undefined) {
		const text = `${glued} ${raw.slice(glued.length)}`;
		return {
			message: `a blank is missing behind ${glued}: nginx takes ${shortened(value)} for the name. Write \`${shortened(text, '')}\`.`,
			suggestion: glued,
			cure: { title: `Write a blank behind ${glued}`, span, text },
		};
	}
	const isImpossible = /[(){}/\\<>$]/.test(value) || /[^\x21-\x7e]/.test(value);
	if (isImpossible && suggestName(value, context) === undefined)
		return {
			message: `no directive can be called ${shortened(value)}. Look for a quote, a brace or a semicolon that is missing before it.`,
			suggestion: undefined,
			cure: undefined,
		};
	return undefined;
}

/**
 * The directive that begins a name to which its first argument is glued, `proxy_http_version1.1`: what follows is no part of any
 * directive's name, and the directive would take it.
 */
function gluedName(value: string, others: number, context: ReferenceContext): string | undefined {
	for (let end = value.length - 1; end > 2; end--) {
		const known = value.slice(0, end);
		const fits = definitionsOf(known).some(
			({ contexts, block, min, max }) => !block && contexts.includes(context) && min <= others + 1 && others + 1 <= max,
		);
		if (fits) return /^(?:[A-Z]|\d\d|\d*[.:]|https?:\/\/|[\w-]+\.\w)/.test(value.slice(end)) ? known : undefined;
	}
	return undefined;
}

function shortened(text: string, quote = '"'): string {
	return `${quote}${text.length > 40 ? `${text.slice(0, 40)}…` : text}${quote}`;
}

/** Gives a comment of one line, written as in another language, the `#` and a line of its own; undefined where it does not end before a directive. */
function commentCure({ node, file }: PlacedDirective): TextCure | undefined {
	const { source } = file.tree;
	const { start } = node.name.span;
	const line = source.lineAt(start);
	const lineEnd = source.lineStarts[line + 1] ?? source.text.length;
	const text = source.text.slice(start, lineEnd);
	const [whole, inner, , rest] = /^(?:\/\*|<!--)[ \t]*(.*?)[ \t]*(\*\/|-->)[ \t]*(.*)/.exec(text) ?? [];
	const next = rest === undefined ? undefined : /^[a-z_]+/.exec(rest)?.[0];
	if (whole === undefined || rest === undefined || next === undefined || definitionsOf(next).length === 0) return undefined;
	const end = start + whole.length - rest.length;
	return {
		title: 'Make it a comment',
		span: { start, end },
		text: `# ${inner ?? ''}${source.eol}${source.indentationAt(start)}`,
	};
}

/** True for a block in which a module that we do not know, or njs, may answer. */
export function mayAnswerOtherwise({ directives }: Scope): boolean {
	return directives.some(({ node: { name } }) => !isKnownDirective(name.value) || name.value.startsWith('js_'));
}
