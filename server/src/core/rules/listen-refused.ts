import { distance } from 'fastest-levenshtein';
import { addressFaultText, isOpenAddress, readAddress } from '../config/address.ts';
import type { PlacedDirective } from '../config/model.ts';
import { parseNumber, parseSize } from '../reference/values.ts';
import { replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOfArgument, type Report } from './rule.ts';
import { directivesIn } from './scopes.ts';

export default defineRule({
	id: 'listen-refused',
	summary: 'A listen has no port that is one, or a parameter that nginx does not know.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx cuts address and port out of \`listen\` and knows a fixed list of parameters. It refuses to start with a URL, with a port that is no
number from 1 to 65535, and with any other word behind the address ("invalid parameter").`,
	remedy: 'Write `listen address:port` or `listen port`, and one listen for each port.',
	ignore: 'Never: nginx does not start.',
	rows: ['DU4'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#listen'],
	examples: [
		{
			title: 'a parameter with its letters turned round',
			within: 'http',
			bad: `server {
	listen 8080;
	listen 8081 «default_sever»;
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
	listen 8081 default_server;
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
			title: 'a URL',
			within: 'http',
			bad: `server {
	listen 8080;
	listen «http://127.0.0.1:8081»;
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
	listen 127.0.0.1:8081;
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
		for (const at of directivesIn(context.configuration.root)) {
			const { node, file, scope } = at;
			if (node.name.value !== 'listen' || node.end === 'missing' || node.block !== undefined || file.tree.template) continue;
			if (scope.context !== 'server' && scope.context !== 'stream server') continue;
			yield* refusedAddress(at);
			if (scope.context === 'server') yield* refusedParameters(at, context.configuration.fragment !== undefined);
		}
	},
});

function* refusedAddress(at: PlacedDirective): Generator<Report> {
	const text = at.node.args[0]?.value;
	if (text === undefined || isOpenAddress(text)) return;
	const { fault } = readAddress(text, 'listen');
	const isList = /^\d+,\d*$/.test(text);
	if (/\S\s/.test(text)) {
		yield* quotedTogether(at, text);
		return;
	}
	if (fault === undefined && !isList) return;
	const [, bare] = /^https?:\/\/((?:[\w.*-]+|\[[\da-f:.]+\]):\d+)\/?$/i.exec(text) ?? [];
	yield {
		severity: 'error',
		at: placeOfArgument(at, 0),
		message: `nginx refuses to start: ${fault === undefined || isList ? `"${text}" is no port` : addressFaultText(fault, text)}. Write ${bare === undefined ? '`listen address:port` or `listen port`, one for each' : `\`listen ${bare}\``}.`,
		cures: (): readonly Cure[] => {
			const edit = bare === undefined ? undefined : replaceArgument(at, 0, bare);
			return edit === undefined ? [] : [{ title: `Write ${bare}`, preferred: true, edits: [edit], changes: 'backend' }];
		},
	};
}

/** Quotes around the address and its parameters make one word of them, and no host is called that. */
function* quotedTogether(at: PlacedDirective, text: string): Generator<Report> {
	const words = text.trim();
	yield {
		severity: 'error',
		at: placeOfArgument(at, 0),
		message: `nginx refuses to start: the quotes make one address of "${text}". Write \`listen ${words}\`.`,
		cures: (): readonly Cure[] => {
			const edit = replaceArgument(at, 0, words);
			return edit === undefined ? [] : [{ title: `Write listen ${words}`, preferred: true, edits: [edit], changes: 'backend' }];
		},
	};
}

/** Parameters of `listen` (docs: ngx_http_core_module, listen); those of a value with their `=`. */
const PARAMETERS: readonly string[] = [
	'default_server',
	'ssl',
	'http2',
	'quic',
	'proxy_protocol',
	'setfib=',
	'fastopen=',
	'backlog=',
	'rcvbuf=',
	'sndbuf=',
	'accept_filter=',
	'deferred',
	'bind',
	'ipv6only=',
	'reuseport',
	'so_keepalive=',
];

/** Parameters that later versions, other systems and relatives of nginx have. */
const OF_OTHERS: ReadonlySet<string> = new Set([
	'multipath',
	'https_allow_http',
	'xquic',
	'setfib=',
	'accept_filter=',
	'rcvlowat=',
]);

/** What the value of a parameter has to be, when this one is not (ngx_http_core_listen); undefined when it is. */
function wantedBy(name: string, value: string): string | undefined {
	switch (name) {
		case 'backlog=':
			return (parseNumber(value) ?? 0) > 0 ? undefined : 'a whole number from 1 on';
		case 'fastopen=':
			return parseNumber(value) !== undefined ? undefined : 'a whole number';
		case 'rcvbuf=':
		case 'sndbuf=':
			return parseSize(value) !== undefined ? undefined : 'a size such as 64k';
		case 'ipv6only=':
			return value === 'on' || value === 'off' ? undefined : 'on or off';
		case 'so_keepalive=':
			return value === 'on' || value === 'off' || (value !== '::' && /^[\dsmhdwM]*:[\dsmhdwM]*:\d*$/.test(value))
				? undefined
				: 'on, off, or three values such as 30m:10s:5';
		default:
			return undefined;
	}
}

/** What people write for a parameter. */
const MEANT: ReadonlyMap<string, string> = new Map([
	['http3', 'quic'],
	['tls', 'ssl'],
	['https', 'ssl'],
	['spdy', 'http2'],
]);

/** @param isFragment the block may stand in stream, where `udp` is right */
function* refusedParameters(at: PlacedDirective, isFragment: boolean): Generator<Report> {
	for (const [index, { value }] of at.node.args.entries()) {
		const [, name = '', rest = ''] = /^([^=]*=?)(.*)$/s.exec(value) ?? [];
		if (index === 0 || isOpenAddress(value) || /^(?:default|http)$/.test(name)) continue;
		const wants = wantedBy(name, rest);
		if (wants !== undefined)
			yield {
				severity: 'error',
				at: placeOfArgument(at, index),
				message: `nginx refuses to start: ${name} of listen takes ${wants}, not "${rest}". Correct it, or leave it out.`,
			};
		if (PARAMETERS.includes(name) || OF_OTHERS.has(name) || (isFragment && name === 'udp')) continue;
		const meant = MEANT.get(name.toLowerCase()) ?? PARAMETERS.find((known) => isNear(known, name));
		yield {
			severity: 'error',
			at: placeOfArgument(at, index),
			message: `nginx refuses to start with invalid parameter "${value}" of listen. ${meant === undefined ? (/^\d+,?$/.test(value) ? 'Give each port a listen of its own' : 'Leave it out') : `Write \`${meant}${rest}\``}.`,
			cures: (): readonly Cure[] => {
				const edit = meant === undefined ? undefined : replaceArgument(at, index, `${meant}${rest}`);
				return edit === undefined ? [] : [{ title: `Write ${meant}${rest}`, preferred: true, edits: [edit] }];
			},
		};
	}
}

/** Another case, or a letter too few, too many or wrong; in a short word two letters that have changed places. */
function isNear(known: string, name: string): boolean {
	const lower = name.toLowerCase();
	return lower === known || (lower.length > 2 && distance(lower, known) <= (known.length > 6 ? 2 : 1));
}
