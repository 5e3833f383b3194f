import type { Route } from '../routes/route.ts';
import { withHeader } from './anyProtocol.ts';
import { insertBlockBefore, insertInto } from './cures/editing.ts';
import { ANCHORS } from './cures/headerLines.ts';
import { type Cure, defineRule, type RuleContext } from './rule.ts';
import { evidenceOf, routePlace, titleOf } from './wording.ts';

export default defineRule({
	id: 'origin-unchecked',
	summary: 'Pages of any other site may open this WebSocket with the cookies of your users.',
	severity: 'hint',
	optIn: true,
	why: `A browser sends its cookies with a handshake whatever page asks for it, and CORS does not apply to WebSockets. Unless the backend
looks at the Origin itself, any site that your user visits can speak to your backend in his name.`,
	remedy: `In \`http\`: \`map $http_origin $origin_ok { default 0; '' 1; '~^https?://(www\\.)?example\\.com(:\\d+)?$' 1; }\`, with your own
name in it; in the location: \`if ($origin_ok = 0) { return 403; }\`. Bind the expression at both ends.`,
	ignore: 'The backend checks the Origin, or no cookie and no password says who the user is.',
	rows: ['SE4'],
	sources: [
		'https://www.rfc-editor.org/rfc/rfc6455.html#section-10.2',
		'https://nginx.org/en/docs/http/ngx_http_map_module.html',
	],
	examples: [
		{
			title: 'every Origin is let through',
			within: 'http',
			bad: `server {
	listen 8080;
	server_name localhost;
	location /ws {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_origin $origin_ok {
	default 0;
	'' 1;
	'~^https?://localhost(:[0-9]+)?$' 1;
}
server {
	listen 8080;
	server_name localhost;
	location /ws {
		if ($origin_ok = 0) { return 403; }
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: `map $http_origin $origin_ok {
	default 0;
	'' 1;
	'~^https?://(localhost)(:[0-9]+)?$' 1;
}

server {
	listen 8080;
	server_name localhost;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		if ($origin_ok = 0) { return 403; }
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (!route.handshake.upgrade || route.location.context !== 'location') continue;
			const foreign = withHeader(route.request, 'Origin', 'https://attacker.invalid');
			const asked =
				route.urls.length === 0 ? context.predictor.predictIn(route.location, foreign) : context.predictor.predict(foreign);
			if (!asked.upgrade) continue;
			yield {
				route,
				severity: 'hint',
				at: routePlace(route),
				related: evidenceOf(route),
				message: `${titleOf(route)} lets a handshake through whatever page asks for it, and browsers send your users' cookies along. Check $http_origin with a map and answer 403, unless the backend checks it.`,
				cures: () => curesOf(route, context),
			};
		}
	},
});

/** Lets pages of the server's own names through, and clients that send no Origin. Which other sites may is a person's to say. */
function curesOf(route: Route, context: RuleContext): readonly Cure[] {
	const names = (route.server.byName.get('server_name') ?? [])
		.flatMap(({ node }) => node.args.map(({ value }) => value.toLowerCase()))
		.filter((name) => /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(name));
	const { opener } = route.server;
	if (names.length === 0 || opener === undefined || context.variables().definitions.has(VARIABLE)) return [];
	const hosts = names.map((name) => name.replaceAll('.', '\\.')).join('|');
	const check = insertInto(route.location, [`if ($${VARIABLE} = 0) { return 403; }`], ANCHORS);
	const map = insertBlockBefore(opener, [
		`map $http_origin $${VARIABLE} {`,
		'\tdefault 0;',
		"\t'' 1;",
		`\t'~^https?://(${hosts})(:[0-9]+)?$' 1;`,
		'}',
	]);
	return check === undefined
		? []
		: [{ title: `Let only pages of ${names.join(', ')} open it`, preferred: true, edits: [map, check] }];
}

const VARIABLE = 'origin_ok';
