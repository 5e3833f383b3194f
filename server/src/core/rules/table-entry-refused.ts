import { isOpenAddress } from '../config/address.ts';
import type { Place, PlacedDirective, Scope } from '../config/model.ts';
import { isNetwork } from '../reference/argumentChecks.ts';
import type { Word } from '../syntax/nodes.ts';
import { defineRule, type Report } from './rule.ts';
import { directivesIn } from './scopes.ts';

export default defineRule({
	id: 'table-entry-refused',
	summary: 'An entry of geo is no network, or the shares of split_clients are none.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `The entries of \`geo\` are addresses with or without a mask, or with \`ranges\` two addresses with a hyphen between; those of
\`split_clients\` are shares in percent, with two decimals at most, that come to no more than 100 in all, and \`*\` for the rest at the end. nginx refuses
to start with anything else.`,
	remedy: 'Write networks such as `10.0.0.0/8`, and shares such as `0.5%`.',
	ignore: 'Never: nginx does not start.',
	rows: ['TK18'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_geo_module.html#geo',
		'https://nginx.org/en/docs/http/ngx_http_split_clients_module.html#split_clients',
	],
	examples: [
		{
			title: 'a mask that is too long',
			within: 'http',
			bad: `geo $office {
	default 0;
	«10.0.0.0/33» 1;
}
server {
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
			good: `geo $office {
	default 0;
	10.0.0.0/8 1;
}
server {
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
			proof: { bad: 'rejected' },
		},
		{
			title: 'a share without its sign',
			within: 'http',
			bad: `split_clients $remote_addr $side {
	«50» a;
	* b;
}
server {
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
			good: `split_clients $remote_addr $side {
	50% a;
	* b;
}
server {
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
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const { node, body, file } of directivesIn(context.configuration.root)) {
			if (body === undefined || file.tree.template) continue;
			if (node.name.value === 'geo') yield* networks(body);
			else if (node.name.value === 'split_clients') yield* shares(body);
		}
	},
});

/** Words of a `geo` that are no networks (docs: ngx_http_geo_module). */
const SETTINGS: ReadonlySet<string> = new Set(['default', 'include', 'ranges', 'proxy_recursive', 'volatile']);

function* networks(body: Scope): Generator<Report> {
	const inRanges = body.byName.has('ranges');
	for (const entry of body.directives) {
		const { name, args } = entry.node;
		if (isUnfinished(entry) || SETTINGS.has(name.value)) continue;
		const word = name.value === 'delete' || name.value === 'proxy' ? args[0] : name;
		if (word === undefined || isOpenAddress(word.value)) continue;
		// A range is read by what is written before it too; a proxy is a network in any case.
		const isRange = inRanges && name.value !== 'proxy';
		if (isRange ? /^[\d.]+-[\d.]+$/.test(word.value) && word.value.split('-').every(isNetwork) : isNetwork(word.value)) continue;
		yield {
			severity: 'error',
			at: placeOfWord(entry, word),
			message: `nginx refuses to start: "${word.value}" is no ${isRange ? 'range of addresses such as 10.0.0.1-10.0.0.9' : 'network such as 10.0.0.0/8'}. Correct this entry of geo.`,
		};
	}
}

function* shares(body: Scope): Generator<Report> {
	let sum = 0;
	for (const entry of body.directives) {
		const { name } = entry.node;
		if (isUnfinished(entry) || name.value === 'include' || isOpenAddress(name.value.replace(/%$/, ''))) return;
		const [, whole = '', part = ''] = /^(\d*)\.?(\d{0,2})%$/.exec(name.value) ?? [];
		const share = Number(whole) * 100 + Number(part.padEnd(2, '0'));
		if (name.value !== '*' && share === 0) {
			const bare = /^\d+(?:\.\d{1,2})?$/.test(name.value);
			yield {
				severity: 'error',
				at: placeOfWord(entry, name),
				message: `nginx refuses to start: "${name.value}" is no share in percent such as 0.5%. ${bare ? `Write ${name.value}%` : 'Correct it'}.`,
				cures: () =>
					bare
						? [
								{
									title: `Write ${name.value}%`,
									preferred: true,
									edits: [{ path: entry.file.path, span: name.span, text: `${name.value}%` }],
								},
							]
						: [],
			};
			return;
		}
		// The rest is all that is left, so that nothing may follow it (ngx_conf_split_clients_block).
		sum = name.value === '*' ? 10_000 : sum + share;
		if (sum <= 10_000) continue;
		yield {
			severity: 'error',
			at: placeOfWord(entry, name),
			message: `nginx refuses to start: with this entry the shares come to more than 100%. ${body.byName.has('*') ? 'Write the * last, and shares' : 'Write shares'} that come to 100% at most.`,
		};
		return;
	}
}

function isUnfinished({ node, file }: PlacedDirective): boolean {
	return node.end === 'missing' || node.block !== undefined || file.tree.template;
}

function placeOfWord({ file }: PlacedDirective, { span }: Word): Place {
	return { path: file.path, span };
}
