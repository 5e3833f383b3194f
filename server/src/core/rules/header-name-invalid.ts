import type { PlacedDirective } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { quoteIfNeeded } from '../syntax/words.ts';
import { removeDirective, replaceArgument } from './cures/editing.ts';
import { forwardCures } from './cures/forward.ts';
import { connectionValue } from './cures/mapBlock.ts';
import { type Forwarding, forwardingOf, headerNameOf, isHeaderName, meantHeader, renamedBy } from './forwarding.ts';
import { type Cure, defineRule, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf } from './wording.ts';

export default defineRule({
	id: 'header-name-invalid',
	summary: 'A proxy_set_header line has a name that is no header name: a colon, a blank or an equals sign in it.',
	severity: 'error',
	why: `nginx sends the first argument of proxy_set_header as it stands. \`Upgrade: $http_upgrade\` becomes "Upgrade:: websocket", which is no
Upgrade header, and nginx still drops the client's own. A blank or another character that RFC 9110 does not allow makes the whole request
invalid: Node answers 400 to every request, handshake or not.`,
	remedy: 'Write the bare name, a blank, and the value: `proxy_set_header Upgrade $http_upgrade;`.',
	ignore: 'The backend is known to take such a name.',
	rows: ['HD23'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header',
		'https://www.rfc-editor.org/rfc/rfc9110.html#section-5.1',
	],
	examples: [
		{
			title: 'a colon behind the name',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header «Upgrade:» $http_upgrade;
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
			proof: { bad: 'fails' },
		},
		{
			title: 'an equals sign',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header «Upgrade=$http_upgrade» websocket;
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
			proof: { bad: 'fails' },
		},
		{
			title: 'blanks in another header',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_set_header «"X Real IP"» $remote_addr;
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
		proxy_set_header X-Real-IP $remote_addr;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { handshake } = route;
			if (handshake.location !== route.location || handshake.upstream?.module !== 'proxy') continue;
			const forwarding = forwardingOf(route, context.version);
			for (const { at, value } of handshake.upstream.lines) {
				if (value === '' || isHeaderName(at.node.args[0]?.value ?? '')) continue;
				yield report(route, at, forwarding, context);
			}
		}
	},
});

function report(route: Route, at: PlacedDirective, forwarding: Forwarding | undefined, context: RuleContext): Report {
	const name = at.node.args[0]?.value ?? '';
	const meant = meantHeader(at);
	const state = meant === 'upgrade' ? forwarding?.upgrade : meant === 'connection' ? forwarding?.connection : undefined;
	const place = placeOfArgument(at, 0);
	if (state?.misnamed !== undefined && forwarding !== undefined) {
		const header = meant === 'upgrade' ? 'Upgrade' : 'Connection';
		return {
			...aboutRoute(route),
			at: place,
			message: `nginx takes "${name}" for the whole name of this header, so the backend gets no usable ${header} header and the handshake fails. Write \`proxy_set_header ${header} ${meant === 'upgrade' ? '$http_upgrade' : connectionValue(route.location, context.variables()).text};\`.`,
			cures: () =>
				forwardCures(route, forwarding, context, `Name the header ${header}`).map((cure) => ({
					...cure,
					...renamedBy(forwarding),
				})),
		};
	}
	const proper = properName(name);
	const advice = `Write ${proper === undefined ? 'a name of letters, digits and hyphens' : `\`${proper}\``}.`;
	const colon = /^([^:]*[^:\s]):+$/.exec(name)?.[1];
	const isReadable = colon !== undefined && isHeaderName(colon);
	return {
		...aboutRoute(route),
		severity: isReadable && colon.toLowerCase() !== 'host' ? 'information' : 'warning',
		at: place,
		message: isReadable
			? `nginx writes a colon of its own behind the name, so the backend of ${titleOf(route)} gets the header ${colon} with a value that begins with ": ". ${advice}`
			: `nginx sends the backend of ${titleOf(route)} a header called "${name}", which is no header name: Node, for one, answers 400 to the whole request, handshake or not. ${advice}`,
		cures: () => curesOf(at, forwarding),
	};
}

/** The name with hyphens for its blanks and without its colon; undefined when something else is wrong with it. */
function properName(name: string): string | undefined {
	const proper = name
		.trim()
		.replace(/\s*:+$/, '')
		.replace(/\s+/g, '-');
	return isHeaderName(proper) ? proper : undefined;
}

function curesOf(at: PlacedDirective, forwarding: Forwarding | undefined): readonly Cure[] {
	const name = at.node.args[0]?.value ?? '';
	const proper = properName(name);
	if (proper === undefined) return [];
	// What it is meant to be is sent already, by a line with the right name.
	const isThere = (forwarding?.lines ?? at.scope.byName.get('proxy_set_header') ?? []).some(
		(line) => headerNameOf(line) === proper.toLowerCase(),
	);
	const edit = isThere ? removeDirective(at) : replaceArgument(at, 0, quoteIfNeeded(proper));
	const names = `${name.split(':')[0]?.toLowerCase() ?? ''}:${proper.toLowerCase()}` as const;
	return edit === undefined
		? []
		: [
				{
					title: isThere ? 'Remove this line' : `Name the header ${proper}`,
					preferred: true,
					edits: [edit],
					changes: `headers:${names}`,
				},
			];
}
