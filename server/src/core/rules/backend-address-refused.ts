import { distance } from 'fastest-levenshtein';
import { addressFaultText, isOpenAddress, readAddress } from '../config/address.ts';
import type { PlacedDirective } from '../config/model.ts';
import { replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOfArgument, type Report } from './rule.ts';
import { directivesIn, isComplete, scopesOf } from './scopes.ts';

export default defineRule({
	id: 'backend-address-refused',
	summary: 'A uwsgi_pass, fastcgi_pass or the like names no upstream and no port, or an address that is none.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `Other than proxy_pass, these directives know no port by themselves. A name without one has to be an upstream, and nginx refuses to start
with "no port in upstream" when there is none of that name. It also refuses a port that is no number from 1 to 65535, and a scheme where the
directive has none.`,
	remedy: 'Write host and port, `unix:` and the path of a socket, or the name of an upstream.',
	ignore: 'A file that is not here defines the upstream.',
	rows: ['UP16', 'DU7'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_uwsgi_module.html#uwsgi_pass',
		'https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass',
	],
	examples: [
		{
			title: 'the upstream has another name',
			within: 'http',
			bad: `upstream backend {
	server 127.0.0.1:9001;
}
server {
	listen 8080;
	location / {
		uwsgi_pass «backends»;
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
			good: `upstream backend {
	server 127.0.0.1:9001;
}
server {
	listen 8080;
	location / {
		uwsgi_pass backend;
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
			proof: { bad: 'rejected' },
		},
		{
			title: 'a scheme that fastcgi_pass has not',
			within: 'http',
			bad: `server {
	listen 8080;
	location / {
		fastcgi_pass «http://127.0.0.1:9001»;
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
			good: `server {
	listen 8080;
	location / {
		fastcgi_pass 127.0.0.1:9001;
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
			proof: { bad: 'rejected' },
		},
	],
	*check({ configuration }) {
		const { root, fragment } = configuration;
		for (const http of scopesOf(root, 'http')) {
			const names = (http.byName.get('upstream') ?? []).map(({ node }) => node.args[0]?.value.toLowerCase() ?? '');
			const isWhole = fragment === undefined && [root, http].every(isComplete);
			for (const at of directivesIn(http)) {
				const schemes = SCHEMES.get(at.node.name.value);
				const isOurs = at.node.args.length === 1 && at.node.block === undefined && at.node.end !== 'missing';
				if (schemes === undefined || !isOurs || at.file.tree.template) continue;
				yield* refusedAddress(at, schemes, names, isWhole);
			}
		}
	},
});

/** The schemes that each directive knows (the setters in src/http/modules). */
const SCHEMES: ReadonlyMap<string, RegExp> = new Map([
	['fastcgi_pass', /^/],
	['scgi_pass', /^/],
	['memcached_pass', /^/],
	['uwsgi_pass', /^(?:s?uwsgi:\/\/)?/i],
	['grpc_pass', /^(?:grpcs?:\/\/)?/i],
]);

function* refusedAddress(at: PlacedDirective, schemes: RegExp, names: readonly string[], isWhole: boolean): Generator<Report> {
	const text = at.node.args[0]?.value ?? '';
	if (isOpenAddress(text)) return;
	const { name } = at.node;
	const scheme = schemes.exec(text)?.[0] ?? '';
	const address = text.slice(scheme.length);
	if (names.includes(address.toLowerCase())) return;
	const { fault, port } = readAddress(address, 'server');
	const place = placeOfArgument(at, 0);
	if (fault !== undefined) {
		const [, bare] = /^[a-z]+:\/\/((?:[\w.-]+|\[[\da-f:.]+\]):\d+|unix:\/[^:]+)\/?$/i.exec(address) ?? [];
		yield {
			severity: 'error',
			at: place,
			message: `nginx refuses to start: ${addressFaultText(fault, address)}. Write \`${name.value} ${scheme}${bare ?? 'host:port'}\`.`,
			cures: () => write(at, bare === undefined ? undefined : `${scheme}${bare}`),
		};
		return;
	}
	if (!isWhole || port !== undefined || /^unix:/i.test(address)) return;
	const near = names.filter((known) => known !== '' && distance(known, address.toLowerCase()) <= (known.length > 4 ? 2 : 1));
	const meant = near.length === 1 ? near[0] : undefined;
	yield {
		severity: 'error',
		at: place,
		message: `nginx refuses to start with no port in upstream "${address}": ${name.value} has no port by itself, and no upstream is called so. ${meant === undefined ? `Write \`${name.value} ${scheme}${address}:PORT\`, or define the upstream` : `Did you mean ${meant}?`}${meant === undefined ? '.' : ''}`,
		cures: () => write(at, meant === undefined ? undefined : `${scheme}${meant}`),
	};
}

function write(at: PlacedDirective, text: string | undefined): readonly Cure[] {
	const edit = text === undefined ? undefined : replaceArgument(at, 0, text);
	return edit === undefined ? [] : [{ title: `Write ${text}`, preferred: true, edits: [edit], changes: 'backend' }];
}
