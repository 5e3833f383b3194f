import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { unmarked } from '../../server/src/core/rules/page.ts';
import { RULES } from '../../server/src/core/rules/rules.generated.ts';
import type { Directive } from '../../server/src/core/syntax/nodes.ts';
import { parse } from '../../server/src/core/syntax/parse.ts';
import { walk } from '../../server/src/core/syntax/query.ts';
import { variableReferences } from '../../server/src/core/syntax/words.ts';
import { corpusFiles, corpusFolder } from '../support/corpusFiles.ts';
import { loadGrammar } from '../support/grammar.ts';

/* What the eye is told, against what the parser reads. */

const highlight = await loadGrammar();

test('the marked cases', () => {
	const program = createRequire(import.meta.url).resolve('vscode-tmgrammar-test/dist/unit.js');
	const root = fileURLToPath(new URL('../../', import.meta.url));
	const grammars = ['-g', 'syntaxes/nginx.tmLanguage.json', '-g', 'test/syntaxes/lua.tmLanguage.json'];
	const output = execFileSync(process.execPath, [program, ...grammars, 'test/syntaxes/cases/*.nginx'], {
		cwd: root,
		encoding: 'utf8',
	});
	expect(output.match(/run success/g)).toHaveLength(4);
});

describe('the examples of every rule look as they are read', () => {
	for (const rule of RULES)
		test(rule.id, () => {
			for (const { bad, good } of rule.examples) for (const text of [unmarked(bad), good]) expect(differences(text)).toEqual([]);
		});
});

test('half-typed text: the next directive after a forgotten semicolon and all that follows it look right again', () => {
	const text = 'http {\n\tserver {\n\t\tlisten 80\n\t\tserver_name a;\n\t\tlocation / {\n\t\t\troot /srv;\n\t\t}\n\t}\n}\n';
	const shown = highlight(text);
	expect(shown.scopesAt(text.indexOf('location'))).toContain('storage.type.context');
	expect(shown.scopesAt(text.indexOf('root'))).toContain('keyword.other.directive');
	expect(shown.scopesAt(text.lastIndexOf('}'))).toContain('punctuation.section.block.end');
});

test('an open quote reaches to where nginx thinks it reaches, and no line takes long', () => {
	const long = `${'a "b '.repeat(5_000)};`;
	const before = performance.now();
	highlight(long);
	expect(performance.now() - before).toBeLessThan(2_000);
	const text = 'set $a "x\ny";\nroot /srv;\n';
	expect(highlight(text).scopesAt(text.indexOf('root'))).toContain('keyword.other.directive');
});

const folder = corpusFolder();
test.skipIf(folder === undefined)('real configurations look as they are read', () => {
	const compared = corpusFiles(folder ?? '').filter(({ text }) => text.length < 60_000 && isPlain(text));
	const wrong = compared.flatMap(({ path, text }) => differences(text).map((difference) => `${path}: ${difference}`));
	expect(wrong.slice(0, 20)).toEqual([]);
	expect(compared.length).toBeGreaterThan(100);
});

/** A text that nginx reads and that is no template. */
function isPlain(text: string): boolean {
	const tree = parse(text);
	return tree.problems.length === 0 && !tree.template && !text.includes('\r');
}

/** Places where the grammar and the parser see different things. */
function differences(text: string): readonly string[] {
	const tree = parse(text);
	if (!isPlain(text)) return [];
	const shown = highlight(text);
	const found: string[] = [];
	const expectScope = (offset: number, pattern: RegExp, what: string): void => {
		const scopes = shown.scopesAt(offset);
		if (!pattern.test(scopes)) {
			const line = tree.source.lineAt(offset);
			found.push(`line ${line + 1}: ${what} is shown as ${scopes}: ${text.slice(offset, offset + 40).split('\n')[0]}`);
		}
	};
	for (const comment of tree.comments) expectScope(comment.span.start, /comment\.line/, 'a comment');
	for (const directive of walk(tree.directives)) lookAt(directive, text, tree.source, expectScope);
	return found;
}

const ENTRIES = new Set(['map', 'geo', 'split_clients', 'types', 'charset_map']);

function lookAt(
	directive: Directive,
	text: string,
	source: ReturnType<typeof parse>['source'],
	expectScope: (offset: number, pattern: RegExp, what: string) => void,
): void {
	const isEntry = directive.parent !== undefined && ENTRIES.has(directive.parent.name.value);
	const { name, args, block } = directive;
	if (!isEntry && name.quote === undefined && !name.value.startsWith('$'))
		expectScope(name.span.start, /keyword|storage\.type/, 'a directive');
	if (!isEntry && block !== undefined) expectScope(block.span.start, /punctuation\.section\.block\.begin/, 'a {');
	if (block !== undefined) expectScope(block.span.end - 1, /punctuation\.section\.block\.end/, 'a }');
	if (directive.end === ';') expectScope(directive.span.end - 1, /punctuation\.terminator/, 'a ;');
	for (const word of isEntry ? [name, ...args] : args) {
		if (word.quote !== undefined) expectScope(word.span.start, /string\.(quoted|regexp)/, 'a quoted word');
		const isPattern = word.value.startsWith('~') || /^(location|if|rewrite)$/.test(name.value);
		if (isPattern || text[word.span.start] === '~') continue;
		for (const { span } of variableReferences(word, source)) expectScope(span.start, /variable\.other/, 'a variable');
	}
}
