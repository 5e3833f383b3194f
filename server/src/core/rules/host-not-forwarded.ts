import { listensOf } from '../config/listen.ts';
import type { PlacedDirective } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { replaceArgument } from './cures/editing.ts';
import { hostCure } from './cures/host.ts';
import { type Cure, defineRule, placeOfArgument } from './rule.ts';
import { aboutRoute, routePlace } from './wording.ts';

export default defineRule({
	id: 'host-not-forwarded',
	summary: 'The backend gets another Host than the browser used, and a check of the Origin against it fails with 403.',
	severity: 'hint',
	optIn: true,
	why: `Without a line of yours nginx sends the host of proxy_pass, often the name of an upstream. Go's gorilla/websocket and Tornado, and
frameworks like Rails and Jupyter, compare the browser's Origin with Host and answer 403 when they differ. \`$host\` has no port, which
matters when the public port is neither 80 nor 443.`,
	remedy: 'Write `proxy_set_header Host $host;`, or `$http_host` on another port than 80 and 443.',
	ignore: 'The backend does not look at the Origin, or needs the internal name.',
	rows: ['BK1', 'BK2'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header'],
	examples: [
		{
			title: 'the name of the upstream',
			within: 'http',
			bad: `upstream chat {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		«proxy_pass http://chat»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream chat {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		proxy_set_header Host $http_host;
	}
}
`,
			fixed: `upstream chat {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_set_header Host $http_host;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { upstream } = route.handshake;
			if (upstream?.module !== 'proxy' || !route.handshake.upgrade) continue;
			const wanted = isUsualPort(route) ? '$host' : '$http_host';
			const lines = upstream.headerSources.get('host') ?? [];
			const line = lines[0];
			if (line === undefined)
				yield {
					...aboutRoute(route),
					severity: 'hint',
					at: routePlace(route),
					message: `The backend gets "Host: ${upstream.headers.get('host') ?? ''}" and not the name in the browser's address, so a check of the Origin against it answers 403 (Go's gorilla/websocket and Tornado do so). Write \`proxy_set_header Host ${wanted};\`.`,
					cures: () => hostCure(route, context, wanted),
				};
			else if (wanted === '$http_host' && line.node.args[1]?.value === '$host')
				yield {
					...aboutRoute(route),
					severity: 'hint',
					at: placeOfArgument(line, 1),
					message: `$host has no port, but the browser's Origin has it (this server listens on neither 80 nor 443), so a check of the Origin against Host answers 403. Write \`proxy_set_header Host $http_host;\`.`,
					cures: () => replaced(line),
				};
		}
	},
});

function isUsualPort(route: Route): boolean {
	return listensOf(route.server).some(({ port }) => port === 80 || port === 443 || port === 0);
}

function replaced(line: PlacedDirective): readonly Cure[] {
	const edit = replaceArgument(line, 1, '$http_host');
	return edit === undefined ? [] : [{ title: 'Send the port as well', preferred: true, edits: [edit], changes: 'host' }];
}
