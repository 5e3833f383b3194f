import { isExpression, locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { removeUriPart } from './cures/proxyPass.ts';
import { type Cure, defineRule, placeOfArgument } from './rule.ts';

export default defineRule({
	id: 'proxy-pass-uri-refused',
	summary: 'A URI stands in proxy_pass where nginx has no prefix to replace by it.',
	severity: 'error',
	refused: true,
	why: `A URI behind the address replaces the prefix that the location matched. In a location with a regular expression, a named location,
an \`if\` or a \`limit_except\` there is none, and nginx refuses to start: "proxy_pass" cannot have URI part. With a variable in the value it
is allowed.`,
	remedy: 'Leave the URI out, also a lone slash, or write the path with variables.',
	ignore: 'Never: nginx does not start.',
	rows: ['RT19'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass'],
	examples: [
		{
			title: 'a slash in a location with a regular expression',
			within: 'http',
			path: '/ws',
			bad: `server {
	listen 8080;
	location ~ ^/ws {
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
	location ~ ^/ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const at of proxyPasses(context.configuration.root)) {
			const where = withoutPrefix(at.scope);
			const value = at.node.args[0]?.value ?? '';
			if (where === undefined || value.includes('$') || !/^https?:\/\/(?:unix:[^:]+:|(?!unix:)[^/?]*)[/?]/i.test(value)) continue;
			yield {
				severity: 'error',
				at: placeOfArgument(at, 0),
				message: `nginx refuses to start: "proxy_pass" cannot have a URI part in ${where}, where no prefix is matched that it could replace. Write the address without what stands behind it.`,
				cures: (): readonly Cure[] => {
					const edit = removeUriPart(at);
					return edit === undefined
						? []
						: [{ title: 'Leave the URI part out', preferred: /^[^/]*\/\/[^/]*\/$/.test(value), edits: [edit], changes: 'path' }];
				},
			};
		}
	},
});

function* proxyPasses(scope: Scope): Generator<PlacedDirective> {
	for (const placed of scope.directives) {
		if (placed.node.name.value === 'proxy_pass' && scope.context !== 'stream server') yield placed;
		if (placed.body !== undefined) yield* proxyPasses(placed.body);
	}
}

/** Names a scope in which nginx allows no URI part (ngx_http_proxy_pass). */
function withoutPrefix(scope: Scope): string | undefined {
	const opener = scope.opener;
	const name = opener?.node.name.value;
	if (name === 'if' || name === 'limit_except') return `\`${name}\``;
	const match = opener && name === 'location' ? locationMatch(opener) : undefined;
	if (match === undefined) return undefined;
	if (match.kind === 'named') return 'a named location';
	return isExpression(match.kind) ? 'a location with a regular expression' : undefined;
}
