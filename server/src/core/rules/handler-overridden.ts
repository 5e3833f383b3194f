import type { PlacedDirective } from '../config/model.ts';
import { removeDirective } from './cures/editing.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute, whereIs } from './wording.ts';

export default defineRule({
	id: 'handler-overridden',
	summary: 'A second handler in the location takes the place of the one above it.',
	severity: 'error',
	why: `A location has one handler. \`nginx -t\` accepts several, \`proxy_pass\` and \`stub_status\` or \`uwsgi_pass\` for instance, and the last one wins:
the backend of the first never gets a request.`,
	remedy: 'Keep the one that is meant for WebSockets.',
	ignore: 'Never where the location carries WebSockets: one of the two lines does nothing.',
	rows: ['IN11'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass',
		'https://nginx.org/en/docs/http/ngx_http_stub_status_module.html',
	],
	examples: [
		{
			title: 'a status page below proxy_pass',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		«stub_status»;
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
			proof: { bad: 200 },
		},
		{
			title: 'another protocol below proxy_pass',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		uwsgi_read_timeout 1h;
		«uwsgi_pass 127.0.0.1:9000»;
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
			fixed: '',
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.location !== route.location) continue;
			const handlers = route.location.directives.filter(
				({ node }) => TUNNELS.has(node.name.value) || ANSWERS.has(node.name.value),
			);
			const last = handlers.at(-1);
			const covered = handlers.findLast(({ node }) => TUNNELS.has(node.name.value) && node.name.value !== last?.node.name.value);
			if (last === undefined || covered === undefined || !decides(last, route.handshake.because)) continue;
			const answers = ANSWERS.has(last.node.name.value);
			const name = covered.node.name.value;
			yield {
				...aboutRoute(route),
				// A proxy_pass that stands last does its work; what stands above it is dead text.
				...(answers ? {} : { severity: last.node.name.value === 'proxy_pass' ? ('information' as const) : ('warning' as const) }),
				at: placeOf(last),
				related: [{ ...placeOf(covered), message: 'This line does nothing.' }],
				message: `Of several handlers in a location nginx takes the last: this ${last.node.name.value}${answers ? `, which answers ${route.handshake.status ?? 'by itself'}` : ''}, and not ${name} (${whereIs(covered, context.configuration)}). Keep the one that is meant for WebSockets.`,
				cures: () => [kept(name, last, answers), ...(answers ? [] : [kept(last.node.name.value, covered, false)])],
			};
		}
	},
});

/** Handlers that make a tunnel (src/http/modules: u->upgrade). */
const TUNNELS: ReadonlySet<string> = new Set(['proxy_pass', 'uwsgi_pass', 'scgi_pass']);
/** Handlers that answer by themselves. */
const ANSWERS: ReadonlySet<string> = new Set(['stub_status', 'empty_gif', 'flv', 'mp4', 'hls', 'f4f', 'api']);

function decides(line: PlacedDirective, because: readonly { readonly at: PlacedDirective }[]): boolean {
	return because.some(({ at }) => at === line);
}

function kept(name: string, removed: PlacedDirective, preferred: boolean): Cure {
	return { title: `Keep ${name} alone`, preferred, changes: 'backend', edits: [removeDirective(removed)] };
}
