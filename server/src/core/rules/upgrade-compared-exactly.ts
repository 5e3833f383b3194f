import { enclosing } from '../config/enclosing.ts';
import { locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Route, RouteUrl } from '../routes/route.ts';
import { handshakeRequest, urlsOf } from '../routes/urls.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf } from './wording.ts';

export default defineRule({
	id: 'upgrade-compared-exactly',
	summary: 'A client that writes "WebSocket" with capitals is not taken for one.',
	severity: 'information',
	why: `The value of Upgrade is compared without regard to case (RFC 6455), and some clients write \`WebSocket\`. \`if ($http_upgrade =
"websocket")\` is true for small letters only, so their handshake goes where plain requests go. The keys of a map do not mind.`,
	remedy: 'Write `if ($http_upgrade ~* "^websocket$")`.',
	ignore: 'All clients are browsers: they write small letters.',
	rows: ['RT9'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if',
		'https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1',
	],
	examples: [
		{
			title: 'an exact comparison',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		error_page 418 = @ws;
		«if ($http_upgrade = "websocket")» {
			return 418;
		}
		return 404;
	}
	location @ws {
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
		error_page 418 = @ws;
		if ($http_upgrade ~* "^websocket$") {
			return 418;
		}
		return 404;
	}
	location @ws {
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
		const seen = new Set<Scope>();
		for (const route of context.routes) {
			if (seen.has(route.server)) continue;
			seen.add(route.server);
			const lines = comparisons(route);
			// Asked once for all comparisons of the server: each may decide about any of its locations.
			const isDecided = lines.length > 0 && serverDecides(route.server, context);
			for (const line of lines) {
				if (!isDecided && !decides(line, context)) continue;
				yield {
					...aboutRoute(route),
					severity: 'information',
					at: placeOf(line),
					message:
						`A client that writes "Upgrade: WebSocket" fails this comparison, and its handshake does not get to ${titleOf(route)}. Write \`~* "^websocket$"\` in place of \`= ${line.node.args[2]?.value ?? ''}\`.`.replace(
							/\)`/,
							'`',
						),
					cures: () => cureOf(line),
				};
			}
		}
	},
});

/** The `if`s of a server that compare $http_upgrade with the word. */
function comparisons(route: Route): readonly PlacedDirective[] {
	const found: PlacedDirective[] = [];
	const search = (placed: PlacedDirective): void => {
		if (placed.node.name.value === 'if' && isComparison(placed)) found.push(placed);
		for (const inner of placed.body?.directives ?? []) search(inner);
	};
	for (const placed of route.server.directives) search(placed);
	return found;
}

function isComparison(placed: PlacedDirective): boolean {
	const [left, sign, right] = placed.node.args.map(({ value }) => value);
	return (
		left?.toLowerCase() === '($http_upgrade' &&
		(sign === '=' || sign === '!=') &&
		right?.replace(/\)$/, '').toLowerCase() === 'websocket'
	);
}

/** True when the capitals change what becomes of a handshake for the location around a line. */
function decides(line: PlacedDirective, context: RuleContext): boolean {
	const server = enclosing(line.scope, 'server');
	const location = enclosing(line.scope, 'location');
	const match = location?.opener && locationMatch(location.opener);
	return (
		server !== undefined && match !== undefined && urlsOf(server, match, location?.opener).some((url) => isChanged(url, context))
	);
}

/** The same for any location of a server. */
function serverDecides(server: Scope, context: RuleContext): boolean {
	return context.allRoutes.some((route) => {
		const [url] = route.server === server ? route.urls : [];
		return url !== undefined && isChanged(url, context);
	});
}

/** True when a handshake works with small letters alone. */
function isChanged(url: RouteUrl, context: RuleContext): boolean {
	const request = handshakeRequest(url);
	if (!context.predictor.predict(request).upgrade) return false;
	const headers = request.headers.map(([name, value]) => [name, name.toLowerCase() === 'upgrade' ? 'WebSocket' : value] as const);
	return !context.predictor.predict({ ...request, headers }).upgrade;
}

function cureOf(line: PlacedDirective): readonly Cure[] {
	const [, sign, right] = line.node.args;
	if (sign === undefined || right === undefined) return [];
	const text = `${sign.value === '=' ? '~*' : '!~*'} "^websocket$")`;
	const end = line.file.tree.source.slice(right.span).endsWith(')')
		? right.span.end
		: (line.node.args[3]?.span.end ?? right.span.end);
	return [
		{
			title: 'Compare without regard to case',
			preferred: true,
			edits: [{ path: line.file.path, span: { start: sign.span.start, end }, text }],
		},
	];
}
