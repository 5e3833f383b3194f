import { distance } from 'fastest-levenshtein';
import { type CompiledMap, type MapEntry, readMap } from '../config/maps.ts';
import type { PlacedDirective } from '../config/model.ts';
import { hasToken } from '../request/clientHeaders.ts';
import { templateParts } from '../syntax/words.ts';
import { insertAfter, insertBlockAtEnd, replaceArgument } from './cures/editing.ts';
import type { Edit } from './rule.ts';
import { meantVariable } from './valueCause.ts';

/** How a map comes to say `upgrade` for a handshake: what to write, and the edits that write it. */
export interface Mend {
	/** One sentence. */
	readonly advice: string;
	/** Empty where only a person can tell what is meant. */
	readonly edits: readonly Edit[];
}

/** The variable that a map looks up, lower case without its `$`; undefined for text, or text and variables. */
export function sourceVariable(map: PlacedDirective): string | undefined {
	const parts = templateParts(map.node.args[0]?.value ?? '');
	const [only] = parts;
	return parts.length === 1 && only?.kind === 'variable' ? only.name.toLowerCase() : undefined;
}

/** Mends the map behind a Connection header. Plain requests get what they got, save where the map gave them the upgrade. */
export function mendMap(at: PlacedDirective): Mend {
	const source = sourceVariable(at);
	const map = readMap(at);
	if (source === 'http_upgrade') return fromUpgrade(at, map);
	if (source === 'http_connection') return fromConnection(at, map);
	if (source !== undefined && isMeantAsUpgrade(source)) {
		const edit = replaceArgument(at, 0, '$http_upgrade');
		const saysUpgrade = isUpgrade(map.lookUp('websocket'));
		const rest: Mend = saysUpgrade ? { advice: '', edits: [] } : fromUpgrade(at, map);
		return {
			advice: `Write \`map $http_upgrade ${map.variable}\`.${rest.advice === '' ? '' : ` ${rest.advice}`}`,
			edits: edit === undefined || (!saysUpgrade && rest.edits.length === 0) ? [] : [edit, ...rest.edits],
		};
	}
	// $connection is the number of the connection.
	const meant = source === 'connection' ? sourceFor(at) : undefined;
	const edit = meant === undefined ? undefined : replaceArgument(at, 0, meant);
	if (edit !== undefined) return { advice: `Write \`map ${meant} ${map.variable}\`: $connection is a number.`, edits: [edit] };
	return { advice: `Let the map look up $http_upgrade, with \`default upgrade;\` and \`'' '';\`.`, edits: [] };
}

/** `$http_upgrad` and the like: a header that nobody sends. */
export function isMeantAsUpgrade(variable: string): boolean {
	const meant = variable.startsWith('http_') ? meantVariable(variable) : undefined;
	return meant === '$http_upgrade' || meant === '$connection_upgrade';
}

function fromUpgrade(at: PlacedDirective, map: CompiledMap): Mend {
	const entry = map.lookUp('websocket');
	const plain = map.lookUp('');
	if (entry === undefined || plain === undefined || at.body === undefined) return { advice: MANUAL, edits: [] };
	// A key that is no default: nginx takes the colon for a part of it.
	const colon = at.body.directives.find(({ node }) => /^default[:=]$/.test(node.name.value));
	if (entry.at === undefined && colon !== undefined && saysUpgrade(colon.node.args[0]?.value))
		return {
			advice: `Write \`default\` for the key \`${colon.node.name.value}\`.`,
			edits: [{ path: colon.file.path, span: colon.node.name.span, text: 'default' }],
		};
	const listed = (at.body?.directives ?? []).filter(
		({ node }) =>
			node.args.length === 1 && !['default', '', 'include'].includes(node.name.value) && saysUpgrade(node.args[0]?.value),
	);
	// A list of what may be upgraded stays one: its key is mended, or one is added.
	if (listed.length > 0 && (entry.at === undefined || entry.at.node.name.value === 'default')) {
		const near = listed.find(({ node }) => isMeantAsWebSocket(node.name.value));
		if (near !== undefined)
			return {
				advice: `Write \`~*^websocket$\` for the key \`${near.node.name.value}\`.`,
				edits: [{ path: near.file.path, span: near.node.name.span, text: '~*^websocket$' }],
			};
		const added = insertBlockAtEnd(at.body, ['websocket upgrade;']);
		return { advice: 'Add `websocket upgrade;`.', edits: added === undefined ? [] : [added] };
	}
	const keepsPlain = plain.at !== undefined && plain.at !== entry.at;
	if (entry.at === undefined) {
		const lines = ['default upgrade;', ...(keepsPlain ? [] : ["'' '';"])];
		const added = insertBlockAtEnd(at.body, lines);
		return { advice: `Add ${lines.map((line) => `\`${line}\``).join(' and ')}.`, edits: added === undefined ? [] : [added] };
	}
	const name = at.file === entry.at.file ? entry.at.file.tree.source.slice(entry.at.node.name.span) : entry.at.node.name.value;
	const edits = [replaceArgument(entry.at, 0, 'upgrade')];
	let advice = `Write \`${name} upgrade;\``;
	if (plain.at === entry.at) {
		// What answered a request without Upgrade too still does.
		const line = `'' ${asWritten(entry.at)};`;
		edits.push(insertAfter(entry.at, [line]));
		advice += `, and add \`${line}\` for plain requests`;
	} else if (plain.at?.node.name.value === '' && saysUpgrade(plain.template)) {
		edits.push(replaceArgument(plain.at, 0, "''"));
		advice += " and `'' '';`";
	}
	return { advice: `${advice}.`, edits: edits.filter((edit) => edit !== undefined) };
}

/** The value of an entry as it stands in its file; nothing is written `''`. */
function asWritten(entry: PlacedDirective): string {
	const word = entry.node.args[0];
	return word === undefined || word.value === '' ? "''" : entry.file.tree.source.slice(word.span);
}

function fromConnection(at: PlacedDirective, map: CompiledMap): Mend {
	const entry = (at.body?.directives ?? []).find(
		({ node }) => node.args.length === 1 && !['default', ''].includes(node.name.value) && saysUpgrade(node.args[0]?.value),
	);
	if (entry !== undefined)
		return {
			advice: `Write \`"~*upgrade"\` for the key \`${entry.node.name.value}\`, which fits every Connection with the word in it.`,
			edits: [{ path: entry.file.path, span: entry.node.name.span, text: '"~*upgrade"' }],
		};
	const added =
		map.lookUp('') === undefined || at.body === undefined ? undefined : insertBlockAtEnd(at.body, ['"~*upgrade" upgrade;']);
	return { advice: 'Add `"~*upgrade" upgrade;`.', edits: added === undefined ? [] : [added] };
}

const MANUAL = "Let it give `upgrade` for the key `websocket`, and nothing for the key `''`.";

function saysUpgrade(value: string | undefined): boolean {
	return value !== undefined && !value.includes('$') && hasToken(value, 'upgrade');
}

function isUpgrade(entry: MapEntry | undefined): boolean {
	return saysUpgrade(entry?.template);
}

/** `web-socket`, `~WebSocket`, `websockets`, `ws`: a key that was meant to be websocket. */
function isMeantAsWebSocket(key: string): boolean {
	const word = key.toLowerCase().replace(/[^a-z]/g, '');
	return word === 'ws' || distance(word, 'websocket') <= 2;
}

/** What a map from another source gives: the variable to look up, for a map whose source is a text, so that it says upgrade for a handshake (MP7). */
export function sourceFor(map: PlacedDirective): string | undefined {
	const compiled = readMap(map);
	const text = compiled.source.toLowerCase();
	const candidates = /connection/.test(text) && !/upgrade/.test(text) ? ['connection', 'upgrade'] : ['upgrade', 'connection'];
	const value = { upgrade: 'websocket', connection: 'Upgrade' } as const;
	const found = candidates.find((name) => isUpgrade(compiled.lookUp(value[name === 'upgrade' ? 'upgrade' : 'connection'])));
	return found === undefined ? undefined : `$http_${found}`;
}
