import { type ArgumentFault, type Check, each, first, isOpen, needs, only, parameters } from './argumentFaults.ts';
import { isReturnRefused, parseNumber, parseOffset, parseSize, parseTime } from './values.ts';
import { isAtLeast, type NginxVersion } from './versions.ts';

/**
 * What nginx refuses in the arguments of one directive, as its module reads them. A word that holds a variable is nothing wrong here.
 * Every check is proved on three nginx by the lines of test/rules/refusals.txt.
 * @param side of which modules the directive is
 */
export function argumentFault(
	name: string,
	side: 'http' | 'stream',
	args: readonly string[],
	version: NginxVersion | undefined,
): ArgumentFault | undefined {
	return side === 'http' || BOTH_SIDES.has(name) ? CHECKS.get(name)?.(args, version, name) : undefined;
}

/** Directives that read their arguments alike in http, stream, events and at the top. */
const BOTH_SIDES: ReadonlySet<string> = new Set(['allow', 'deny', 'error_log', 'ssl_session_cache', 'limit_conn_zone']);

const isSeconds = (text: string): boolean => parseTime(text, 'seconds') !== undefined;
const isTime = (text: string): boolean => parseTime(text) !== undefined;
const isNumber = (text: string): boolean => parseNumber(text) !== undefined;
const isPositive = (text: string): boolean => (parseNumber(text) ?? 0) > 0;
const bare = (text: string): string => text.replace(/[,;:]+$/, '');
const SECONDS = 'a time in whole seconds such as 60s, 5m or 1h30m';
const TIME = 'a time such as 60s, 5m or 500ms';

/** `name:size`, with the least bytes that a zone has on any machine. */
const isZone =
	(least: number) =>
	(text: string): boolean => {
		const at = text.indexOf(':');
		return at > 0 && (parseSize(text.slice(at + 1)) ?? -1) >= least;
	};

/** The smallest shared zone is eight pages of at least 4 kB (ngx_http_limit_req_zone and the like). */
const LEAST_ZONE = 8 * 4096;
const ZONE: readonly [string, (text: string) => boolean] = ['a name and a size of 32k or more, NAME:10m', isZone(LEAST_ZONE)];

const LEVELS: ReadonlySet<string> = new Set(
	`debug info notice warn error crit alert emerg debug_core debug_alloc debug_mutex debug_event debug_http debug_mail debug_stream`.split(
		' ',
	),
);
const LEVELS_OTHERWISE: ReadonlyMap<string, string> = new Map([
	['warning', 'warn'],
	['err', 'error'],
	['critical', 'crit'],
	['emergency', 'emerg'],
	['information', 'info'],
]);

/** An address with or without its mask, or none (src/core/ngx_inet.c, ngx_ptocidr). */
export function isNetwork(text: string): boolean {
	const [address = '', mask, more] = text.split('/');
	const bits = mask === undefined ? 0 : parseNumber(mask);
	if (more !== undefined || bits === undefined) return false;
	if (address.includes(':')) return bits <= 128 && /^[\da-f:.]+$/i.test(address);
	const parts = address.split('.');
	return bits <= 32 && parts.length === 4 && parts.every((part) => /^\d*$/.test(part) && Number(part) < 256);
}

const addresses = each(
	'all, unix: or an address such as 10.0.0.0/8',
	(text) => text === 'all' || text === 'unix:' || isNetwork(text),
	{
		mend: (text) => (/^all\W*$/i.test(text) ? 'all' : bare(text)),
	},
);

const buffers: Check = (args, _, name) => {
	const [count = '', size = ''] = args;
	if (!isOpen(count) && !isPositive(count))
		return { argument: 0, text: `${name} takes a number of buffers first, not "${count}"` };
	if (!isOpen(size) && (parseSize(size) ?? 0) === 0)
		return { argument: 1, text: `${name} takes the size of one buffer behind their number, such as 8k, not "${size}"` };
	return /^(?:proxy|fastcgi|uwsgi|scgi)_/.test(name) && count === '1'
		? { argument: 0, text: `${name} takes at least 2 buffers, not 1` }
		: undefined;
};

const cachePath = first(
	needs('keys_zone=', 'keys_zone=NAME:SIZE'),
	parameters(1, {
		'levels=': ['one to three digits 1 or 2, such as 1:2', (text) => /^[12](?::[12]){0,2}$/.test(text)],
		'use_temp_path=': ['on or off', (text) => text === 'on' || text === 'off'],
		'keys_zone=': ['a name and a size of 8k or more, NAME:10m', isZone(8192)],
		'max_size=': ['a size such as 100m or 1g', (text) => parseOffset(text) !== undefined],
		'min_free=': ['a size such as 100m or 1g', (text) => parseOffset(text) !== undefined],
		'inactive=': [SECONDS, isSeconds],
		'loader_files=': ['a whole number', isNumber],
		'loader_sleep=': [TIME, isTime],
		'loader_threshold=': [TIME, isTime],
		'manager_files=': ['a whole number', isNumber],
		'manager_sleep=': [TIME, isTime],
		'manager_threshold=': [TIME, isTime],
	}),
);

const cacheValid: Check = (args, _, name) => {
	const last = args.length - 1;
	const time = args[last] ?? '';
	if (!isOpen(time) && !isSeconds(time)) return { argument: last, text: `${name} takes ${SECONDS} last, not "${time}"` };
	const isCode = (text: string): boolean => text === 'any' || inRange(text, 100, 599);
	return each('status codes from 100 to 599, or any, before the time', isCode, { to: last - 1 })(args, undefined, name);
};

function inRange(text: string, from: number, to: number): boolean {
	const number = parseNumber(text);
	return number !== undefined && number >= from && number <= to;
}

const returns: Check = (args) => {
	const [code = '', text] = args;
	if (!isReturnRefused(code, text)) return undefined;
	const [, number, address] = /^(\d{3})\s+(\S+)$/.exec(code) ?? [];
	const right =
		text !== undefined && /^30[12378]$/.test(text) && /^(?:\/|https?:\/\/|\$scheme)/.test(code)
			? [text, 0]
			: text === undefined && number !== undefined && address !== undefined
				? [number, address]
				: /^=[1-5]\d\d$/.test(code)
					? [code.slice(1), ...(text === undefined ? [] : [1])]
					: text === undefined && /^(?:\/|\$request_uri)/.test(code)
						? ['302', 0]
						: undefined;
	return {
		argument: 0,
		text: `return takes a status code first, or nothing but an address that begins with http://, https:// or $scheme, not "${code}"`,
		...(right && { right }),
	};
};

/** The words of `error_page`: codes, perhaps `=` or `=code`, and where to go (ngx_http_core_error_page). */
const errorPage: Check = (args) => {
	const last = args.length - 1;
	const answer = args[last - 1] ?? '';
	const hasAnswer = answer.startsWith('=');
	if (hasAnswer && (last === 1 || (answer !== '=' && !isNumber(answer.slice(1)))))
		return {
			argument: last - 1,
			text:
				last === 1
					? `error_page takes the codes before the "${answer}"`
					: `error_page takes = or a status code behind the =, not "${answer}"`,
		};
	const codes = args.slice(0, hasAnswer ? last - 1 : last);
	const argument = codes.findIndex((text) => !isOpen(text) && (!inRange(text, 300, 599) || text === '499'));
	const word = codes[argument];
	if (word === undefined) return undefined;
	const swapped = orderOf(args);
	return {
		argument,
		text:
			swapped === undefined
				? `error_page takes status codes from 300 to 599 but 499, not "${word}"`
				: 'error_page takes the codes first, then the =, then where to go',
		...(swapped && { right: swapped }),
	};
};

/** The order in which the words of an `error_page` with one `=` and one place would be right; undefined when there is none. */
function orderOf(args: readonly string[]): readonly number[] | undefined {
	const indexes = [...args.keys()];
	const answers = indexes.filter((index) => /^=\d*$/.test(args[index] ?? ''));
	const places = indexes.filter((index) => /^[@/]/.test(args[index] ?? ''));
	const codes = indexes.filter((index) => inRange(args[index] ?? '', 300, 599));
	const isWhole = answers.length === 1 && places.length === 1 && codes.length > 0 && codes.length + 2 === args.length;
	return isWhole ? [...codes, ...answers, ...places] : undefined;
}

const expires: Check = (args) => {
	const last = args.length - 1;
	const text = args[last] ?? '';
	if (last === 1 && args[0] !== 'modified')
		return { argument: 0, text: `expires takes nothing but modified before its time, not "${args[0]}"` };
	const time = text.replace(/^[@+-]/, '');
	if (isOpen(text) || /^(?:epoch|max|off)$/.test(text) || isSeconds(time)) return undefined;
	return { argument: last, text: `expires takes ${SECONDS}, off, epoch or max, not "${text}"` };
};

const accessLog: Check = (args, version, name) => {
	if (args[0] === 'off' && args.length > 1) return { argument: 1, text: 'access_log off takes nothing more', right: [0] };
	return parameters(2, {
		'buffer=': ['a size such as 32k', (text) => (parseSize(text) ?? 0) > 0],
		'flush=': [TIME, (text) => (parseTime(text) ?? 0) > 0],
		'gzip=': ['a level from 1 to 9', (text) => inRange(text, 1, 9)],
	})(args, version, name);
};

const METHODS: ReadonlySet<string> = new Set(
	'GET HEAD POST PUT DELETE MKCOL COPY MOVE OPTIONS PROPFIND PROPPATCH LOCK UNLOCK PATCH TRACE CONNECT'.split(' '),
);

const bind = first(
	(args, _, name) =>
		/^[A-Za-z_-]+$/.test(args[0] ?? '') && args[0] !== 'off'
			? { argument: 0, text: `${name} takes an address in numbers, or off, not "${args[0]}"` }
			: undefined,
	each('nothing but transparent behind the address', (text) => text === 'transparent', { from: 1 }),
);

/** `off` is the one word that some directives take where they else take two. */
const alone =
	(...words: readonly string[]): Check =>
	(args, _, name) =>
		args.length === 1 && !words.includes(args[0] ?? '')
			? { argument: 0, text: `${name} takes two words, or ${words.join(' or ')}, and not "${args[0]}" alone` }
			: undefined;

const limitRate: Check = (args, version, name) => {
	const [text = ''] = args;
	if (isOpen(text))
		return /_limit_rate$/.test(name) && version !== undefined && !isAtLeast(version, '1.27.0')
			? { argument: 0, text: `before nginx 1.27.0 ${name} takes a size such as 100k and no variable` }
			: undefined;
	return parseSize(text) === undefined ? { argument: 0, text: `${name} takes a size such as 100k, not "${text}"` } : undefined;
};

const resolver: Check = (args, version, name) => {
	const family = args.findIndex((text) => text.startsWith('ipv4='));
	if (family !== -1 && version !== undefined && !isAtLeast(version, '1.23.1'))
		return { argument: family, text: 'before nginx 1.23.1 resolver knows no ipv4=' };
	const isSwitch = (text: string): boolean => text === 'on' || text === 'off';
	return parameters(0, {
		'valid=': [SECONDS, isSeconds],
		'ipv4=': ['on or off', isSwitch],
		'ipv6=': ['on or off', isSwitch],
	})(args, version, name);
};

const rewriteFlag = each(
	'last, break, redirect or permanent as its third word',
	(text) => /^(?:last|break|redirect|permanent)$/.test(text),
	{
		from: 2,
		mend: (text) => (text === '301' ? 'permanent' : text === '302' ? 'redirect' : bare(text).toLowerCase()),
	},
);

const always = each('nothing but always as its third word', (text) => text === 'always', {
	from: 2,
	mend: (text) => bare(text).toLowerCase(),
});

const UPSTREAM_MODULES = ['proxy', 'fastcgi', 'uwsgi', 'scgi'];

function forAll(
	suffix: string,
	check: Check,
	modules: readonly string[] = UPSTREAM_MODULES,
): readonly (readonly [string, Check])[] {
	return modules.map((module) => [`${module}_${suffix}`, check] as const);
}

const CHECKS: ReadonlyMap<string, Check> = new Map([
	['return', returns],
	['error_page', errorPage],
	['rewrite', rewriteFlag],
	['allow', addresses],
	['deny', addresses],
	['worker_connections', each('a whole number', isNumber, { mend: bare })],
	[
		'worker_processes',
		each('a whole number or auto', (text) => text === 'auto' || isNumber(text), { mend: (text) => bare(text).toLowerCase() }),
	],
	[
		'use',
		each('the name of a method such as epoll', (text) =>
			/^(?:epoll|kqueue|select|poll|eventport|iocp|\/dev\/poll|io_uring)$/.test(text),
		),
	],
	[
		'error_log',
		each('a level such as warn or error behind the file', (text) => LEVELS.has(text), {
			from: 1,
			mend: (text) => LEVELS_OTHERWISE.get(text.toLowerCase()) ?? bare(text).toLowerCase(),
		}),
	],
	[
		'keepalive_timeout',
		first(each(TIME, isTime, { to: 0, mend: bare }), each(`${SECONDS} as its second word`, isSeconds, { from: 1, mend: bare })),
	],
	[
		'keepalive',
		first(
			each('a whole number', isNumber, { to: 0, mend: bare }),
			each('nothing but local as its second word', (text) => text === 'local', { from: 1 }),
		),
	],
	[
		'limit_req_zone',
		first(
			only(1, ['zone=', 'rate=', 'sync']),
			needs('zone=', 'zone=NAME:SIZE'),
			parameters(1, {
				'zone=': ZONE,
				'rate=': ['a rate such as 10r/s or 30r/m', (text) => isPositive(text.replace(/r\/[sm]$/, ''))],
			}),
		),
	],
	['limit_conn_zone', first(only(1, ['zone=']), needs('zone=', 'zone=NAME:SIZE'), parameters(1, { 'zone=': ZONE }))],
	[
		'limit_req',
		first(
			only(0, ['zone=', 'burst=', 'delay=', 'nodelay']),
			needs('zone=', 'zone=NAME'),
			parameters(0, { 'burst=': ['a whole number from 1 on', isPositive], 'delay=': ['a whole number from 1 on', isPositive] }),
		),
	],
	['access_log', accessLog],
	[
		'ssl_session_cache',
		each(
			'off, none, builtin, builtin:SIZE or shared:NAME:SIZE with 32k or more',
			(text) =>
				/^(?:off|none|builtin)$/.test(text) ||
				(text.startsWith('builtin:') && isNumber(text.slice(8))) ||
				(text.startsWith('shared:') && isZone(LEAST_ZONE)(text.slice(7))),
		),
	],
	['proxy_redirect', alone('off', 'default')],
	['proxy_cookie_path', alone('off')],
	['proxy_cookie_domain', alone('off')],
	['expires', expires],
	[
		'open_file_cache',
		each(
			'off, or max=NUMBER and inactive=TIME',
			(text) =>
				text === 'off' ||
				(text.startsWith('max=') && isPositive(text.slice(4))) ||
				(text.startsWith('inactive=') && isSeconds(text.slice(9))),
		),
	],
	['gzip_comp_level', each('a number from 1 to 9', (text) => inRange(text, 1, 9))],
	['limit_except', each('methods of HTTP', (text) => METHODS.has(text.toUpperCase()), { mend: bare })],
	['limit_rate', limitRate],
	['limit_rate_after', limitRate],
	['add_header', always],
	['add_trailer', always],
	['resolver', resolver],
	...['gzip_buffers', 'output_buffers', 'large_client_header_buffers'].map((name) => [name, buffers] as const),
	...forAll('buffers', buffers),
	...forAll('cache_path', cachePath),
	...forAll('cache_valid', cacheValid),
	...forAll('limit_rate', limitRate),
	...forAll('bind', bind, [...UPSTREAM_MODULES, 'grpc', 'memcached']),
]);
