import { isWithin } from '../config/enclosing.ts';
import { isExpression, type LocationMatch, locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { endpointWord } from '../routes/names.ts';
import type { Route } from '../routes/route.ts';
import { handshakeRequest, urlsOf } from '../routes/urls.ts';
import { removeDirective } from './cures/editing.ts';
import { createJumps, mayLeadTo } from './jumps.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { aboutRoute, whereIs } from './wording.ts';

export default defineRule({
	id: 'location-internal',
	summary: 'A WebSocket location is internal, so nginx answers 404 to every client.',
	severity: 'error',
	why: `\`internal\` lets only requests in that nginx itself sends there: error_page, try_files, rewrite, auth_request, mirror, or
X-Accel-Redirect from a backend. A client that asks for the path gets 404.`,
	remedy: 'Remove `internal`, or lead the handshake there with error_page or rewrite.',
	ignore: 'A backend sends requests there with X-Accel-Redirect.',
	rows: ['RT13'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#internal'],
	examples: [
		{
			title: 'internal stays from an example',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«internal»;
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
			proof: { bad: 404 },
		},
		{
			title: 'an error_page leads somewhere else',
			within: 'http',
			bad: `server {
	listen 8080;
	error_page 500 502 503 504 /50x.html;
	location /ws {
		«internal»;
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
	error_page 500 502 503 504 /50x.html;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 404 },
		},
		{
			title: 'only a rewrite from another path leads there',
			within: 'http',
			bad: `server {
	listen 8080;
	location /chat {
		rewrite ^/chat(.*)$ /ws$1 last;
	}
	location /ws {
		«internal»;
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
	location /chat {
		rewrite ^/chat(.*)$ /ws$1 last;
	}
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 404 },
		},
	],
	*check(context) {
		const jumps = createJumps();
		for (const route of context.routes) {
			const { match, server } = route;
			const line = route.location.byName.get('internal')?.[0];
			if (line === undefined || match === undefined || match.kind === 'named' || jumps.areHidden(server)) continue;
			const leading = jumps.of(server).filter((jump) => !isWithin(jump.line.scope, route.location) && mayLeadTo(jump, match));
			const [first] = leading;
			if (first === undefined)
				yield {
					...aboutRoute(route),
					severity: 'warning',
					at: placeOf(line),
					message: `This location is internal, and no error_page, try_files, rewrite, auth_request or mirror of this server leads to it, so every client gets 404. Remove \`internal;\`, unless a backend sends requests here with X-Accel-Redirect.`,
					cures: () => curesOf(line),
				};
			else if (
				isAskedForByItself(match) &&
				!leading.some(({ line: { scope } }) => isBelow(scope, match)) &&
				isRefused(route, context)
			)
				yield {
					...aboutRoute(route),
					severity: 'hint',
					at: placeOf(line),
					message: `This location is internal: handshakes come here by ${first.line.node.name.value} only (${whereIs(first.line, context.configuration)}), and a client that asks for ${match.pattern} itself gets 404. Remove \`internal;\` if clients do.`,
					cures: () => curesOf(line),
				};
		}
	},
});

function curesOf(line: PlacedDirective): readonly Cure[] {
	return [{ title: 'Let clients reach this location', preferred: true, edits: [removeDirective(line)] }];
}

/** True for the path of an endpoint that clients know; a name that begins with `_` says that it is for nginx alone. */
function isAskedForByItself({ kind, pattern }: LocationMatch): boolean {
	return !isExpression(kind) && !/\/_/.test(pattern) && endpointWord(pattern) !== undefined;
}

/** True for a place in a location that takes the same endpoint from clients. */
function isBelow(scope: Scope, { pattern }: LocationMatch): boolean {
	for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
		const outer = at.context === 'location' && at.opener !== undefined ? locationMatch(at.opener) : undefined;
		if (outer?.pattern.startsWith(pattern.replace(/\/$/, ''))) return true;
	}
	return false;
}

/** A handshake for the location's own path ends in it, with 404. */
function isRefused({ at, match, server, location }: Route, { predictor }: RuleContext): boolean {
	const [url] = match === undefined ? [] : urlsOf(server, match, at);
	if (url === undefined) return false;
	const answer = predictor.predict(handshakeRequest(url));
	return answer.outcome === 'answered' && answer.status === 404 && answer.location === location;
}
