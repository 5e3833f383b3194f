import { effective } from '../config/effective.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { locationsIn } from '../routes/routes.ts';
import { appendWord, insertInto, removeWord, replaceArgument } from './cures/editing.ts';
import { writtenLine } from './forwarding.ts';
import { createJumps, type Jumps, mayLeadTo } from './jumps.ts';
import { defineRule, placeOf, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'named-location-unreached',
	summary: 'No request gets to the named location that is there for WebSockets.',
	severity: 'error',
	why: `A named location takes no URI: only \`error_page\` and \`try_files\` lead to it (and X-Accel-Redirect from a backend). The usual way for
handshakes is \`error_page 418 = @ws;\` with \`return 418;\`: both have to name the same status, and a location that has an error_page
of its own inherits none from around it.`,
	remedy: 'Lead handshakes there: `error_page 418 = @ws;`, and `return 418;` where they arrive.',
	ignore: 'A backend sends requests there with X-Accel-Redirect.',
	rows: ['RT7', 'IN1'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page'],
	examples: [
		{
			title: 'another error_page in the location cancels the one that leads there',
			within: 'http',
			bad: `server {
	listen 8080;
	error_page 418 = @ws;
	location /ws {
		«error_page 502 /50x.html»;
		return 418;
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
	error_page 418 = @ws;
	location /ws {
		error_page 502 /50x.html;
		error_page 418 = @ws;
		return 418;
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
			proof: { bad: 418 },
		},
		{
			title: 'the arguments of try_files in the wrong order',
			within: 'http',
			bad: `server {
	listen 8080;
	location / {
		try_files «@app» $uri;
	}
	location @app {
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
	location / {
		try_files $uri @app;
	}
	location @app {
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
		{
			title: 'return and error_page name two statuses',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		error_page 418 = @ws;
		return «419»;
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
		return 418;
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
			proof: { bad: 419 },
		},
		{
			title: 'nothing leads there',
			within: 'http',
			bad: `server {
	listen 8080;
	location / {
		proxy_pass http://127.0.0.1:9000;
	}
	location «@ws» {
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
	location / {
		error_page 418 = @ws;
		if ($http_upgrade ~* ^websocket$) {
			return 418;
		}
		proxy_pass http://127.0.0.1:9000;
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
			fixed: '',
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		const jumps = createJumps();
		for (const route of context.routes) {
			if (route.match?.kind !== 'named' || route.intent.level !== 'certain' || jumps.areHidden(route.server)) continue;
			const found = unreached(route, route.match.pattern, jumps, context);
			if (found !== undefined) yield found;
		}
	},
});

function unreached(route: Route, name: string, jumps: Jumps, context: RuleContext): Report | undefined {
	const { match, server } = route;
	if (match === undefined) return undefined;
	const all = jumps.of(server);
	const lines = all.filter((jump) => mayLeadTo(jump, match)).map(({ line }) => line);
	// A name that is written wrong says more.
	if (lines.length === 0 && all.some(({ target }) => target.startsWith('@') && !isDefined(target, server))) return undefined;
	if (!lines.every(({ node }) => node.name.value === 'error_page')) return undefined;
	const codes = new Set(lines.flatMap(codesOf));
	// Codes that nginx refuses are told as such, and lead nowhere.
	if ([...codes].some((code) => !/^[345]\d\d$/.test(code) || code === '499')) return undefined;
	if ([...codes].some((code) => GENERATED.has(code)) || (lines.length > 0 && asksBackends(server))) return undefined;
	const givers = giversIn(server);
	const inForce = givers.map(({ line }) => effective(line.scope, 'error_page', context.version));
	if (inForce.some(({ level }) => level === 'unknown')) return undefined;
	const linesAt = (index: number): readonly PlacedDirective[] => {
		const found = inForce[index];
		return found?.level === 'own' || found?.level === 'inherited' ? found.directives : [];
	};
	if (givers.some(({ code }, index) => codes.has(code) && linesAt(index).some((line) => lines.includes(line)))) return undefined;

	const masked = givers.findIndex(
		({ code }, index) => codes.has(code) && linesAt(index).every((line) => !codesOf(line).includes(code)),
	);
	const giver = givers[masked];
	const [mask] = linesAt(masked);
	const lost = lines.find((line) => giver !== undefined && codesOf(line).includes(giver.code));
	if (giver !== undefined && mask !== undefined && lost !== undefined) return maskedReport(route, giver, mask, lost, context);

	const wrong = givers.findIndex(
		({ line, code }, index) =>
			line.node.name.value === 'return' &&
			!GENERATED.has(code) &&
			linesAt(index).some((one) => lines.includes(one)) &&
			linesAt(index).every((one) => !codesOf(one).includes(code)),
	);
	const other = givers[wrong];
	const leading = linesAt(wrong).find((line) => lines.includes(line));
	if (other !== undefined && leading !== undefined) return wrongReport(route, other, leading, context);

	const [first] = lines;
	const swapped = swappedIn(server, name);
	if (first === undefined && swapped !== undefined) return swappedReport(route, name, swapped);
	return {
		...aboutRoute(route),
		severity: 'warning',
		at: placeOfArgument(route.at, 0),
		message:
			first === undefined
				? `No error_page and no try_files of this server leads to ${titleOf(route)}, so no handshake gets there. Write \`error_page 418 = ${name};\` and \`if ($http_upgrade ~* ^websocket$) { return 418; }\` in the location where handshakes arrive.`
				: `Only error_page leads to ${titleOf(route)}, by ${[...codes].join(' or ')} (${whereIs(first, context.configuration)}), and nothing in this server answers that, so no handshake gets there. Write \`if ($http_upgrade ~* ^websocket$) { return ${[...codes][0] ?? 418}; }\` in the location where handshakes arrive.`,
	};
}

/** The word of a try_files that names a location where it looks for files. */
function swappedIn(server: Scope, name: string): { readonly line: PlacedDirective; readonly index: number } | undefined {
	for (const location of locationsIn(server))
		for (const line of location.byName.get('try_files') ?? []) {
			const index = line.node.args.slice(0, -1).findIndex(({ value }) => value === name);
			if (index !== -1) return { line, index };
		}
	return undefined;
}

function swappedReport(
	route: Route,
	name: string,
	{ line, index }: { readonly line: PlacedDirective; readonly index: number },
): Report {
	return {
		...aboutRoute(route),
		at: placeOfArgument(line, index),
		message: `try_files looks for a file named ${name} here, for only its last argument may be a location, and nothing leads to ${titleOf(route)}. Write ${name} last.`,
		cures: () => {
			const word = line.node.args[index];
			if (word === undefined) return [];
			return [{ title: `Write ${name} last`, preferred: true, edits: [removeWord(line, word), appendWord(line, name)] }];
		},
	};
}

function maskedReport(
	route: Route,
	giver: Giver,
	mask: PlacedDirective,
	lost: PlacedDirective,
	{ configuration }: RuleContext,
): Report {
	return {
		...aboutRoute(route),
		at: placeOf(mask),
		message: `This error_page cancels every one set around it, among them the one that leads ${giver.code} to ${titleOf(route)} (${whereIs(lost, configuration)}), so the client gets ${giver.code}. Repeat that line here.`,
		related: [
			{ ...placeOf(giver.line), message: `Answers ${giver.code}.` },
			{ ...placeOf(lost), message: `${writtenLine(lost)} is void there.` },
			...(aboutRoute(route).related ?? []),
		],
		cures: () => {
			const edit = insertInto(
				mask.scope,
				[writtenLine(lost)],
				mask.via.length === (mask.scope.opener?.via.length ?? 0) ? ['error_page'] : ['include'],
			);
			return edit === undefined
				? []
				: [{ title: 'Repeat the error_page that leads handshakes on', preferred: true, edits: [edit] }];
		},
	};
}

function wrongReport(route: Route, { line, code }: Giver, leading: PlacedDirective, { configuration }: RuleContext): Report {
	const meant = codesOf(leading)[0] ?? '418';
	return {
		...aboutRoute(route),
		at: placeOfArgument(line, 0),
		message: `No error_page takes ${code}: ${meant} is what leads to ${titleOf(route)} (${whereIs(leading, configuration)}), so the client gets ${code}. Write \`return ${meant}\`.`,
		related: [{ ...placeOf(leading), message: `Leads ${meant} on.` }, ...(aboutRoute(route).related ?? [])],
		cures: () => {
			const edit = replaceArgument(line, 0, meant);
			return edit === undefined ? [] : [{ title: `Answer ${meant}`, preferred: true, edits: [edit] }];
		},
	};
}

function isDefined(name: string, server: Scope): boolean {
	return (server.byName.get('location') ?? []).some((placed) => placed.node.args[0]?.value === name);
}

function codesOf(line: PlacedDirective): readonly string[] {
	return line.node.args
		.slice(0, -1)
		.map(({ value }) => value)
		.filter((value) => !value.startsWith('='));
}

/** A directive that answers a status, for some requests at least. */
interface Giver {
	readonly line: PlacedDirective;
	readonly code: string;
}

function giversIn(server: Scope): readonly Giver[] {
	const found: Giver[] = [];
	const search = (line: PlacedDirective): void => {
		const { name, args } = line.node;
		const code = name.value === 'try_files' ? args.at(-1)?.value.replace(/^=/, '') : args[0]?.value;
		if (/^(?:return|try_files|limit_(?:req|conn)_status)$/.test(name.value) && code !== undefined && /^\d{3}$/.test(code))
			found.push({ line, code });
		line.body?.directives.forEach(search);
	};
	server.directives.forEach(search);
	return found;
}

/** True where a backend's own status may be taken by an error_page. */
function asksBackends(server: Scope): boolean {
	const asks = ({ node, body }: PlacedDirective): boolean =>
		(node.name.value.endsWith('_intercept_errors') && node.args[0]?.value !== 'off') || (body?.directives.some(asks) ?? false);
	return (
		server.directives.some(asks) ||
		(server.parent?.directives.some((placed) => placed.node.name.value !== 'server' && asks(placed)) ?? false)
	);
}

/** Statuses that nginx answers by itself (src/http/ngx_http_request.h); any other comes from a `return`, or from a backend. */
const GENERATED: ReadonlySet<string> = new Set(
	'300 301 302 303 304 307 308 400 401 403 404 405 408 409 411 412 413 414 415 416 421 429 431 444 494 495 496 497 499 500 501 502 503 504 505 507'.split(
		' ',
	),
);
