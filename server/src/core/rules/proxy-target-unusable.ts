import type { PlacedDirective } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { insertInto, replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'proxy-target-unusable',
	summary: 'nginx cannot find a backend from the value of proxy_pass and answers 500 or 502 itself.',
	severity: 'error',
	why: `A variable in proxy_pass is looked at when the request comes, not when nginx starts. A host name then needs a \`resolver\`
(without one: 502, "no resolver defined"), and a value that does not start with http:// or https:// is answered with 500. An IP
address or the name of an \`upstream\` block needs no resolver.`,
	remedy: 'Add a `resolver` (in Docker: `resolver 127.0.0.11;`), name an `upstream`, or write the address without a variable.',
	ignore: 'Never: every handshake fails.',
	rows: ['UP14', 'PR15'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver',
	],
	examples: [
		{
			title: 'a host name in a variable, and no resolver',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $backend chat.internal;
		«proxy_pass http://$backend:9000»;
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
		set $backend 127.0.0.1;
		proxy_pass http://$backend:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 502 },
		},
		{
			title: 'the name of a container in a variable',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $backend chat;
		«proxy_pass http://$backend:9000»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream chat {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		set $backend chat;
		proxy_pass http://$backend;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: `server {
	listen 8080;
	location /ws {
		set $backend chat;
		proxy_pass http://$backend:9000;
		resolver 127.0.0.11 valid=10s;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 502 },
		},
		{
			title: 'ws:// in a variable',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $backend ws://127.0.0.1:9000;
		«proxy_pass $backend»;
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
		set $backend http://127.0.0.1:9000;
		proxy_pass $backend;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: `server {
	listen 8080;
	location /ws {
		set $backend http://127.0.0.1:9000;
		proxy_pass $backend;
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
		for (const route of context.routes) {
			const { handshake } = route;
			if (handshake.location !== route.location || handshake.outcome !== 'answered') continue;
			const reason = handshake.because.find(({ at }) => at.node.name.value === 'proxy_pass');
			if (reason === undefined) continue;
			const needsResolver = handshake.status === 502;
			yield {
				...aboutRoute(route),
				at: placeOf(reason.at),
				message: needsResolver
					? `nginx answers 502 ("no resolver defined"): the host in ${written(reason.at)} is a name that comes from a variable, and nothing resolves it. Add \`resolver\` with the address of your name server (in Docker 127.0.0.11), or name an \`upstream\` block.`
					: `nginx answers ${handshake.status}: what ${written(reason.at)} comes to is no http:// or https:// address. Let its variable begin with http:// or https://, also for WebSockets.`,
				cures: () => {
					const decided = handshake.because.map(({ at }) => at);
					return needsResolver ? resolved(route, reason.at, decided) : respelt(decided);
				},
			};
		}
	},
});

/**
 * Which name server to ask is a person's to say, save for names that only one can know: those of a Docker network have no dot, those of
 * a Kubernetes cluster end in .svc (nginx finds the cluster's own server by the machine's resolver when it starts).
 */
function resolved(route: Route, at: PlacedDirective, decided: readonly PlacedDirective[]): readonly Cure[] {
	const host = hostIn(at, decided);
	const known =
		host === undefined
			? undefined
			: /\.svc(?:\.cluster\.local)?\.?$/i.test(host)
				? {
						title: "Ask the cluster's name server (kube-dns)",
						line: 'resolver kube-dns.kube-system.svc.cluster.local valid=10s;',
					}
				: /^[a-z\d_-]+$/i.test(host)
					? { title: "Ask Docker's name server (127.0.0.11)", line: 'resolver 127.0.0.11 valid=10s;' }
					: undefined;
	const edit = known && insertInto(route.location, [known.line], ['proxy_pass']);
	return known === undefined || edit === undefined ? [] : [{ title: known.title, preferred: true, edits: [edit] }];
}

/** The host that proxy_pass comes to, where it is written out: in itself, or as a whole in the one `set` that decided it. */
function hostIn(at: PlacedDirective, decided: readonly PlacedDirective[]): string | undefined {
	const url = at.node.args[0]?.value ?? '';
	const set = decided.filter(({ node }) => node.name.value === 'set');
	const [name = '', value = ''] = set.length === 1 ? (set[0]?.node.args.map((word) => word.value) ?? []) : [];
	const written = url.replaceAll(`\${${name.slice(1)}}`, value).replaceAll(name === '' ? '\0' : name, value);
	return /^(?:https?:\/\/)?([^/:$]+)/i.exec(written)?.[1];
}

/** A `set` whose address begins with ws:// or wss:// gets the scheme that nginx knows. */
function respelt(decided: readonly PlacedDirective[]): readonly Cure[] {
	for (const line of decided) {
		const word = line.node.args[1];
		if (line.node.name.value !== 'set' || word === undefined || !/^wss?:\/\//i.test(word.value)) continue;
		const text = line.file.tree.source.slice(word.span).replace(/^(["']?)ws(s?):/i, '$1http$2:');
		const edit = replaceArgument(line, 1, text);
		const scheme = /^wss/i.test(word.value) ? 'https://' : 'http://';
		return edit === undefined
			? []
			: [{ title: `Write ${scheme} in ${line.node.args[0]?.value}`, preferred: true, edits: [edit] }];
	}
	return [];
}

function written({ node }: PlacedDirective): string {
	return `\`proxy_pass ${node.args[0]?.value ?? ''}\``;
}
