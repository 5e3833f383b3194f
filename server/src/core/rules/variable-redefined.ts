import { isFixedVariable } from '../reference/variables.ts';
import { defineRule } from './rule.ts';

export default defineRule({
	id: 'variable-redefined',
	summary: "A line defines a variable that is nginx's own.",
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `Most of nginx's variables cannot be defined again: \`map\`, \`geo\`, \`split_clients\`, \`set\` and named groups of that name make nginx refuse to
start, "the duplicate … variable". $args, $limit_rate, $proxy_host and headers that nginx does not know by itself, such as
$http_upgrade, can.`,
	remedy: 'Give the variable a name of its own, and use it where the other was meant.',
	ignore: 'Never: nginx does not start.',
	rows: ['MP9'],
	sources: ['https://nginx.org/en/docs/varindex.html', 'https://nginx.org/en/docs/http/ngx_http_map_module.html#map'],
	examples: [
		{
			title: 'a map on $host',
			within: 'http',
			bad: `map $http_x_host «$host» {
	default $http_x_host;
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
			fixed: '',
			proof: { bad: 'rejected' },
		},
		{
			title: 'set on a header of the request',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		set «$http_host» chat.example.com;
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
			fixed: '',
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const definitions of context.variables().definitions.values())
			for (const { kind, name, side, at, place } of definitions) {
				if (kind === 'other' && at.node.name.value !== 'auth_request_set') continue;
				if (!isFixedVariable(name, side) || at.file.tree.template || at.node.end === 'missing') continue;
				yield {
					severity: 'error',
					at: place,
					message: `nginx refuses to start with the duplicate "${name}" variable: $${name} is nginx's own, and ${
						kind === 'capture' ? 'no group' : `no ${at.node.name.value}`
					} may define it again. Choose another name.`,
				};
			}
	},
});
