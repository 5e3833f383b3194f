import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import * as oniguruma from 'vscode-oniguruma';
import * as textmate from 'vscode-textmate';

/** The scopes at every offset of a text, as one string per offset, outermost first. */
export interface Highlighted {
	scopesAt(offset: number): string;
}

/** Reads a text with our TextMate grammar, the way VS Code does; Lua has a stand-in. */
export async function loadGrammar(): Promise<(text: string) => Highlighted> {
	const wasm = readFileSync(createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm'));
	await oniguruma.loadWASM(new Uint8Array(wasm).buffer);
	const registry = new textmate.Registry({
		onigLib: Promise.resolve({
			createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
			createOnigString: (text) => new oniguruma.OnigString(text),
		}),
		loadGrammar: async (scope) => {
			const path = scope === 'source.nginx' ? '../../syntaxes/nginx.tmLanguage.json' : '../syntaxes/lua.tmLanguage.json';
			return textmate.parseRawGrammar(readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8'), path);
		},
	});
	const grammar = await registry.loadGrammar('source.nginx');
	if (grammar === null) throw new Error('the grammar is gone');
	return (text) => {
		const starts: number[] = [];
		const scopes: string[] = [];
		let state = textmate.INITIAL;
		let offset = 0;
		for (const line of text.split('\n')) {
			const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
			for (const token of tokens) {
				starts.push(offset + token.startIndex);
				scopes.push(token.scopes.join(' '));
			}
			state = ruleStack;
			offset += line.length + 1;
		}
		return {
			scopesAt: (at) => {
				let low = 0;
				let high = starts.length - 1;
				while (low < high) {
					const middle = (low + high + 1) >> 1;
					if ((starts[middle] ?? 0) <= at) low = middle;
					else high = middle - 1;
				}
				return scopes[low] ?? '';
			},
		};
	};
}
