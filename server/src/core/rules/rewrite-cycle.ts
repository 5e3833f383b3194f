import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { replaceArgument } from './cures/editing.ts';
import { rewriteCycle } from './jumps.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'rewrite-cycle',
	summary: 'A rewrite leads the handshake round and round.',
	severity: 'error',
	why: `After \`rewrite … last\` nginx looks for a location again, and the rewrites of the one it finds run with the new URI. When one of
them matches what another has made, or what it has made itself, nginx gives up after ten rounds with 500: "rewrite or internal
redirection cycle".`,
	remedy: 'Write `break` for `last`: the location keeps the request, with the new URI.',
	ignore: 'Never where handshakes come by.',
	rows: ['RT18'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#rewrite'],
	examples: [
		{
			title: 'the rewrite matches what it makes',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«rewrite ^/ws(.*)$ /ws/v2$1 last»;
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
		rewrite ^/ws(.*)$ /ws/v2$1 break;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 500 },
		},
	],
	*check(context) {
		const reported = new Set<PlacedDirective>();
		for (const route of context.routes) {
			const cycle = [route.handshake, route.outside]
				.map((prediction) => (prediction ? rewriteCycle(prediction) : []))
				.find(({ length }) => length > 0);
			const line = cycle?.find(({ scope }) => isWithin(scope, route.location)) ?? cycle?.[0];
			if (cycle === undefined || line === undefined || reported.has(line)) continue;
			reported.add(line);
			const [other] = cycle.filter((candidate) => candidate !== line);
			const about = aboutRoute(route);
			yield {
				...about,
				at: placeOf(line),
				message: `This rewrite ${
					other === undefined
						? 'matches what it makes'
						: `and the one in ${whereIs(other, context.configuration)} undo each other`
				}, so nginx goes round with the handshake of ${titleOf(route)} until it gives up with 500. Write \`break\` for \`last\` where the request is to stay.`,
				related: [
					...cycle.filter((one) => one !== line).map((one) => ({ ...placeOf(one), message: 'Leads the handshake on.' })),
					...(about.related ?? []),
				],
				cures: () => curesOf(route, line),
			};
		}
	},
});

function isWithin(scope: Scope, location: Scope): boolean {
	return scope === location || (scope.context === 'if' && scope.parent === location);
}

/** The location that proxies keeps what it has rewritten. */
function curesOf(route: Route, line: PlacedDirective): readonly Cure[] {
	if (route.handler === undefined || !isWithin(line.scope, route.location)) return [];
	const last = line.node.args[2];
	const end = line.node.args[1]?.span.end;
	const edit =
		last !== undefined
			? replaceArgument(line, 2, 'break')
			: end === undefined
				? undefined
				: { path: line.file.path, span: { start: end, end }, text: ' break' };
	return edit === undefined ? [] : [{ title: 'Stay in this location (break)', preferred: true, edits: [edit] }];
}
