import { isExpression, type LocationMatch, locationMatch, locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { defineRule, placeOf } from './rule.ts';

export default defineRule({
	id: 'location-nesting',
	summary: 'A location stands in another one in a way that nginx refuses.',
	severity: 'error',
	refused: true,
	why: `A location in another one has to begin with the path of the outer one; nothing stands in an exact or a named location, and a named one
stands in the server alone. Otherwise nginx refuses to start: "is outside location", "cannot be inside the exact location".`,
	remedy: 'Move the location out, beside the other one.',
	ignore: 'Never: nginx does not start.',
	rows: ['DU9'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#location'],
	examples: [
		{
			title: 'a path from elsewhere',
			within: 'http',
			bad: `server {
	listen 8080;
	location /api/ {
		proxy_pass http://127.0.0.1:9000;
		«location /ws» {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			good: `server {
	listen 8080;
	location /api/ {
		proxy_pass http://127.0.0.1:9000;
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
			fixed: '',
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const [at, message] of misplaced(context.configuration.root)) yield { severity: 'error', at: placeOf(at), message };
	},
});

/** The checks of ngx_http_core_location (DU9). */
function* misplaced(scope: Scope): Generator<readonly [PlacedDirective, string]> {
	for (const placed of scope.directives) {
		if (placed.body === undefined) continue;
		const outer = scope.context === 'location' && scope.opener !== undefined ? locationMatch(scope.opener) : undefined;
		if (
			placed.node.name.value === 'location' &&
			outer !== undefined &&
			scope.opener !== undefined &&
			!placed.file.tree.template
		) {
			const match = locationMatch(placed);
			const message = match && refusal(match, outer, placed, scope.opener);
			if (message !== undefined) yield [placed, message];
		}
		yield* misplaced(placed.body);
	}
}

function refusal(match: LocationMatch, outer: LocationMatch, at: PlacedDirective, around: PlacedDirective): string | undefined {
	const [inner, outside] = [locationTitle(at), locationTitle(around)];
	if (outer.kind === 'exact' || outer.kind === 'named')
		return `nginx refuses to start: no location can stand inside the ${outer.kind} ${outside}. Move ${inner} out, beside it.`;
	if (match.kind === 'named')
		return `nginx refuses to start: a named location stands in the server alone. Move ${inner} out of ${outside}.`;
	if (isExpression(match.kind) || match.pattern.startsWith(outer.pattern)) return undefined;
	return `nginx refuses to start: ${inner} is outside ${outside}, because its path does not begin with ${outer.pattern}. Move it out, beside the other one.`;
}
