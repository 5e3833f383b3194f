import type { PlacedDirective } from '../config/model.ts';
import { removeDirective } from './cures/editing.ts';
import { mapsOf } from './mapCause.ts';
import { defineRule, placeOf } from './rule.ts';
import { whereIs } from './wording.ts';

export default defineRule({
	id: 'map-defined-twice',
	summary: 'Two maps give the same variable; nginx takes the last one and says nothing.',
	severity: 'information',
	why: `A second \`map\` for the same variable, often in another included file, replaces the first for the whole http block, also for the
servers that stand before it.`,
	remedy: 'Keep one, or give the other another name.',
	ignore: 'Both give the same values.',
	rows: ['MP8'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_map_module.html#map'],
	examples: [
		{
			title: 'the snippet was pasted twice',
			within: 'http',
			bad: `«map $http_upgrade $connection_upgrade» {
	default close;
	'' '';
}
map $http_upgrade $connection_upgrade {
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
			proof: { bad: 101 },
		},
	],
	*check(context) {
		if (context.routes.length === 0) return;
		const byName = new Map<string, PlacedDirective[]>();
		for (const map of mapsOf(context.configuration.root)) {
			const name = map.node.args[1]?.value.toLowerCase();
			if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), map]);
		}
		for (const maps of byName.values()) {
			const last = maps.at(-1);
			if (last === undefined) continue;
			for (const map of maps.slice(0, -1)) {
				if (map.node === last.node || isSame(map, last)) continue;
				yield {
					severity: 'information',
					at: placeOf(map),
					related: [{ ...placeOf(last), message: 'This one counts.' }],
					message: `This map has no effect: ${whereIs(last, context.configuration)} defines ${last.node.args[1]?.value} again, and nginx takes the last definition for the whole http block. Remove this one, or rename it.`,
					cures: () =>
						isPlacedOnce(map, maps)
							? [{ title: 'Remove this map, which has no effect', preferred: true, edits: [removeDirective(map)] }]
							: [],
				};
			}
		}
	},
});

/** False for a map of a file that is included twice: taking it out there takes both. */
function isPlacedOnce(map: PlacedDirective, maps: readonly PlacedDirective[]): boolean {
	return maps.filter(({ node }) => node === map.node).length === 1;
}

function isSame(one: PlacedDirective, other: PlacedDirective): boolean {
	if (one.node.args[0]?.value !== other.node.args[0]?.value) return false;
	const text = (map: PlacedDirective): string =>
		JSON.stringify((map.body?.directives ?? []).map(({ node }) => [node.name.value, ...node.args.map(({ value }) => value)]));
	return text(one) === text(other);
}
