import type { Route } from '../routes/route.ts';
import { forwardCures } from './cures/forward.ts';
import { httpVersionEdit } from './cures/httpVersion.ts';
import { webSocketRouteCure } from './cures/webSocketRoute.ts';
import { type Forwarding, forwardingOf, isHeaderName, renamedBy } from './forwarding.ts';
import { type Cure, defineRule, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { causeText, redefinitionIn } from './valueCause.ts';
import { aboutRoute, routePlace, titleOf } from './wording.ts';

export default defineRule({
	id: 'upgrade-not-forwarded',
	summary: 'A WebSocket location does not pass the Upgrade header to the backend.',
	severity: 'error',
	why: `Upgrade and Connection belong to one hop, so nginx drops both when it writes the request for the backend. Without a
proxy_set_header for each, the backend sees a plain GET: it answers 200 with a page, 400, 404 or 426, and the browser reports
"Unexpected response code".`,
	remedy:
		'Forward both headers in the location: `proxy_set_header Upgrade $http_upgrade;` and `proxy_set_header Connection $connection_upgrade;` with its map.',
	ignore: 'The location never serves WebSockets; mark it with the comment `# not websocket` instead.',
	rows: ['HD1', 'HD3', 'HD15', 'HD23', 'HD24', 'HD26', 'UP3'],
	sources: [
		'https://nginx.org/en/docs/http/websocket.html',
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header',
	],
	examples: [
		{
			title: 'only the Connection header is set',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_http_version 1.1;
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
		proxy_set_header Connection $connection_upgrade;
		proxy_set_header Upgrade $http_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'a location named /ws that forwards nothing',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_http_version 1.1;
		proxy_set_header Host $host;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	''      '';
}

server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Host $host;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'two letters are missing in the variable',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade «$http_ugrad»;
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
			proof: { bad: 'fails' },
		},
		{
			title: 'a letter is missing in the name',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header «Upgrde» $http_upgrade;
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
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const forwarding = forwardingOf(route, context.version);
			if (forwarding === undefined || forwarding.upgrade.problem !== 'missing' || forwarding.lost.length > 0) continue;
			const { misnamed, line } = forwarding.upgrade;
			if (misnamed !== undefined && !isHeaderName(misnamed.node.args[0]?.value ?? '')) continue;
			if (redefinitionIn(line) !== undefined) continue;
			yield report(route, forwarding, context);
		}
	},
});

function report(route: Route, forwarding: Forwarding, context: RuleContext): Report {
	const { misnamed, line } = forwarding.upgrade;
	const fails = `the backend of ${titleOf(route)} sees a plain GET and the WebSocket handshake fails (200, 400, 404 or 426)`;
	const wanted =
		forwarding.connection.problem !== 'none'
			? '`proxy_set_header Upgrade $http_upgrade;` and a `proxy_set_header Connection` that says upgrade'
			: '`proxy_set_header Upgrade $http_upgrade;`';
	const shared = { ...aboutRoute(route), cures: () => cures(route, forwarding, context) };
	if (misnamed !== undefined)
		return {
			...shared,
			at: placeOfArgument(misnamed, 0),
			message: `This line sets a header called "${misnamed.node.args[0]?.value}" and not Upgrade, so ${fails}. Write ${wanted} in its place.`,
		};
	if (line !== undefined) {
		const cause = causeText(line, context.configuration) ?? 'its value is empty';
		return {
			...shared,
			at: placeOfArgument(line.at, 1),
			message: `This line sends no Upgrade header, because ${cause}: ${fails}. Write ${wanted} in its place.`,
		};
	}
	return {
		...shared,
		at: routePlace(route),
		message: `nginx drops the Upgrade header here, so ${fails}. Add ${wanted} to this location.`,
	};
}

function cures(route: Route, forwarding: Forwarding, context: RuleContext): readonly Cure[] {
	// A route that nobody made for WebSockets yet lacks the version too, and no other finding says so.
	const version =
		route.intent.level === 'likely' && route.handshake.obstacles.some(({ code }) => code === 'http-1.0')
			? httpVersionEdit(route)
			: undefined;
	const all = webSocketRouteCure(route, context);
	const title =
		forwarding.connection.problem === 'none' ? 'Forward the Upgrade header' : 'Forward the Upgrade and Connection headers';
	const forward = forwardCures(route, forwarding, context, title).map((cure) =>
		version === undefined ? cure : { ...cure, edits: [version, ...cure.edits] },
	);
	const renamed = renamedBy(forwarding);
	return [...forward, ...(all === undefined ? [] : [all])].map((cure) => ({ ...cure, ...renamed }));
}
