import type { Span } from '../text/span.ts';
import { isSeparator, LF } from './characters.ts';

/**
 * Marks that some template language replaces before nginx reads the file: Jinja, Ansible, Go and Helm (`{{ }}`, `{% %}`, `{# #}`),
 * ERB and EPP (`<% %>`), PHP. Ordered, not overlapping. Those inside comments are among them: the scanner never asks for these.
 * A stretch that looks like one but would be odd as a template (`{{ a; }}`, JSON) is none.
 */
export function templateMarks(text: string): readonly Span[] {
	const marks: Span[] = [];
	collect(text, '{{', '}}', marks, isExpression);
	collect(text, '{%', '%}', marks, () => true);
	collect(text, '<%', '%>', marks, () => true);
	collect(text, '<?php', '?>', marks, () => true);
	collect(text, '<?=', '?>', marks, () => true);
	// `{#` may also be a brace with a comment behind it: it counts only where templates are at work.
	if (marks.length > 0) collect(text, '{#', '#}', marks, () => true);
	marks.sort((a, b) => a.start - b.start);
	let end = 0;
	return marks.filter((mark) => {
		if (mark.start < end) return false;
		end = mark.end;
		return true;
	});
}

function collect(text: string, opening: string, closing: string, into: Span[], accept: (inner: string) => boolean): void {
	let start = text.indexOf(opening);
	let close = 0;
	while (start !== -1) {
		if (close < start + opening.length) close = text.indexOf(closing, start + opening.length);
		if (close === -1) return;
		if (accept(text.slice(start + opening.length, Math.min(close, start + LONGEST_EXPRESSION)))) {
			into.push({ start, end: close + closing.length });
			start = text.indexOf(opening, close + closing.length);
		} else start = text.indexOf(opening, start + opening.length);
	}
}

/** Enough to judge the inside of `{{ }}`; keeps the cost linear where nothing is ever closed. */
const LONGEST_EXPRESSION = 500;

function isExpression(inner: string): boolean {
	return inner.length < LONGEST_EXPRESSION - 2 && /[A-Za-z]/.test(inner) && !/[;{\n]|":/.test(inner);
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

/**
 * True for a mark that is no part of a word, to be passed over like white space: a statement (`{% if x %}`), a comment, and an
 * expression that has a line for itself (`{{ extra_configuration }}`).
 */
export function standsAlone(text: string, mark: Span): boolean {
	const second = text[mark.start + 1];
	if (text[mark.start] === '{' && second !== '{') return true;
	if (text[mark.start] === '<' && text[mark.start + 2] !== '=') return true;
	for (let at = mark.start - 1; at >= 0 && text.charCodeAt(at) !== LF; at--) if (!isSeparator(text.charCodeAt(at))) return false;
	for (let at = mark.end; at < text.length && text.charCodeAt(at) !== LF; at++)
		if (!isSeparator(text.charCodeAt(at))) return false;
	return true;
}
