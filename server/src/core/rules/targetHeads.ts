import type { Scope } from '../config/model.ts';
import type { VariableDefinition, VariableTable } from '../config/variables.ts';
import { compileTemplate, type Piece } from '../request/template.ts';

/** How an address of proxy_pass may begin. */
interface Head {
	readonly text: string;
	/** Something follows that is not known. */
	readonly isOpen: boolean;
}

/** What is wrong with the address of a proxy_pass with variables, whichever client asks. */
export interface HeadFault {
	/** One of the values that are no address. */
	readonly value: string;
	/** `always`: every value is none. `entry`: one that is written in a table. `rest`: those that a split_clients leaves without a value. */
	readonly kind: 'always' | 'entry' | 'rest';
	/** The tables that give the values. */
	readonly tables: readonly VariableDefinition[];
}

/** More ways to begin than this are not followed. */
const MOST = 500;

/**
 * Judges an address by its fixed beginning and by all values that tables and `set` give its variables: nginx answers 500 to a request
 * for which it does not begin with http:// or https:// and a host (ngx_http_proxy_eval, "invalid URL prefix"). Undefined where it cannot
 * be told.
 */
export function headFault(address: string, variables: VariableTable): HeadFault | undefined {
	const tables: VariableDefinition[] = [];
	const heads = headsOf(compileTemplate(address).pieces, variables, tables);
	if (heads === undefined) return undefined;
	const bad = heads.filter((head) => !mayBeAddress(head));
	const [one] = bad;
	if (one === undefined) return undefined;
	if (bad.length === heads.length) return { value: one.text, kind: 'always', tables };
	// What is set elsewhere, and what an if asks for first, need not come here.
	if (
		tables.some(
			({ kind, name }) => kind === 'set' || variables.uses.some((use) => use.name === name && use.at.node.name.value === 'if'),
		)
	)
		return undefined;
	const rest = tables.find(({ kind, at }) => kind === 'split_clients' && !at.body?.byName.has('*'));
	if (rest !== undefined) return { value: '', kind: 'rest', tables: [rest] };
	const written = bad.find(({ text }) => /^(?:unix:|[\w-]+(?:\.[\w-]+)*:\d+|[\w-]+(?:\.[\w-]+)+)/i.test(text));
	return written && { value: written.text, kind: 'entry', tables };
}

function headsOf(pieces: readonly Piece[], variables: VariableTable, tables: VariableDefinition[]): readonly Head[] | undefined {
	let heads: readonly Head[] = [{ text: '', isOpen: false }];
	for (const piece of pieces) {
		const values =
			piece.kind === 'literal'
				? [{ text: piece.bytes, isOpen: false }]
				: piece.kind === 'variable'
					? valuesOf(piece.name, variables, tables)
					: OPEN;
		heads = heads.flatMap((head) =>
			head.isOpen || isSettled(head.text)
				? [{ ...head, isOpen: true }]
				: values.map(({ text, isOpen }) => ({ text: head.text + text, isOpen })),
		);
		if (heads.length > MOST) return undefined;
		if (heads.every(({ isOpen }) => isOpen)) break;
	}
	return heads;
}

const OPEN: readonly Head[] = [{ text: '', isOpen: true }];

/** Scheme and the beginning of a host are there. */
function isSettled(text: string): boolean {
	return /^https?:\/\/[^/:?]/i.test(text);
}

function mayBeAddress({ text, isOpen }: Head): boolean {
	const lower = text.toLowerCase();
	return isSettled(lower) || (isOpen && ['http://', 'https://'].some((scheme) => scheme.startsWith(lower)));
}

function valuesOf(name: string, variables: VariableTable, tables: VariableDefinition[]): readonly Head[] {
	if (name === 'scheme') return ['http', 'https'].map((text) => ({ text, isOpen: false }));
	const definitions = variables.definitions.get(name)?.filter(({ side }) => side === 'http') ?? [];
	const found: Head[] = [];
	for (const definition of definitions) {
		const values = valuesIn(definition);
		if (values === undefined) return OPEN;
		tables.push(definition);
		for (const value of values) {
			const dollar = value.indexOf('$');
			found.push(dollar === -1 ? { text: value, isOpen: false } : { text: value.slice(0, dollar), isOpen: true });
		}
	}
	return definitions.length === 0 ? OPEN : found;
}

/** Every value that a definition gives; undefined where not all are written there. */
function valuesIn({ kind, at }: VariableDefinition): readonly string[] | undefined {
	if (kind === 'set') return at.node.args[1] === undefined ? undefined : [at.node.args[1].value];
	const { body } = at;
	if (!['map', 'geo', 'split_clients'].includes(kind) || body === undefined || at.node.block?.closed !== true) return undefined;
	if (at.file.tree.template || body.unresolved.length > 0 || body.byName.has('include')) return undefined;
	const values = writtenValues(body);
	return body.byName.has(kind === 'split_clients' ? '*' : 'default') ? values : [...values, ''];
}

/** The values that the entries of a map, geo or split_clients give; its settings are no entries. */
export function writtenValues({ directives }: Scope): readonly string[] {
	return directives
		.filter(({ node }) => !/^(?:hostnames|volatile|ranges|delete|proxy|proxy_recursive)$/.test(node.name.value))
		.map(({ node }) => node.args[0]?.value ?? '');
}
