import type { PlacedDirective } from '../../config/model.ts';
import type { VariableDefinition } from '../../config/variables.ts';
import type { Cure, RuleContext } from '../rule.ts';
import { writtenValues } from '../targetHeads.ts';
import { replaceArgument } from './editing.ts';

/** The scheme in full where it is there in part, else in front of the variable. */
export function completed(at: PlacedDirective, context: RuleContext): readonly Cure[] {
	const word = at.node.args[0];
	const [begun] = /^(?:https?:?\/?(?=\$)|:?\/\/(?=\$))/i.exec(word?.value ?? '') ?? [];
	if (word === undefined || begun === undefined) return prefixed(at, context);
	const scheme = /^https/i.test(begun) ? 'https://' : 'http://';
	const edit = replaceArgument(at, 0, at.file.tree.source.slice(word.span).replace(begun, scheme));
	return edit === undefined ? [] : [{ title: `Write ${scheme}`, preferred: true, changes: 'backend', edits: [edit] }];
}

/** A `set` whose address begins with ws:// or wss:// gets the scheme that nginx knows. */
export function respelt(decided: readonly PlacedDirective[]): readonly Cure[] {
	for (const line of decided) {
		const word = line.node.args[1];
		if (line.node.name.value !== 'set' || word === undefined || !/^wss?:\/\//i.test(word.value)) continue;
		const text = line.file.tree.source.slice(word.span).replace(/^(["']?)ws(s?):/i, '$1http$2:');
		const edit = replaceArgument(line, 1, text);
		const scheme = /^wss/i.test(word.value) ? 'https://' : 'http://';
		return edit === undefined
			? []
			: [{ title: `Write ${scheme} in ${line.node.args[0]?.value}`, preferred: true, edits: [edit] }];
	}
	return [];
}

/** http:// in front of the variable, where nothing that it ever holds has a scheme of its own. */
export function prefixed(at: PlacedDirective, context: RuleContext): readonly Cure[] {
	const word = at.node.args[0];
	const name = /^\$\{?(\w+)\}?/.exec(word?.value ?? '')?.[1]?.toLowerCase();
	if (word === undefined || name === undefined) return [];
	const values = (context.variables().definitions.get(name) ?? []).flatMap(valuesOf);
	const plain =
		values.length === 0 ? HOSTS.has(name) : values.every((value) => /^[\w.[][\w.[\]:/-]*$/.test(value) && !value.includes('://'));
	if (!plain) return [];
	const edit = replaceArgument(at, 0, at.file.tree.source.slice(word.span).replace(/^["']?/, '$&http://'));
	return edit === undefined
		? []
		: [{ title: `Write http:// in front of $${name}`, preferred: true, changes: 'host', edits: [edit] }];
}

/** nginx's own variables that hold a host and never a scheme. */
const HOSTS: ReadonlySet<string> = new Set(['host', 'http_host', 'server_name', 'server_addr', 'hostname', 'remote_addr']);

/** What a definition gives the variable; an empty text, which is no host, where that is not written out. */
function valuesOf({ kind, at }: VariableDefinition): readonly string[] {
	if (kind === 'set') return [at.node.args[1]?.value ?? ''];
	if (!['map', 'geo', 'split_clients'].includes(kind) || at.body === undefined || at.body.unresolved.length > 0) return [''];
	return at.body.byName.has('include') ? [''] : writtenValues(at.body);
}
