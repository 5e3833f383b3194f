import { effective } from '../config/effective.ts';
import { locationMatch, locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { headerEdits } from './cures/headerLines.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'subrequest-upgrades',
	summary: 'The subrequest of auth_request or mirror carries the upgrade as well.',
	severity: 'information',
	why: `A location that auth_request or mirror leads to inherits proxy_set_header like any other. Its backend then gets a handshake too, and
when it answers 101, nginx closes the client's connection without an answer (auth_request) or the tunnel itself (mirror).`,
	remedy:
		'Write `proxy_set_header Upgrade "";` and `proxy_set_header Connection "";` in that location, beside the other headers.',
	ignore: 'That backend never answers 101.',
	rows: ['RT26', 'RT27'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_auth_request_module.html',
		'https://nginx.org/en/docs/http/ngx_http_mirror_module.html',
	],
	versions: { from: '1.13.7' },
	examples: [
		{
			title: 'the check of the session',
			within: 'http',
			bad: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	location /ws {
		auth_request /auth;
		proxy_pass http://127.0.0.1:9000;
		proxy_read_timeout 1h;
	}
	«location = /auth» {
		internal;
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			good: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	location /ws {
		auth_request off;
		proxy_pass http://127.0.0.1:9000;
		proxy_read_timeout 1h;
	}
	location = /auth {
		internal;
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Upgrade "";
		proxy_set_header Connection "";
	}
}
`,
			fixed: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	location /ws {
		auth_request /auth;
		proxy_pass http://127.0.0.1:9000;
		proxy_read_timeout 1h;
	}
	location = /auth {
		internal;
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Upgrade "";
		proxy_set_header Connection "";
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		const seen = new Set<Scope>();
		for (const route of context.routes)
			for (const name of ['auth_request', 'mirror']) {
				const found = effective(route.location, name, context.version);
				if (found.level !== 'own' && found.level !== 'inherited') continue;
				for (const line of found.directives) {
					const target = locationFor(route, line.node.args[0]?.value ?? '');
					if (target?.opener === undefined || seen.has(target)) continue;
					const prediction = context.predictor.predictIn(target, { ...route.request, uri: line.node.args[0]?.value ?? '' });
					if (!prediction.upstream?.headers.get('upgrade')) continue;
					seen.add(target);
					const asked = context.allRoutes.find(({ location }) => location === target);
					yield {
						...aboutRoute(route),
						severity: 'information',
						at: placeOf(target.opener),
						related: [{ ...placeOf(line), message: `${name} of ${titleOf(route)} leads here.` }],
						message: `The subrequest that ${name} of ${titleOf(route)} makes (${whereIs(line, context.configuration)}) asks this backend for an upgrade too; if it answers 101, nginx closes ${name === 'mirror' ? 'the tunnel' : "the client's connection"}. Blank Upgrade and Connection in ${locationTitle(target.opener)}.`,
						...(asked === undefined ? {} : { cures: () => blanked(asked, context) }),
					};
				}
			}
	},
});

/** Sends no handshake from the location that a subrequest leads to, and all its other headers as before. */
function blanked(asked: Route, context: RuleContext): readonly Cure[] {
	const headers = effective(asked.location, 'proxy_set_header', context.version);
	if ((headers.level !== 'own' && headers.level !== 'inherited') || asked.handler?.node.name.value !== 'proxy_pass') return [];
	const wanted = new Map([
		['upgrade', '""'],
		['connection', '""'],
	]);
	const edits = headerEdits(asked, { lines: headers.directives, own: headers.level === 'own' }, wanted, context);
	if (edits === undefined) return [];
	return [{ title: `Ask for no upgrade in ${locationTitle(asked.at)}`, preferred: true, edits, changes: 'subrequest' }];
}

/** The location of the same server whose pattern is that very path. */
function locationFor(route: Route, path: string): Scope | undefined {
	if (!path.startsWith('/')) return undefined;
	const placed = (route.server.byName.get('location') ?? []).find((one: PlacedDirective) => {
		const match = locationMatch(one);
		return match !== undefined && match.pattern === path && match.kind !== 'regex' && match.kind !== 'regex-caseless';
	});
	return placed?.body;
}
