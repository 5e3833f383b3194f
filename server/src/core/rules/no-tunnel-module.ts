import { removeDirective } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, whereIs } from './wording.ts';

export default defineRule({
	id: 'no-tunnel-module',
	summary: 'The location hands WebSockets to a module that cannot tunnel.',
	severity: 'error',
	why: `Only proxy_pass, uwsgi_pass and scgi_pass make a tunnel. With fastcgi_pass the client gets the application's 101, but nothing it
sends afterwards arrives; grpc_pass answers 502.`,
	remedy: 'Let the application serve WebSockets over HTTP, uwsgi or SCGI and pass them there.',
	ignore: 'The location never serves WebSockets; mark it with the comment `# not websocket`.',
	rows: ['BK6', 'IN11'],
	sources: ['https://nginx.org/en/docs/http/websocket.html', 'https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html'],
	examples: [
		{
			title: 'gRPC cannot carry it',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«grpc_pass grpc://127.0.0.1:9000»;
		grpc_read_timeout 1h;
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
			proof: { bad: 'fails' },
		},
		{
			title: 'a second handler below proxy_pass',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		«fastcgi_pass 127.0.0.1:9000»;
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
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.location !== route.location || route.handler === undefined) continue;
			if (!route.handshake.obstacles.some(({ code }) => code === 'module')) continue;
			const { handler } = route;
			const name = handler.node.name.value;
			const covered = route.location.directives.find(({ node }) => TUNNELS.includes(node.name.value));
			yield {
				...aboutRoute(route),
				at: placeOf(handler),
				message:
					covered === undefined
						? `${name} makes no tunnel, so no WebSocket works here. Pass this location to a backend that speaks HTTP, uwsgi or SCGI.`
						: `Of several handlers in a location nginx takes the last: this ${name}, which makes no tunnel, and not ${covered.node.name.value} (${whereIs(covered, context.configuration)}). Keep the one that speaks WebSocket.`,
				cures: () =>
					covered === undefined
						? []
						: [
								{
									title: `Keep ${covered.node.name.value} alone`,
									preferred: true,
									changes: 'backend',
									edits: [removeDirective(handler)],
								},
							],
			};
		}
	},
});

/** Handlers that make a tunnel (src/http/modules: u->upgrade). */
const TUNNELS: readonly string[] = ['proxy_pass', 'uwsgi_pass', 'scgi_pass'];
