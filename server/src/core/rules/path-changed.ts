import { isPrefix } from '../config/location.ts';
import type { PlacedDirective } from '../config/model.ts';
import type { ClientRequest, Prediction } from '../request/prediction.ts';
import { isSocketIo } from '../routes/names.ts';
import type { Route } from '../routes/route.ts';
import { removeDirective } from './cures/editing.ts';
import { removeUriPart } from './cures/proxyPass.ts';
import { type Cure, defineRule, placeOf, placeOfArgument, type RuleContext } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'path-changed',
	summary: 'The URI part of proxy_pass gives the backend another path than the client asked for.',
	severity: 'warning',
	why: `With a URI behind the address, even a lone \`/\`, proxy_pass replaces the matched prefix by it, letter by letter: \`location /ws\`
with \`http://b/\` sends \`//room\` for /ws/room. A variable together with a URI drops the request's own path and arguments. socket.io
answers only below /socket.io/.`,
	remedy: 'Write the address without a URI part: `proxy_pass http://backend;`.',
	ignore: 'The backend really serves the other path.',
	rows: ['RT16', 'RT17', 'RT20'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass'],
	examples: [
		{
			title: 'socket.io loses its path',
			within: 'http',
			path: '/socket.io/',
			bad: `server {
	listen 8080;
	location /socket.io/ {
		proxy_pass «http://127.0.0.1:9000/»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /socket.io/ {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
		{
			title: 'a slash too many',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass «http://127.0.0.1:9000/»;
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
			proof: { bad: 101 },
		},
		{
			title: 'a rewrite takes the path of socket.io',
			within: 'http',
			path: '/socket.io/',
			bad: `server {
	listen 8080;
	location /socket.io/ {
		«rewrite ^/socket.io/(.*)$ /$1 break»;
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
	location /socket.io/ {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const handler = route.handler;
			if (handler?.node.name.value !== 'proxy_pass' || route.handshake.location !== route.location) continue;
			const lost = lostSocketIo(route, context);
			const message = lost?.message ?? isBent(route, context) ?? isFixed(route, context);
			if (message === undefined) continue;
			yield {
				...aboutRoute(route),
				severity: lost === undefined ? 'information' : 'warning',
				at: lost?.rewrite === undefined ? placeOfArgument(handler, 0) : placeOf(lost.rewrite),
				message,
				cures: (): readonly Cure[] => {
					const edit = lost?.rewrite === undefined ? removeUriPart(handler) : removeDirective(lost.rewrite);
					return edit === undefined
						? []
						: [{ title: "Pass the client's own path on", preferred: true, changes: 'path', edits: [edit] }];
				},
			};
		}
	},
});

/** What takes the path of socket.io away: a rewrite, else the URI part of proxy_pass. */
function lostSocketIo(
	route: Route,
	context: RuleContext,
): { readonly message: string; readonly rewrite: PlacedDirective | undefined } | undefined {
	const { match } = route;
	if (match === undefined || !isSocketIo(match.pattern)) return undefined;
	const path = isPrefix(match.kind)
		? `${match.pattern}${match.pattern.endsWith('/') ? '' : '/'}`
		: (route.urls[0]?.path ?? '/socket.io/');
	if (!isSocketIo(path)) return undefined;
	const prediction = asked(route, context, path);
	const uri = prediction?.upstream?.uri;
	if (prediction === undefined || uri === undefined || uri === path || isSocketIo(uri) || uri.includes('$')) return undefined;
	const rewrite = prediction.because.map(({ at }) => at).find(({ node }) => node.name.value === 'rewrite');
	const gets = `The backend gets ${uri} in place of ${path}, and a socket.io server answers only under /socket.io/.`;
	return rewrite === undefined
		? { message: `${gets} Write the address without a URI part, unless the server's \`path\` option says so.`, rewrite }
		: { message: `${gets} Remove this rewrite, unless the server's \`path\` option says so.`, rewrite };
}

/** A double or a missing slash where the location's pattern and the URI part meet. */
function isBent(route: Route, context: RuleContext): string | undefined {
	const { match } = route;
	if (match === undefined || !isPrefix(match.kind)) return undefined;
	const uriPart = /^https?:\/\/[^/$]+(\/[^$?]*)$/i.exec(route.handler?.node.args[0]?.value ?? '')?.[1];
	if (uriPart === undefined) return undefined;
	const path = `${match.pattern}${match.pattern.endsWith('/') ? '' : '/'}room`;
	const uri = asked(route, context, path)?.upstream?.uri;
	if (uri === undefined || uri === path) return undefined;
	if (!uri.includes('//') && uri !== `${uriPart}room`) return undefined;
	if (!uri.includes('//') && uriPart.endsWith('/')) return undefined;
	return `${path} reaches the backend as ${uri}: proxy_pass replaces ${match.pattern} by ${uriPart}, letter by letter. Let both end in a slash, or neither, or leave the URI part out.`;
}

/** A variable and a URI part together: every request gets the same path. */
function isFixed(route: Route, context: RuleContext): string | undefined {
	const target = route.handler?.node.args[0]?.value ?? '';
	if (route.match?.kind === 'exact' || !/^(?:https?:\/\/)?[^/]*\$/.test(target)) return undefined;
	const [one, other] = ['one?a=1', 'two?a=2'].map((rest) => asked(route, context, `${route.urls[0]?.path ?? '/'}/${rest}`));
	const uri = one?.upstream?.uri;
	if (uri === undefined || uri !== other?.upstream?.uri || uri.includes('$')) return undefined;
	return `proxy_pass has a variable and a URI part, so every request reaches the backend as ${uri}, without its own path and arguments. Leave the URI part out, or write $request_uri for it.`;
}

function asked(route: Route, context: RuleContext, uri: string): Prediction | undefined {
	const request: ClientRequest = { ...route.request, uri };
	const prediction = context.predictor.predictIn(route.location, request);
	return prediction.outcome === 'proxied' ? prediction : undefined;
}
