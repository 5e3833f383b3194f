import type { PlacedDirective } from '../config/model.ts';
import { compileRegex } from '../config/regex.ts';
import type { Route } from '../routes/route.ts';
import { removeDirective } from './cures/editing.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'later-if-decides',
	summary: 'A later if takes the handshake away from the if that passes it on.',
	severity: 'warning',
	why: `Each \`if\` that holds replaces the configuration of its location, and the last one counts. When another \`if\` below holds as well, be
it only to \`set\` something, the \`proxy_pass\` of the first is forgotten, and the handshake goes where the location itself passes.`,
	remedy: 'Move the `if` with proxy_pass below the others.',
	ignore: 'The later `if` never holds for a handshake.',
	rows: ['IN7'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if'],
	examples: [
		{
			title: 'an if that only sets a variable',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		«if ($http_upgrade)» {
			proxy_pass http://127.0.0.1:9000;
		}
		if ($request_method = GET) {
			set $kind read;
		}
		proxy_pass http://127.0.0.1:9;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		if ($request_method = GET) {
			set $kind read;
		}
		if ($http_upgrade) {
			proxy_pass http://127.0.0.1:9000;
		}
		proxy_pass http://127.0.0.1:9;
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const own = route.handler;
			const ifs = route.location.byName.get('if') ?? [];
			if (own === undefined || ifs.length < 2) continue;
			const index = ifs.findIndex((placed) => passesHandshakes(placed, own));
			const [first, ...later] = index === -1 ? [] : ifs.slice(index);
			const handler = first?.body?.byName.get('proxy_pass')?.at(-1);
			if (first === undefined || handler === undefined || first.body?.byName.has('break')) continue;
			const decided = route.handshake.because.map(({ at }) => at);
			if (!decided.includes(own) || decided.includes(handler)) continue;
			const last = later.filter(keepsHandler).at(-1);
			if (last === undefined) continue;
			yield {
				...aboutRoute(route),
				severity: 'warning',
				at: placeOf(first),
				related: [{ ...placeOf(last), message: 'This if holds as well, and the last one counts.' }],
				message: `A later if (${whereIs(last, context.configuration)}) holds for a handshake as well, and nginx takes the last one that does, so ${titleOf(route)} passes it to ${own.node.args[0]?.value} instead of ${handler.node.args[0]?.value}. Move this if below it.`,
				cures: () => curesOf(first, last, route, context),
			};
		}
	},
});

/** True for an `if` that holds for a handshake and passes it to another backend than the location. */
function passesHandshakes(placed: PlacedDirective, own: PlacedDirective): boolean {
	const handler = placed.body?.byName.get('proxy_pass')?.at(-1);
	const value = handler?.node.args[0]?.value;
	return value !== undefined && value !== own.node.args[0]?.value && holdsForHandshakes(placed);
}

function holdsForHandshakes(placed: PlacedDirective): boolean {
	const condition = placed.node.args
		.map(({ value }) => value)
		.join(' ')
		.replace(/^\(\s*|\s*\)$/g, '');
	const [, operator, value] = /^\$\{?http_upgrade\}?(?:\s+(=|~\*?)\s+(\S+))?$/i.exec(condition) ?? [];
	if (operator === undefined) return /^\$\{?http_upgrade\}?$/i.test(condition);
	if (operator === '=') return value === 'websocket';
	const regex = compileRegex(value ?? '', operator === '~*');
	return !('unsupported' in regex) && Boolean(regex.exec('websocket'));
}

function keepsHandler(placed: PlacedDirective): boolean {
	const names = placed.body?.byName;
	return names !== undefined && !['proxy_pass', 'return', 'rewrite'].some((name) => names.has(name));
}

function curesOf(first: PlacedDirective, last: PlacedDirective, route: Route, context: RuleContext): readonly Cure[] {
	if (first.body?.byName.has('set') || first.file !== last.file || first.via.length !== last.via.length) return [];
	const same = context.allRoutes.filter((other) => other.at.node === route.at.node);
	if (same.length > 1) return [];
	const { source } = first.file.tree;
	const at = last.node.span.end;
	return [
		{
			title: 'Move this if below the others',
			preferred: true,
			changes: 'backend',
			edits: [
				removeDirective(first),
				{
					path: first.file.path,
					span: { start: at, end: at },
					text: `${source.eol}${source.indentationAt(first.node.span.start)}${source.slice(first.node.span)}`,
				},
			],
		},
	];
}
