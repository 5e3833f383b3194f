import type { PlacedDirective, Scope } from '../config/model.ts';
import { insertBlockBefore, removeDirective } from './cures/editing.ts';
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
				cures: () => movedToHttp(problem.at),
			};
	},
});

/** Moves a block that belongs in http (map, upstream, geo, split_clients) there, before the server that holds it. */
function movedToHttp(placed: PlacedDirective): readonly Cure[] {
	const { node, file } = placed;
	if (!['map', 'upstream', 'geo', 'split_clients'].includes(node.name.value) || node.block?.closed !== true) return [];
	let server: Scope | undefined = placed.scope;
	while (server !== undefined && server.context !== 'server') server = server.parent;
	const opener = server?.opener;
	if (opener === undefined || opener.file !== file) return [];
	const { source } = file.tree;
	const indentation = source.indentationAt(node.span.start);
	const lines = source
		.slice(node.span)
		.split(/\r?\n/)
		.map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line));
	return [
		{
			title: `Move this ${node.name.value} to the http block`,
			preferred: true,
			edits: [insertBlockBefore(opener, lines), removeDirective(placed)],
		},
	];
}
