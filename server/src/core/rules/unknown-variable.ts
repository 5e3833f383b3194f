import { distance } from 'fastest-levenshtein';
import type { PlacedDirective } from '../config/model.ts';
import type { VariableTable, VariableUse } from '../config/variables.ts';
import { builtInVariables, isBuiltInVariable } from '../reference/variables.ts';
import { replaceArgument } from './cures/editing.ts';
import { blockInFile, equivalentMaps, insertMap } from './cures/mapBlock.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { namedWithoutDollar } from './variableNames.ts';
import { shownPath, whereIs } from './wording.ts';

export default defineRule({
	id: 'unknown-variable',
	summary: 'A variable is used that nothing defines.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx refuses to start: \`unknown "connection_upgrade" variable\`, without a file or a line. The check covers the whole http block,
also lines that an inner level overrides. $connection_upgrade is no variable of nginx: it comes from the map that the
documentation shows beside it.`,
	remedy: "Add the map to the http block: `map $http_upgrade $connection_upgrade { default upgrade; '' ''; }`.",
	ignore: 'A module that is not known here defines it.',
	rows: ['HD16', 'DU5', 'DU6'],
	sources: ['https://nginx.org/en/docs/http/websocket.html', 'https://nginx.org/en/docs/varindex.html'],
	examples: [
		{
			title: 'the map was not pasted',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «$connection_upgrade»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	''      '';
}

server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		const table = context.variables();
		const { prefix } = context.configuration;
		const misnamed = namedWithoutDollar(context.configuration.root);
		for (const use of table.unknown) {
			// What is wrong stands in the line that was to define it, and is told there.
			if (misnamed.has(use.name)) continue;
			const odd = [`{${use.name}}`, `$${use.name}`].find((name) => table.definitions.has(name));
			const braced = table.definitions.get(odd ?? '')?.find(({ side }) => side === use.side);
			const mark = odd?.startsWith('$') ? 'a second $' : 'braces';
			const misdirected = braced === undefined ? mapOfHeader(use, table) : undefined;
			const suggestion =
				misdirected !== undefined
					? undefined
					: (nearestOwn(use, table) ?? (isUseIn(use, 'upgrade') ? 'http_upgrade' : nearestBuiltIn(use)));
			const inStream = use.side === 'stream' && isBuiltInVariable(use.name, 'http');
			yield {
				severity: 'error',
				at: use.place,
				...(braced === undefined ? {} : { related: [{ ...braced.place, message: `the name with ${mark}` }] }),
				...(misdirected === undefined ? {} : { related: [{ ...placeOf(misdirected), message: 'the map' }] }),
				message: `nginx refuses to start with unknown "${use.name}" variable: ${
					inStream ? 'stream passes bytes on and has no variables of requests' : `nothing in the ${use.side} block defines it`
				}. ${
					braced !== undefined
						? `The ${braced.kind} in ${shownPath(braced.place.path, prefix)} names it with ${mark}, which makes another name of it: write $${use.name} there.`
						: misdirected !== undefined
							? `The map in ${whereIs(misdirected, context.configuration)} gives its value to ${misdirected.node.args[1]?.value}, which is the client's own header: write \`map $http_upgrade $${use.name}\` there.`
							: suggestion !== undefined
								? `Did you mean $${suggestion}?`
								: isUseIn(use, 'connection')
									? 'Add the map that gives it its value.'
									: inStream
										? 'Take it out, or use a variable of the stream modules.'
										: 'Define it with map or set, or correct its name.'
				}`,
				cures: () =>
					braced === undefined
						? misdirected !== undefined
							? redirected(misdirected, use.name)
							: curesOf(use, suggestion, context.variables())
						: [
								{
									title: `Name it $${use.name}`,
									preferred: true,
									edits: [{ ...braced.place, text: `$${use.name}` }],
								},
							],
			};
		}
	},
});

/**
 * The one map that was to define the variable of a Connection line, and defines a header of the client again: `map $http_upgrade $http_upgrade`,
 * or the two names the wrong way around.
 */
function mapOfHeader(use: VariableUse, { definitions, unknown }: VariableTable): PlacedDirective | undefined {
	if (!unknown.some((other) => other.name === use.name && isUseIn(other, 'connection'))) return undefined;
	const maps = ['http_upgrade', 'http_connection'].flatMap((name) =>
		(definitions.get(name) ?? []).flatMap(({ kind, side, at }) => (kind === 'map' && side === use.side ? at : [])),
	);
	const [map] = maps;
	const source = map?.node.args[0]?.value.toLowerCase();
	return maps.length === 1 && (source === '$http_upgrade' || source === `$${use.name}`) ? map : undefined;
}

/** Lets a map look up the client's Upgrade header and define this variable. */
function redirected(map: PlacedDirective, name: string): readonly Cure[] {
	const target = replaceArgument(map, 1, `$${name}`);
	const source = map.node.args[0]?.value.toLowerCase() === '$http_upgrade' ? undefined : replaceArgument(map, 0, '$http_upgrade');
	if (target === undefined) return [];
	const edits = source === undefined ? [target] : [source, target];
	return [{ title: `Let the map define $${name}`, preferred: true, edits }];
}

/** True for a variable in a proxy_set_header line of this header (lower-case). */
function isUseIn(use: VariableUse, header: string): boolean {
	return use.at.node.name.value === 'proxy_set_header' && use.at.node.args[0]?.value.toLowerCase() === header;
}

/** The nearest variable that the configuration defines itself on this side, at most two letters away. */
function nearestOwn({ name, side }: VariableUse, table: VariableTable): string | undefined {
	const own = [...table.definitions.values()]
		.filter((all) => all.some((definition) => definition.side === side))
		.flatMap(([first]) => (first !== undefined && /^\w+$/.test(first.name) ? first.name : []));
	return within(own, name, 2)[0];
}

/** The one variable of nginx that is a single letter away. */
function nearestBuiltIn({ name, side }: VariableUse): string | undefined {
	return only(within(builtInVariables(side), name, 1));
}

function within(names: readonly string[], name: string, most: number): readonly string[] {
	return names
		.filter((known) => known.length >= 4)
		.map((known) => [known, distance(known, name)] as const)
		.filter(([known, far]) => far > 0 && far <= most && (known.length > 4 || far === 1))
		.sort(([, a], [, b]) => a - b)
		.map(([known]) => known);
}

function only(names: readonly string[]): string | undefined {
	return names.length === 1 ? names[0] : undefined;
}

function curesOf(use: VariableUse, suggestion: string | undefined, variables: VariableTable): readonly Cure[] {
	const replaced = (name: string): Cure => ({
		title: `Write ${name}`,
		preferred: true,
		edits: [{ path: use.place.path, span: use.place.span, text: name }],
	});
	if (suggestion !== undefined) return [replaced(`$${suggestion}`)];
	const http = blockInFile(use.at.scope, 'http');
	if (http === undefined || !isUseIn(use, 'connection')) return [];
	const known = equivalentMaps(http, variables)[0]?.node.args[1]?.value;
	if (known !== undefined) return [replaced(known)];
	const edit = insertMap(http, use.name);
	return edit === undefined ? [] : [{ title: `Add the map for $${use.name} to the http block`, preferred: true, edits: [edit] }];
}
