import type { PlacedDirective, Scope } from '../config/model.ts';
import { moveBefore, removeDirective } from './cures/editing.ts';
import { type Cure, defineRule, placeOf, type Report } from './rule.ts';
import { directivesIn } from './scopes.ts';

export default defineRule({
	id: 'proxy-redirect-refused',
	summary: 'A proxy_redirect default without its proxy_pass above, or off beside another proxy_redirect.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `\`proxy_redirect default\` is made of the location and of the address of the proxy_pass that stands above it in the same block, and
nginx refuses to start where there is none, or one with variables. \`off\` allows no other proxy_redirect beside it.`,
	remedy: 'Write `proxy_redirect default` below proxy_pass, or leave it out: it is the default.',
	ignore: 'Never: nginx does not start.',
	rows: ['DU1'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_redirect'],
	examples: [
		{
			title: 'above its proxy_pass',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«proxy_redirect default»;
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
		proxy_pass http://127.0.0.1:9000;
		proxy_redirect default;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'off and another one',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_redirect off;
		«proxy_redirect http://app/ /»;
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
		proxy_redirect http://app/ /;
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
		const seen = new Set<Scope>();
		for (const { node, scope } of directivesIn(context.configuration.root)) {
			if (node.name.value !== 'proxy_redirect' || seen.has(scope)) continue;
			seen.add(scope);
			yield* refusedIn(scope);
		}
	},
});

/** Goes through a block in nginx's order (src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_redirect). */
function* refusedIn(scope: Scope): Generator<Report> {
	if (scope.unresolved.length > 0) return;
	let pass: PlacedDirective | undefined;
	let first: PlacedDirective | undefined;
	for (const at of scope.directives) {
		const { name, args, end } = at.node;
		if (name.value === 'proxy_pass') pass = at;
		if (name.value !== 'proxy_redirect' || at.file.tree.template || end === 'missing') continue;
		const isOff = isAlone(at, 'off');
		if (first !== undefined && (isOff || isAlone(first, 'off'))) {
			yield {
				severity: 'error',
				at: placeOf(at),
				related: [{ ...placeOf(first), message: 'the first one' }],
				message: `nginx refuses to start: "proxy_redirect" directive is duplicate, as off allows no other one beside it. Keep one of them.`,
			};
			return;
		}
		first = at;
		const address = pass?.node.args[0]?.value;
		if (!isAlone(at, 'default') || args.length !== 1 || (address !== undefined && !address.includes('$'))) continue;
		yield {
			severity: 'error',
			at: placeOf(at),
			message:
				address === undefined
					? 'nginx refuses to start: proxy_redirect default is made of the proxy_pass above it in the same block, and there is none. Write it below proxy_pass, or leave it out.'
					: `nginx refuses to start: proxy_redirect default cannot be made of a proxy_pass with variables (${address}). Leave it out, or write both addresses.`,
			cures: () => curesOf(at, scope),
		};
		return;
	}
}

function isAlone({ node }: PlacedDirective, word: string): boolean {
	return node.args.length === 1 && node.args[0]?.value === word;
}

function curesOf(at: PlacedDirective, scope: Scope): readonly Cure[] {
	const pass = scope.byName.get('proxy_pass')?.[0];
	const isBelow = pass !== undefined && !pass.node.args[0]?.value.includes('$') && pass.file === at.file;
	return isBelow && pass.via.length === at.via.length
		? [{ title: 'Move proxy_pass above it', preferred: true, edits: moveBefore(pass, at) }]
		: [{ title: 'Leave it out', preferred: true, edits: [removeDirective(at)] }];
}
