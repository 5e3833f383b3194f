import type { PlacedDirective, Scope } from '../config/model.ts';
import { definitionsOf } from '../reference/directives.ts';
import { insertBefore, insertBlockBefore, removeDirective } from './cures/editing.ts';
import { namePlace, problemsOf } from './directiveRule.ts';
import { type Cure, defineRule } from './rule.ts';

export default defineRule({
	id: 'directive-context',
	summary: 'A directive stands in a block where nginx does not allow it.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `Every directive has its contexts; elsewhere nginx refuses to start with "directive is not allowed here". A \`map\` belongs in the
http block, not in a server or location, and proxy_set_header is not allowed in an \`if\`.`,
	remedy: 'Move the directive to a block that takes it.',
	ignore: 'Never: nginx refuses the whole configuration.',
	rows: ['MP1', 'IN9', 'SM2', 'TK18', 'TK19'],
	sources: ['https://nginx.org/en/docs/dirindex.html', 'https://nginx.org/en/docs/http/ngx_http_map_module.html#map'],
	examples: [
		{
			title: 'a map in a server block',
			within: 'http',
			bad: `server {
	listen 8080;
	«map» $http_upgrade $connection_upgrade {
		default upgrade;
		'' '';
	}
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
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
		for (const problem of problemsOf(context, 'context'))
			yield {
				severity: 'error',
				at: namePlace(problem),
				message: problem.message,
				cures: () =>
					hasStrayBrace(problem.at)
						? []
						: [
								...movedToHttp(problem.at),
								...movedIntoHttp(problem.at),
								...lineIntoHttp(problem.at),
								...movedOutOfIf(problem.at),
							],
			};
	},
});

/** True where a brace is missing or one too many: it decides in which block the rest stands. */
function hasStrayBrace({ file }: PlacedDirective): boolean {
	return file.tree.problems.some(({ code }) => /^(?:unexpected-(?:close|open)|unclosed-block|missing-open)$/.test(code));
}

/** Moves a line that stands above or below the one http block, or in events, into it, where it holds for every server. */
function lineIntoHttp(placed: PlacedDirective): readonly Cure[] {
	const { node, file, scope } = placed;
	const name = node.name.value;
	if (node.block !== undefined || node.end === 'missing' || (scope.context !== 'main' && scope.context !== 'events')) return [];
	if (!definitionsOf(name).some(({ contexts, block }) => contexts.includes('http') && !block)) return [];
	const main = scope.context === 'main' ? scope : scope.parent;
	const [http, second] = main?.byName.get('http') ?? [];
	const first = http?.node.block?.children[0];
	if (http?.file !== file || second !== undefined || first === undefined || http.node.block?.closed !== true) return [];
	const target = http.body?.directives.find((child) => child.node === first);
	if (target === undefined || (http.body?.byName.get(name) ?? []).some((one) => setting(one) === setting(placed))) return [];
	const text = file.tree.source.slice(node.span);
	return [
		{
			title: 'Move this line into the http block',
			preferred: true,
			edits: [insertBefore(target, [text]), removeDirective(placed)],
		},
	];
}

/** Moves a block that stands above or below the one http block into it. */
function movedIntoHttp(placed: PlacedDirective): readonly Cure[] {
	const { node, file, scope } = placed;
	if (!HTTP_BLOCKS.includes(node.name.value) || node.block?.closed !== true || scope.context !== 'main') return [];
	const [http, second] = scope.byName.get('http') ?? [];
	const first = http?.node.block?.children[0];
	if (http?.file !== file || second !== undefined || first === undefined || http.node.block?.closed !== true) return [];
	const target = http.body?.directives.find((child) => child.node === first);
	return target === undefined
		? []
		: [
				{
					title: `Move this ${node.name.value} into the http block`,
					preferred: true,
					edits: [insertBlockBefore(target, linesOf(placed)), removeDirective(placed)],
				},
			];
}

/**
 * Moves the lines of proxy_* out of an `if` of a location, before it, all together: there they hold for every request, which the
 * forwarding headers do no harm to (HD20). Not where the location sets the same.
 */
function movedOutOfIf({ node, scope }: PlacedDirective): readonly Cure[] {
	const condition = scope.opener;
	const around = condition?.scope;
	if (condition?.node.name.value !== 'if' || around?.context !== 'location' || !isMovable(node.name.value)) return [];
	const lines = scope.directives.filter((one) => isMovable(one.node.name.value));
	const isFree = lines.every(
		(line) =>
			line.file === condition.file &&
			!line.file.tree.source.slice(line.node.span).includes('\n') &&
			!(around.byName.get(line.node.name.value) ?? []).some((one) => setting(one) === setting(line)),
	);
	if (!isFree) return [];
	const texts = lines.map(({ file, node: own }) => file.tree.source.slice(own.span));
	return [
		{
			title: lines.length === 1 ? 'Move it to the location' : 'Move these lines to the location',
			preferred: lines.every(
				({ node: own }) => own.name.value !== 'proxy_set_header' || forwards(own.args.map(({ value }) => value)),
			),
			edits: [insertBefore(condition, texts), ...lines.map(removeDirective)],
		},
	];
}

/** True for a header line that forwards the handshake. */
function forwards([header = '', value = '']: readonly string[]): boolean {
	return /^(?:upgrade|connection)$/i.test(header) && /upgrade/i.test(value);
}

function isMovable(name: string): boolean {
	return /^proxy_(?:set_header|http_version|read_timeout|send_timeout|connect_timeout|buffering)$/.test(name);
}

/** The header that a line sets, lower-case; empty for a directive that is there once. */
function setting({ node }: PlacedDirective): string {
	return node.name.value === 'proxy_set_header' ? (node.args[0]?.value.toLowerCase() ?? '') : '';
}

const HTTP_BLOCKS: readonly string[] = ['map', 'upstream', 'geo', 'split_clients'];

/** The lines of a block without the indentation of its first. */
function linesOf({ node, file }: PlacedDirective): readonly string[] {
	const { source } = file.tree;
	const indentation = source.indentationAt(node.span.start);
	return source
		.slice(node.span)
		.split(/\r?\n/)
		.map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line));
}

/** Moves a block that belongs in http (map, upstream, geo, split_clients) there, before the server that holds it. */
function movedToHttp(placed: PlacedDirective): readonly Cure[] {
	const { node, file } = placed;
	if (!HTTP_BLOCKS.includes(node.name.value) || node.block?.closed !== true) return [];
	let server: Scope | undefined = placed.scope;
	while (server !== undefined && server.context !== 'server') server = server.parent;
	const opener = server?.opener;
	if (opener === undefined || opener.file !== file) return [];
	return [
		{
			title: `Move this ${node.name.value} to the http block`,
			preferred: true,
			edits: [insertBlockBefore(opener, linesOf(placed)), removeDirective(placed)],
		},
	];
}
