import { distance } from 'fastest-levenshtein';
import type { VariableTable, VariableUse } from '../config/variables.ts';
import { builtInVariables } from '../reference/variables.ts';
import { enclosing, equivalentMaps, insertMap } from './cures/mapBlock.ts';
import { type Cure, defineRule } from './rule.ts';

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
		for (const use of table.unknown) {
			const suggestion = isUseIn(use, 'upgrade') ? 'http_upgrade' : nearest(use.name, table);
			yield {
				severity: 'error',
				at: use.place,
				message: `nginx refuses to start with unknown "${use.name}" variable: nothing in the http block defines it. ${
					suggestion !== undefined
						? `Did you mean $${suggestion}?`
						: isUseIn(use, 'connection')
							? 'Add the map that gives it its value.'
							: 'Define it with map or set, or correct its name.'
				}`,
				cures: () => curesOf(use, suggestion, context.variables()),
			};
		}
	},
});

/** True for a variable in a proxy_set_header line of this header (lower-case). */
function isUseIn(use: VariableUse, header: string): boolean {
	return use.at.node.name.value === 'proxy_set_header' && use.at.node.args[0]?.value.toLowerCase() === header;
}

/** The one variable that is nearest: one that the configuration defines itself, two letters away, or one of nginx, a single letter away. */
function nearest(name: string, table: VariableTable): string | undefined {
	const lower = name.toLowerCase();
	const own = within([...table.definitions.keys()], lower, 2);
	return own.length > 0 ? own[0] : only(within(builtInVariables('http'), lower, 1));
}

function within(names: readonly string[], name: string, most: number): readonly string[] {
	return names
		.filter((known) => known.length >= 4)
		.map((known) => [known, distance(known, name)] as const)
		.filter(([known, far]) => far <= most && (known.length > 4 || far === 1))
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
	const http = enclosing(use.at.scope, 'http');
	if (http === undefined || !isUseIn(use, 'connection')) return [];
	const known = equivalentMaps(http, variables)[0]?.node.args[1]?.value;
	if (known !== undefined) return [replaced(known)];
	const edit = insertMap(http, use.name);
	return edit === undefined ? [] : [{ title: `Add the map for $${use.name} to the http block`, preferred: true, edits: [edit] }];
}
