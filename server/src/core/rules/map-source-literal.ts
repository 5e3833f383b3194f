import { replaceArgument } from './cures/editing.ts';
import { mapsOf } from './mapCause.ts';
import { defineRule, placeOfArgument } from './rule.ts';

export default defineRule({
	id: 'map-source-literal',
	summary: 'A map looks up a fixed text instead of a variable.',
	severity: 'warning',
	why: `\`map http_upgrade $connection_upgrade\` without the \`$\` is accepted by nginx, which then looks up the text "http_upgrade" for
every request: the map always gives its default. With \`default upgrade\`, every plain request is sent with "Connection: upgrade".`,
	remedy: 'Write the `$`: `map $http_upgrade $connection_upgrade`.',
	ignore: 'The map is meant to be a constant.',
	rows: ['MP7'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_map_module.html#map'],
	examples: [
		{
			title: 'the $ is missing',
			within: 'http',
			bad: `map «http_upgrade» $connection_upgrade {
	default upgrade;
	'' close;
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
	'' close;
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
		for (const map of mapsOf(context.configuration.root)) {
			const source = map.node.args[0]?.value ?? '';
			if (!/^(?:http_\w+|connection_upgrade|host|uri|scheme|args)$/i.test(source)) continue;
			yield {
				severity: 'warning',
				at: placeOfArgument(map, 0),
				message: `This map looks up the text "${source}", not the variable, so it gives the same value for every request. Write \`$${source}\`.`,
				cures: () => {
					const edit = replaceArgument(map, 0, `$${source}`);
					return edit === undefined ? [] : [{ title: `Look up $${source}`, preferred: true, edits: [edit] }];
				},
			};
		}
	},
});
