import { distance } from 'fastest-levenshtein';
import type { Configuration, PlacedDirective } from '../config/model.ts';
import { NEVER_A_WORD } from '../request/otherClients.ts';
import type { HeaderLine } from '../request/prediction.ts';
import { templateParts } from '../syntax/words.ts';
import { whereIs } from './wording.ts';

/** What gave the value that a proxy_set_header line sent. */
export type Cause =
	/** A map; one that nginx's own `$http_…` is defined by again, where `redefines`. */
	| { readonly kind: 'map'; readonly at: PlacedDirective; readonly name: string; readonly redefines: boolean }
	| { readonly kind: 'set'; readonly at: PlacedDirective; readonly name: string }
	/** A header of the client that it does not send; `meant` is the variable that it looks like. */
	| { readonly kind: 'header'; readonly name: string; readonly meant: string | undefined }
	/** A variable that is empty here because what sets it stands elsewhere. */
	| { readonly kind: 'unset'; readonly name: string }
	/** A number, an address, a time or an identifier that nginx makes up. */
	| { readonly kind: 'made-up'; readonly name: string }
	/** The host or the path that a client asks for. */
	| { readonly kind: 'asked'; readonly name: string }
	/** A `split_clients` or `geo` block, or a map of several values. */
	| { readonly kind: 'table'; readonly at: PlacedDirective; readonly name: string }
	/** Text, or text and variables. */
	| { readonly kind: 'text' };

/** Where a line's value came from, as the followed request read it. */
export function causeOf(line: HeaderLine): Cause {
	const parts = templateParts(line.at.node.args[1]?.value ?? '');
	const variables = parts.filter((part) => part.kind === 'variable').map(({ name }) => name.toLowerCase());
	const unknown = variables.find((name) => line.value.toLowerCase().includes(`$${name}`) && !definedBy(line, name));
	if (unknown !== undefined) return { kind: 'made-up', name: unknown };
	const [name] = variables;
	if (name === undefined || parts.length !== 1) return { kind: 'text' };
	const at = definedBy(line, name);
	if (at !== undefined && (TABLES.has(at.node.name.value) || line.value.toLowerCase() === `$${name}`))
		return { kind: 'table', at, name };
	if (at?.node.name.value === 'set') return { kind: 'set', at, name };
	if (at !== undefined) return { kind: 'map', at, name, redefines: name.startsWith('http_') };
	if (ADDRESSES.has(name)) return { kind: 'made-up', name };
	if (NEVER_A_WORD.has(name)) return { kind: 'asked', name };
	if (name.startsWith('http_')) return { kind: 'header', name, meant: meantVariable(name) };
	return line.value === '' ? { kind: 'unset', name } : { kind: 'text' };
}

const TABLES: ReadonlySet<string> = new Set(['geo', 'split_clients']);
const ADDRESSES: ReadonlySet<string> = new Set([
	'remote_addr',
	'realip_remote_addr',
	'server_addr',
	'server_port',
	'proxy_add_x_forwarded_for',
]);

/** The block or the `set` that gave a variable its value, of those that the line's value was read from. */
function definedBy(line: HeaderLine, name: string): PlacedDirective | undefined {
	return line.sources.findLast(({ node }) => {
		const { value } = node.name;
		const defined = value === 'set' ? node.args[0] : value === 'map' || TABLES.has(value) ? node.args.at(-1) : undefined;
		return defined?.value.toLowerCase() === `$${name}`;
	});
}

/** The map that gives a variable of a request header another value, where the line's value was read from one (MP9). */
export function redefinitionIn(line: HeaderLine | undefined): PlacedDirective | undefined {
	return line?.sources.find(({ node }) => node.name.value === 'map' && /^\$http_/i.test(node.args[1]?.value ?? ''));
}

/** Headers that clients send, as variables have them, and that are near to one of those below. */
const KNOWN: ReadonlySet<string> = new Set([
	'upgrade',
	'connection',
	'host',
	'origin',
	'cookie',
	'via',
	'date',
	'te',
	'upgrade_insecure_requests',
]);

/** What `$http_…` with a letter wrong, or with a name that is a map's, is meant to be (HD15); with its `$`. */
export function meantVariable(name: string): string | undefined {
	const header = name.toLowerCase().replace(/^http_/, '');
	if (KNOWN.has(header)) return undefined;
	if (distance(header, 'connection_upgrade') <= 3) return '$connection_upgrade';
	const near = ['upgrade', 'connection', 'host'].find((known) => distance(header, known) <= (known.length > 4 ? 2 : 1));
	return near === undefined ? undefined : `$http_${near}`;
}

/** `$http_ugrade is empty …`: why a line sends what it sends, as a clause; undefined for plain text. */
export function causeText(line: HeaderLine, configuration: Configuration): string | undefined {
	const cause = causeOf(line);
	const gives = line.value === '' ? 'nothing' : `"${line.value}"`;
	switch (cause.kind) {
		case 'map':
			return `the map of $${cause.name} (${whereIs(cause.at, configuration)}) gives ${gives} for a handshake`;
		case 'set':
			return `\`set\` (${whereIs(cause.at, configuration)}) gives $${cause.name} ${line.value === '' ? 'no value' : `the value ${gives}`}`;
		case 'header':
			return line.value === ''
				? `$${cause.name} reads a header "${headerNamed(cause.name)}", which a handshake does not have`
				: undefined;
		case 'unset':
			return `$${cause.name} has no value here: what sets it stands in another server or location`;
		case 'made-up':
			return `$${cause.name} is a variable of nginx itself, a number, an address, a time or an identifier`;
		case 'asked':
			return `$${cause.name} is what the client asks for`;
		case 'table':
			return `none of the values that ${cause.at.node.name.value} (${whereIs(cause.at, configuration)}) has for $${cause.name} is the one that a handshake needs`;
		case 'text':
			return undefined;
	}
}

/** `http_x_real_ip` → `X-Real-Ip`. */
function headerNamed(name: string): string {
	return name
		.replace(/^http_/, '')
		.replaceAll('_', '-')
		.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}
