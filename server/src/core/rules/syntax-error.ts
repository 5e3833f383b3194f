import type { ConfigFile, Configuration } from '../config/model.ts';
import { parseConfiguration } from '../config/parseConfiguration.ts';
import type { SyntaxProblem } from '../syntax/nodes.ts';
import type { Span } from '../text/span.ts';
import { closingBraceCures } from './cures/braces.ts';
import { type Cure, defineRule } from './rule.ts';

export default defineRule({
	id: 'syntax-error',
	summary: 'nginx cannot read the file.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx reads a configuration as a whole and starts, or reloads, only when every file of it can be read. A missing semicolon makes
the next line part of the directive, so the line that nginx names is often not the one to mend.`,
	remedy: 'Mend the text at the marked place.',
	ignore: 'Never: nginx refuses the whole configuration.',
	rows: ['IC4', 'TK3', 'TK7', 'TK8', 'TK9', 'TK10', 'TK11', 'TK12'],
	sources: ['https://nginx.org/en/docs/beginners_guide.html#conf_structure'],
	examples: [
		{
			title: 'a semicolon is missing',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:900«0»
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'an opening brace is missing',
			within: 'http',
			bad: `server {
	listen 8080;
	location /w«s»
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'a comment begins as in another language',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		«// the dashboard, open all day»
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		# // the dashboard, open all day
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const file of context.configuration.files.values()) {
			if (file.tree.template) continue;
			let commented = -1;
			for (const problem of file.tree.problems) {
				const line = file.tree.source.lineAt(problem.span.start);
				// The words behind a ";" that was meant to start a comment are no directive without its end.
				if (line === commented && problem.code === 'missing-semicolon') continue;
				const isMeant = problem.code === 'unexpected-semicolon' && isComment(file, problem.span);
				if (isMeant) commented = line;
				yield {
					severity: 'error',
					at: { path: file.path, span: problem.span },
					message: isMeant ? 'A comment starts with "#" in nginx, not with ";".' : problem.message,
					cures: () => curesOf(file, problem, context.configuration),
				};
				// All that follows is text of the quote, for nginx: nobody knows where it was to end.
				if (problem.code === 'unterminated-quote') break;
			}
		}
	},
});

function curesOf(file: ConfigFile, problem: SyntaxProblem, configuration: Configuration): readonly Cure[] {
	const { span } = problem;
	const behind = { start: span.end, end: span.end };
	switch (problem.code) {
		case 'missing-semicolon':
			if (/[,:\uff1b\u037e\u061b]/.test(file.tree.source.slice(span)))
				return [{ title: 'Write a semicolon', preferred: true, edits: [{ path: file.path, span, text: ';' }] }];
			return [{ title: 'Add the missing semicolon', preferred: true, edits: [{ path: file.path, span: behind, text: ';' }] }];
		case 'unexpected-semicolon':
			return isComment(file, span)
				? [{ title: 'Make it a comment', preferred: true, edits: [{ path: file.path, span, text: '#' }] }]
				: [{ title: 'Remove the extra semicolon', preferred: true, edits: [{ path: file.path, span, text: '' }] }];
		case 'unexpected-close':
			return closingBraceCures(file, span, configuration);
		case 'missing-open':
			return [{ title: 'Add the missing brace', preferred: true, edits: [{ path: file.path, span: behind, text: ' {' }] }];
		case 'stray-words':
			return commentOut(file, span);
		case 'unterminated-quote':
			return closeQuote(file, span);
		case 'unquoted-brace':
			return quoteExpression(file, span);
		default:
			return [];
	}
}

/** A `;` that starts a line of words, as comments do in other files. */
function isComment({ tree }: ConfigFile, { start, end }: Span): boolean {
	const { text, lineStarts } = tree.source;
	const line = tree.source.lineAt(start);
	const rest = text.slice(end, lineStarts[line + 1] ?? text.length);
	return text.slice(lineStarts[line] ?? 0, start).trim() === '' && /\w/.test(rest) && !/[;{}]/.test(rest);
}

/** How long a text is read again to see whether a cure mends it. */
const MOST_READ_AGAIN = 1_000_000;

/** Closes the quote before the first ";" behind it, or where its line ends: where that leaves the least that nginx cannot read. */
function closeQuote({ path, tree }: ConfigFile, { start, end }: Span): readonly Cure[] {
	const { text } = tree.source;
	// Each place is tried by reading the whole text again.
	if (text.length > MOST_READ_AGAIN) return [];
	const quote = text[start] ?? '"';
	const semicolon = text.indexOf(';', start);
	const [best] = [...(semicolon !== -1 && semicolon < end ? [semicolon] : []), end]
		.map((at) => ({ at, left: parseConfiguration(`${text.slice(0, at)}${quote}${text.slice(at)}`).problems.length }))
		.filter(({ left }) => left < tree.problems.length)
		.sort((a, b) => a.left - b.left);
	return best === undefined
		? []
		: [
				{
					title: 'Close the quote',
					preferred: true,
					edits: [{ path, span: { start: best.at, end: best.at }, text: quote }],
				},
			];
}

/** Puts an expression with a repeat into quotes; the `)` that ends a condition stays outside. */
function quoteExpression({ path, tree }: ConfigFile, span: Span): readonly Cure[] {
	const text = tree.source.slice(span);
	const bare = text.replace(/\\./gs, '').replace(/\[[^\]]*\]/g, '');
	const isCondition = text.endsWith(')') && bare.split(')').length > bare.split('(').length;
	const inner = isCondition ? text.slice(0, -1) : text;
	const quote = inner.includes('"') ? "'" : '"';
	if (inner.includes(quote)) return [];
	const edit = { path, span: { start: span.start, end: span.start + inner.length }, text: `${quote}${inner}${quote}` };
	return [{ title: 'Put the expression into quotes', preferred: true, edits: [edit] }];
}

/** Puts "#" before each line of the words; no cure when something else stands on their last line, which would go with them. */
function commentOut(file: ConfigFile, span: Span): readonly Cure[] {
	const { text } = file.tree.source;
	const lineEnd = text.indexOf('\n', span.end);
	if (!/^[ \t\r]*;?[ \t\r]*(?:#|$)/.test(text.slice(span.end, lineEnd < 0 ? undefined : lineEnd))) return [];
	const starts = [span.start];
	for (let at = text.indexOf('\n', span.start); at >= 0 && at < span.end; at = text.indexOf('\n', at + 1)) {
		const word = text.slice(at + 1, span.end).search(/[^ \t\r]/);
		if (word >= 0) starts.push(at + 1 + word);
	}
	const edits = starts.map((start) => ({ path: file.path, span: { start, end: start }, text: '# ' }));
	return [{ title: 'Make it a comment', preferred: true, edits }];
}
