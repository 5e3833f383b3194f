import { isWithin } from '../config/enclosing.ts';
import { locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { targetsOf } from '../routes/routes.ts';
import { removeDirective } from './cures/editing.ts';
import { forwardEdits } from './cures/forward.ts';
import { httpVersionEdit } from './cures/httpVersion.ts';
import { forwardingOf } from './forwarding.ts';
import { mayUpgradeElsewhere } from './jumps.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { aboutRoute, whereIs } from './wording.ts';

export default defineRule({
	id: 'jump-loses-headers',
	summary: 'A rewrite or error_page leads the handshake to a location that does not forward it.',
	severity: 'error',
	why: `After \`rewrite … last\`, \`try_files\` or \`error_page\` to another location, that location handles the request with its own settings: the
proxy_set_header, proxy_http_version and timeouts of the location that the handshake came from no longer count.`,
	remedy: 'Write the upgrade headers in the location that handles the request in the end, or use `rewrite … break` to stay.',
	ignore: 'The handshake is meant to end there.',
	rows: ['RT7', 'TO12'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#rewrite',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page',
	],
	examples: [
		{
			title: 'rewrite last into a plain location',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«rewrite ^/ws(.*)$ /app$1 last»;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location /app {
		proxy_pass http://127.0.0.1:9000;
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		rewrite ^/ws(.*)$ /app$1 last;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location /app {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: `map $http_upgrade $connection_upgrade {
	default upgrade;
	''      '';
}

server {
	listen 8080;
	location /ws {
		rewrite ^/ws(.*)$ /app$1 last;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location /app {
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
			const jump = jumpOf(route);
			if (jump === undefined || mayUpgradeElsewhere(route.handshake, route, context)) continue;
			const target = context.allRoutes.find(({ location }) => location === jump.to);
			const obstacle = route.handshake.obstacles.find(({ code }) => code !== 'http-1.0');
			if (target?.location.opener === undefined || obstacle === undefined) continue;
			const { opener } = target.location;
			const about = aboutRoute(route);
			const isIdle = keepsFromHandler(jump.line, route, target);
			yield {
				...about,
				at: placeOf(jump.line),
				message: `This ${jump.line.node.name.value} leads the handshake to ${locationTitle(opener)} (${whereIs(opener, context.configuration)}), where the headers set here do not count: ${obstacle.text}. ${isIdle ? 'Remove it here' : 'Write the upgrade headers in that location'}.`,
				related: [{ ...placeOf(opener), message: 'Handles the handshake in the end.' }, ...(about.related ?? [])],
				cures: () => (isIdle ? [removed(jump.line), ...curesOf(target, context, false)] : curesOf(target, context, true)),
			};
		}
	},
});

const JUMPS: readonly string[] = ['rewrite', 'error_page', 'try_files'];

/** The line of a location that hands its handshake to another one where it fails for want of headers. */
function jumpOf(route: Route): { readonly line: PlacedDirective; readonly to: Scope } | undefined {
	const { outcome, location, obstacles, because } = route.handshake;
	if (outcome !== 'proxied' || location === null || location === route.location) return undefined;
	if (!obstacles.some(({ code }) => /^(?:upgrade|connection)-/.test(code))) return undefined;
	const line = because
		.map(({ at }) => at)
		.findLast(({ node, scope }) => JUMPS.includes(node.name.value) && isWithin(scope, route.location));
	return line && { line, to: location };
}

/** A try_files before a proxy_pass to another backend, which no handshake ever gets to: what it leads to is for pages. */
function keepsFromHandler({ node, scope }: PlacedDirective, { handler, location }: Route, target: Route): boolean {
	if (node.name.value !== 'try_files' || handler === undefined || scope !== location) return false;
	return targetsOf(location).join() !== targetsOf(target.location).join();
}

function removed(line: PlacedDirective): Cure {
	return { title: `Remove this ${line.node.name.value}`, preferred: true, edits: [removeDirective(line)] };
}

function curesOf(target: Route, context: RuleContext, preferred: boolean): readonly Cure[] {
	const forwarding = forwardingOf(target, context.version);
	const forward = forwarding && forwardEdits(target, forwarding, context);
	if (forward === undefined) return [];
	const version = target.handshake.obstacles.some(({ code }) => code === 'http-1.0') ? httpVersionEdit(target) : undefined;
	return [
		{
			title: 'Forward the upgrade headers where the handshake ends',
			preferred,
			edits: version === undefined ? forward : [version, ...forward],
		},
	];
}
