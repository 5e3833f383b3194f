import type { Span } from '../text/span.ts';
import { isSeparator, LF } from './characters.ts';

/**
 * Marks that some template language replaces before nginx reads the file: Jinja, Ansible, Go and Helm (`{{ }}`, `{% %}`, `{# #}`),
 * ERB and EPP (`<% %>`), PHP. Ordered, not overlapping. Those inside comments are among them: the scanner never asks for these.
 * A stretch that looks like one but would be odd as a template (`{{ a; }}`, JSON) is none.
 */
export function templateMarks(text: string): readonly Span[] {
	const marks: Span[] = [];
	collectExpressions(text, marks);
	collect(text, '{%', '%}', marks);
	collect(text, '<%', '%>', marks);
	collect(text, '<?php', '?>', marks);
	collect(text, '<?=', '?>', marks);
	// `{#` may also be a brace with a comment behind it: it counts only where templates are at work.
	if (marks.length > 0) collect(text, '{#', '#}', marks);
	marks.sort((a, b) => a.start - b.start);
	let end = 0;
	return marks.filter((mark) => {
		if (mark.start < end) return false;
		end = mark.end;
		return true;
	});
}

function collect(text: string, opening: string, closing: string, into: Span[]): void {
	for (let start = text.indexOf(opening); start !== -1; ) {
		const close = text.indexOf(closing, start + opening.length);
		if (close === -1) return;
		into.push({ start, end: close + closing.length });
		start = text.indexOf(opening, close + closing.length);
	}
}

/** `{{ … }}` in the ways of Jinja, Go, Mustache and Handlebars, with their comments. */
function collectExpressions(text: string, into: Span[]): void {
	// Where a comment of a kind has no end, none behind it has one.
	const endless = new Set<string>();
	let next = -1;
	for (let start = text.indexOf('{{'); start !== -1; ) {
		const head = text.slice(start, start + LONGEST_OPENING);
		const comment = COMMENTS.find(({ opens }) => opens.test(head));
		let end = -1;
		if (comment !== undefined && !endless.has(comment.closes)) {
			const close = text.indexOf(comment.closes, start + (comment.opens.exec(head)?.[0].length ?? 0));
			if (close === -1) endless.add(comment.closes);
			else end = closingAt(text, close + comment.closes.length, comment.closes === '*/');
		} else if (comment === undefined) {
			if (next < start + 2) next = text.indexOf('}}', start + 2);
			if (next === -1) return;
			// A name in triple braces is Mustache's for a value as it is.
			end =
				text[start + 2] === '{' && text[next + 2] === '}'
					? expressionEnd(text, start + 3, '}}}')
					: expressionEnd(text, start + 2, '}}');
		}
		if (end !== -1) into.push({ start, end });
		start = text.indexOf('{{', end === -1 ? start + 2 : end);
	}
}

const LONGEST_OPENING = 12;

/** How comments begin and end: Go's may hold anything, so may Mustache's. */
const COMMENTS: readonly { readonly opens: RegExp; readonly closes: string }[] = [
	{ opens: /^\{\{-?\s*\/\*/, closes: '*/' },
	{ opens: /^\{\{~?!--/, closes: '--' },
	{ opens: /^\{\{~?!/, closes: '}}' },
];

/** The end of a comment whose text ends at `at`; -1 when no closing braces follow it. */
function closingAt(text: string, at: number, mayBeTrimmed: boolean): number {
	if (text.startsWith('}}', at - 2)) return at;
	const closing = mayBeTrimmed ? /\s*-?\}\}/y : /~?\}\}/y;
	closing.lastIndex = at;
	return closing.test(text) ? closing.lastIndex : -1;
}

/** Enough to judge the inside of `{{ }}`; keeps the cost linear where nothing is ever closed. */
const LONGEST_EXPRESSION = 500;

/** The end of the expression whose inside starts at `from`, texts in quotes passed over; -1 when it is none. */
function expressionEnd(text: string, from: number, closing: string): number {
	const limit = Math.min(text.length, from + LONGEST_EXPRESSION);
	const window = text.slice(from, limit);
	const parts = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|\}\}\}?|[\s\S]/g;
	let bare = '';
	for (let part = parts.exec(window); part !== null; part = parts.exec(window)) {
		const [found] = part;
		if (found.startsWith(closing)) return isExpression(bare) ? from + part.index + closing.length : -1;
		// None of these stands in an expression; and what is none is not read to its end.
		if (found === ';' || found === '{' || found === '}') return -1;
		bare += found.length === 1 ? found : '""';
	}
	return -1;
}

/** @param bare the inside, with "" for each text in quotes */
function isExpression(bare: string): boolean {
	return (/[A-Za-z]/.test(bare) || /^-?\s*""/.test(bare)) && !/":/.test(bare);
}

/** A `{{ }}` that starts or ends a part of the file, or is a comment: nothing comes to stand in its place. */
function isStatement(text: string, mark: Span): boolean {
	const inner = text.slice(mark.start + 2, Math.min(mark.end, mark.start + 40));
	return /^[-~]?\s*(?:\/\*|!|[#/^]|(?:if|else|end|range|with|define|block|break|continue)\b|\$\w+\s*:?=)/.test(inner);
}

/**
 * True for a directive name that only a template or a shell can have written: `${VAR}`, `$VAR` in capitals, `@@VAR@@`, `__VAR__`.
 * No nginx directive looks like that; entries of a map may.
 */
export function isTemplateName(name: string): boolean {
	return /^(?:\$\{|\$[A-Z_][A-Z0-9_]*$|@@?\w+@@?$|__[A-Z0-9_]+__$|%%?[A-Z0-9_]+%%?$)/.test(name);
}

/** True when a word holds `@@NAME@@`, the mark of build tools such as Maven's or Plone's. */
export function holdsAtMark(text: string): boolean {
	return text.includes('@@') && /^[^#\n]*@@[A-Za-z_]\w*@@/m.test(text);
}

/** True for a mark in whose place any lines may come to stand: an expression that has a line for itself, a part of a template. */
export function bringsLines(text: string, mark: Span): boolean {
	const inner = text.slice(mark.start + 2, Math.min(mark.end, mark.start + 60));
	if (text[mark.start] === '<')
		return /^(?:=|\?=|-=|(?:\?php|\?)\s*(?:include|require|echo|print))/.test(inner) || text[mark.start + 2] === '=';
	if (text[mark.start + 1] === '{') return !isStatement(text, mark);
	return /^[-+]?\s*(?:include|extends|import|from|block|call|macro)\b/.test(inner) && text[mark.start + 1] === '%';
}

/**
 * True for a mark that is no part of a word, to be passed over like white space: a statement (`{% if x %}`), a comment, and an
 * expression that has a line for itself (`{{ extra_configuration }}`).
 */
export function standsAlone(text: string, mark: Span): boolean {
	const second = text[mark.start + 1];
	if (text[mark.start] === '{' && second !== '{') return true;
	if (text[mark.start] === '<' && text[mark.start + 2] !== '=') return true;
	let before = mark.start - 1;
	while (before >= 0 && isSeparator(text.charCodeAt(before)) && text.charCodeAt(before) !== LF) before--;
	if (second === '{' && isComment(text, mark)) return true;
	const opens = before < 0 || text.charCodeAt(before) === LF;
	// A statement before the first word of a directive is no part of that word.
	if (second === '{' && (opens || ';{}'.includes(text[before] ?? '')) && isStatement(text, mark)) return true;
	if (!opens) return false;
	for (let at = mark.end; at < text.length && text.charCodeAt(at) !== LF; at++)
		if (!isSeparator(text.charCodeAt(at))) return false;
	return true;
}

function isComment(text: string, mark: Span): boolean {
	const head = text.slice(mark.start, mark.start + LONGEST_OPENING);
	return COMMENTS.some(({ opens }) => opens.test(head));
}

/** A name that tools write in a value's place: `__PORT__`, `@PORT@`, `@@PORT@@`, `%PORT%`, `%%PORT%%`. */
const NAMED = /__[A-Z][A-Z0-9_]*?__|@@?[A-Z][A-Z0-9_]*@@?|%%[A-Z][A-Z0-9_]*%%|%[A-Z][A-Z0-9_]{2,}%/g;

/** The marks in a value, ordered: what stands in their place when nginx reads it is not known. */
export function marksIn(value: string): readonly Span[] {
	if (!/\{[{%]|<[%?]|__[A-Z]|[@%][A-Z]/.test(value)) return NO_MARKS;
	const marks = templateMarks(value);
	const named = [...value.matchAll(NAMED)].map((found) => ({ start: found.index, end: found.index + found[0].length }));
	if (named.length === 0) return marks;
	const outside = named.filter(({ start }) => !marks.some((mark) => mark.start <= start && start < mark.end));
	return [...marks, ...outside].sort((a, b) => a.start - b.start);
}

const NO_MARKS: readonly Span[] = Object.freeze([]);
