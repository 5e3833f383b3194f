import { locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { removeDirective } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { saysTheSame } from './sameText.ts';
import { whereIs } from './wording.ts';

export default defineRule({
	id: 'location-duplicate',
	summary: 'The same location stands twice in one block.',
	severity: 'error',
	refused: true,
	why: `Two prefix locations of one block with the same path, or two exact ones, are a "duplicate location": nginx refuses to start. \`^~\` makes
no difference, and neither do quotes or an included file. An exact location beside a prefix, equal regular expressions and equal
named locations are taken.`,
	remedy: 'Join the two blocks into one.',
	ignore: 'Never: nginx refuses the whole configuration.',
	rows: ['DU3'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#location'],
	examples: [
		{
			title: 'the same block pasted twice',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	«location /ws» {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check({ configuration }) {
		for (const server of serversOf(configuration.root))
			for (const [first, at] of sameLocations(server)) {
				const path = at.node.args.at(-1)?.value ?? '';
				yield {
					severity: 'error',
					at: {
						path: at.file.path,
						span: { start: at.node.name.span.start, end: (at.node.args.at(-1) ?? at.node.name).span.end },
					},
					message: `nginx refuses to start: this block has a location for ${path} already (${whereIs(first, configuration)}). Join the two into one.`,
					related: [{ ...placeOf(first), message: 'the first one' }],
					cures: () =>
						first.node !== at.node && saysTheSame(first, at)
							? [{ title: 'Remove this copy', preferred: true, edits: [removeDirective(at)] }]
							: [],
				};
			}
	},
});

function serversOf(root: Scope): readonly Scope[] {
	if (root.context === 'server') return [root];
	const https = root.context === 'http' ? [root] : (root.byName.get('http') ?? []).flatMap(({ body }) => body ?? []);
	return https.flatMap((http) => (http.byName.get('server') ?? []).flatMap(({ body }) => body ?? []));
}

/**
 * Pairs that nginx refuses: it compares neighbours of each block's sorted list, and does so for no block inside a regular expression
 * (DU3; src/http/ngx_http.c, ngx_http_init_static_location_trees; measured). Text that a template engine still changes is left alone.
 */
function* sameLocations(scope: Scope): Iterable<readonly [PlacedDirective, PlacedDirective]> {
	const seen = new Map<string, PlacedDirective>();
	for (const at of scope.byName.get('location') ?? []) {
		if (at.body === undefined || at.file.tree.template) continue;
		const match = locationMatch(at);
		if (match === undefined || match.kind.startsWith('regex') || match.kind === 'named') continue;
		const key = `${match.kind === 'exact' ? '=' : ' '}${match.pattern}`;
		const first = seen.get(key);
		if (first === undefined) seen.set(key, at);
		else yield [first, at];
		yield* sameLocations(at.body);
	}
}
