import { hostCure } from './cures/host.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace } from './wording.ts';

export default defineRule({
	id: 'host-underscore',
	summary: 'The backend gets a Host with an underscore, which some refuse.',
	severity: 'information',
	why: `Where nothing sets Host, nginx sends the name of the upstream block. An underscore is not allowed in a host name: Tomcat 10.1 answers
400, and Django does so unless the name is in ALLOWED_HOSTS; 20 of 21 tested backends take it.`,
	remedy: 'Write `proxy_set_header Host $host;`, or rename the upstream.',
	ignore: 'The backend takes it.',
	rows: ['BK4'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header'],
	examples: [
		{
			title: 'an upstream with an underscore',
			within: 'http',
			bad: `upstream chat_backend {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		«proxy_pass http://chat_backend»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream chat_backend {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat_backend;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_set_header Host $host;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { upstream, upgrade } = route.handshake;
			if (!upgrade || upstream?.upstream === undefined || (upstream.headerSources.get('host') ?? []).length > 0) continue;
			const host = upstream.headers.get('host') ?? '';
			if (!host.includes('_')) continue;
			yield {
				...aboutRoute(route),
				severity: 'information',
				at: routePlace(route),
				related: [{ ...placeOf(upstream.upstream), message: 'The name comes from here.' }],
				message: `The backend gets "Host: ${host}", the name of the upstream, and Tomcat (1 of 21 tested backends) and Django answer 400 to an underscore. Write \`proxy_set_header Host $host;\`.`,
				cures: () => hostCure(route, context, '$host'),
			};
		}
	},
});
