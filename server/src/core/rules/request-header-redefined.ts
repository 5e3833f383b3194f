import { mapsOf } from './mapCause.ts';
import { defineRule, placeOfArgument } from './rule.ts';

export default defineRule({
	id: 'request-header-redefined',
	summary: 'A map gives a variable of a request header another value everywhere.',
	severity: 'information',
	why: `nginx lets a map define $http_upgrade, although that is the client's header. From then on every \`$http_upgrade\` of the http block,
also the one that is meant to be forwarded, has the map's value.`,
	remedy: 'Give the map a name of its own, `$connection_upgrade` for instance.',
	ignore: 'The header is replaced on purpose for all servers.',
	rows: ['MP9'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#var_http_'],
	examples: [
		{
			title: 'the map overwrites its own source',
			within: 'http',
			bad: `map $http_connection «$http_upgrade» {
	default websocket;
	close '';
}
server {
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
			good: `map $http_connection $upgrade_sent {
	default websocket;
	close '';
}
server {
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
			fixed: '',
			proof: { bad: 101 },
		},
	],
	*check(context) {
		if (context.routes.length === 0) return;
		for (const map of mapsOf(context.configuration.root)) {
			const name = map.node.args[1]?.value.toLowerCase() ?? '';
			if (!/^\$http_(?:upgrade|connection|origin|sec_websocket_\w+)$/.test(name)) continue;
			yield {
				severity: 'information',
				at: placeOfArgument(map, 1),
				message: `From here on ${name} is no longer what the client sent but what this map gives, in every server of the http block. Give the map's variable a name of its own.`,
			};
		}
	},
});
