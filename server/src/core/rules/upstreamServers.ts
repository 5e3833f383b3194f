import { distance } from 'fastest-levenshtein';
import { addressFaultText, isOpenAddress, readAddress } from '../config/address.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { parseNumber, parseTime } from '../reference/values.ts';
import { isAtLeast, type NginxVersion } from '../reference/versions.ts';
import { removeWord, replaceArgument } from './cures/editing.ts';
import { type Cure, type Edit, placeOf, placeOfArgument, type Report } from './rule.ts';

/** Directives that bring no servers along; another one, a third-party module's, may. */
const BRINGS_NONE: ReadonlySet<string> = new Set([
	'ip_hash',
	'least_conn',
	'hash',
	'random',
	'zone',
	'keepalive',
	'keepalive_requests',
	'keepalive_time',
	'keepalive_timeout',
	'include',
	'server',
]);

/** Methods that nginx refuses a later `backup` with (UP4; run on 1.22, 1.26 and 1.30). */
const WITHOUT_BACKUP: ReadonlySet<string> = new Set(['ip_hash', 'hash', 'random']);

/** What nginx refuses in the body of one upstream, of http or of stream (semantics UP4, UP16). */
export function* refusedInUpstream(upstream: PlacedDirective, version: NginxVersion): Generator<Report> {
	const { body } = upstream;
	const isHttp = upstream.scope.context !== 'stream';
	if (body === undefined || upstream.node.block?.closed !== true || upstream.file.tree.template) return;
	const servers = body.byName.get('server') ?? [];
	const isKnown = body.unresolved.length === 0 && body.directives.every(({ node }) => BRINGS_NONE.has(node.name.value));
	if (isKnown) yield* emptiness(upstream, body);
	if (isKnown) yield* backups(body);
	for (const server of servers) {
		if (server.file.tree.template || server.node.end === 'missing' || server.node.block !== undefined) continue;
		yield* refusedAddress(server, isHttp);
		yield* refusedParameters(server, version);
		if (isHttp && isKnown && isAtLeast(version, '1.27.3')) yield* resolvedWithout(server, body);
	}
	for (const line of isHttp ? (body.byName.get('keepalive') ?? []) : [])
		if (/^0+$/.test(line.node.args[0]?.value ?? '') && !isAtLeast(version, '1.29.7'))
			yield {
				severity: 'error',
				at: placeOf(line),
				message: `nginx before 1.29.7 refuses to start with keepalive 0. Leave the line out: without it connections are not kept.`,
				versions: { before: '1.29.7' },
			};
}

function* emptiness(upstream: PlacedDirective, body: Scope): Generator<Report> {
	const servers = body.byName.get('server') ?? [];
	const name = upstream.node.args[0]?.value;
	const [include] = body.byName.get('include') ?? [];
	if (servers.length === 0)
		yield include === undefined
			? {
					severity: 'error',
					at: placeOf(upstream),
					message: `nginx refuses to start: no server stands in upstream "${name}". Write \`server host:port;\` in it.`,
				}
			: {
					severity: 'warning',
					at: placeOf(upstream),
					message: `nginx refuses to start as long as no file matches ${include.node.args[0]?.value}: no server stands in upstream "${name}". Write \`server host:port;\` in such a file.`,
				};
	else if (servers.every(({ node }) => words(node).includes('backup') && !words(node).includes('resolve')))
		yield {
			severity: 'error',
			at: placeOf(upstream),
			message: `nginx refuses to start: upstream "${name}" has only backup servers ("no servers in upstream"). Take \`backup\` off one of them.`,
		};
}

function words(node: PlacedDirective['node']): readonly string[] {
	return node.args.slice(1).map(({ value }) => value);
}

/** `backup` behind a method that has no use for it; the last method before the line counts. */
function* backups(body: Scope): Generator<Report> {
	let method: PlacedDirective | undefined;
	for (const line of body.directives) {
		const name = line.node.name.value;
		if (name === 'least_conn') method = undefined;
		else if (WITHOUT_BACKUP.has(name)) method = line;
		const index = name === 'server' && method !== undefined ? line.node.args.findIndex(({ value }) => value === 'backup') : -1;
		const word = line.node.args[index];
		if (index < 1 || word === undefined || method === undefined || line.file.tree.template) continue;
		yield {
			severity: 'error',
			at: placeOfArgument(line, index),
			related: [{ ...placeOf(method), message: 'the method' }],
			message: `nginx refuses to start: ${method.node.name.value} has no use for backup servers ("balancing method does not support parameter"). Take \`backup\` away, or the method.`,
			cures: () => [{ title: 'Take backup away', preferred: false, edits: [removeWord(line, word)] }],
		};
	}
}

function* refusedAddress(server: PlacedDirective, isHttp: boolean): Generator<Report> {
	const text = server.node.args[0]?.value ?? '';
	if (server.node.args.length === 0 || isOpenAddress(text)) return;
	const [, scheme, host, path] = /^([a-z][a-z0-9+.-]*:\/\/)?([^/]*)(\/.*)?$/i.exec(text) ?? [];
	const isUrl = !/^unix:/i.test(text) && (scheme !== undefined || path !== undefined);
	const { fault, port, host: name } = readAddress(text, 'server');
	const at = placeOfArgument(server, 0);
	if (/^\/.+[^/]$/.test(text))
		yield {
			severity: 'error',
			at,
			message: `nginx refuses to start: without "unix:" it takes "${text}" for a host and a path. Write \`server unix:${text};\`.`,
			cures: () => cure(`Write unix:${text}`, true, replaceArgument(server, 0, `unix:${text}`)),
		};
	else if (isUrl) {
		const plain = host !== undefined && /^(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?$/i.test(host);
		yield {
			severity: 'error',
			at,
			message: `nginx refuses to start: a server of an upstream is a host and a port, and "${text}" has ${scheme === undefined ? 'a path' : 'a scheme'} as well. Write ${plain ? `\`server ${host};\`` : 'the host and the port alone'}; scheme and path belong to proxy_pass.`,
			cures: () =>
				plain
					? cure('Leave host and port', /^https:/i.test(text) ? false : (path ?? '/') === '/', replaceArgument(server, 0, host))
					: [],
		};
	} else if (fault !== undefined)
		yield {
			severity: 'error',
			at,
			message: `nginx refuses to start: ${addressFaultText(fault, text)}. Write \`server host:port;\`.`,
		};
	else if (!isHttp && port === undefined && !/^unix:/i.test(text))
		yield {
			severity: 'error',
			at,
			message: `nginx refuses to start with no port in upstream "${text}": a server of stream has no port by default. Write \`server ${name}:PORT;\`.`,
		};
}

const isCount = (text: string): boolean => parseNumber(text) !== undefined;

/** The parameters of `server` and what they take (docs: ngx_http_upstream_module, server). */
const PARAMETERS: ReadonlyMap<string, ((value: string) => boolean) | undefined> = new Map<
	string,
	((value: string) => boolean) | undefined
>([
	['weight=', (text) => (parseNumber(text) ?? 0) > 0],
	['max_conns=', isCount],
	['max_fails=', isCount],
	['fail_timeout=', (text) => parseTime(text, 'seconds') !== undefined],
	['backup', undefined],
	['down', undefined],
]);

/** Parameters of nginx Plus, of later versions and of relatives of nginx. */
const OF_OTHERS: ReadonlySet<string> = new Set(['resolve', 'service=', 'route=', 'slow_start=', 'drain', 'id=', 'sid=']);

/** Those that nginx took over from nginx Plus, and when. */
const SINCE: ReadonlyMap<string, string> = new Map([
	['resolve', '1.27.3'],
	['service=', '1.27.3'],
]);

/** A name that is resolved again and again is kept in memory that all workers share (docs: ngx_http_upstream_module, resolve). */
function* resolvedWithout(server: PlacedDirective, body: Scope): Generator<Report> {
	const index = server.node.args.findIndex(({ value }, at) => at > 0 && value === 'resolve');
	// An address needs no resolving.
	if (index === -1 || body.byName.has('zone') || /^(?:unix:|\[|[\d.]+(?::|$))/i.test(server.node.args[0]?.value ?? '')) return;
	yield {
		severity: 'error',
		at: placeOfArgument(server, index),
		message: `nginx refuses to start: a server with \`resolve\` needs its upstream in shared memory. Write \`zone NAME 64k;\` in the upstream.`,
		versions: { from: '1.27.3' },
	};
}

function* refusedParameters(server: PlacedDirective, version: NginxVersion): Generator<Report> {
	for (const [index, { value }] of server.node.args.entries()) {
		if (index === 0 || isOpenAddress(value)) continue;
		const [, name = '', rest = ''] = /^([^=]*=?)(.*)$/s.exec(value) ?? [];
		const takes = PARAMETERS.get(name);
		if (PARAMETERS.has(name) && (takes === undefined ? rest === '' : takes(rest))) continue;
		if (OF_OTHERS.has(name)) {
			const since = SINCE.get(name);
			if (since !== undefined && !isAtLeast(version, since))
				yield {
					severity: 'information',
					at: placeOfArgument(server, index),
					message: `Only nginx Plus knows ${name} before ${since}; any other nginx refuses to start with it. Leave it out, or ask for the name with \`set $backend\` and a resolver.`,
					versions: { before: since },
				};
			continue;
		}
		const meant = PARAMETERS.has(name) ? undefined : nearest(name);
		const advice =
			meant !== undefined
				? ` Write \`${meant}${rest}\`.`
				: PARAMETERS.has(name)
					? ` ${name === 'weight=' ? 'It takes a whole number from 1 on' : name === 'fail_timeout=' ? 'It takes a time such as 10s' : 'It takes a whole number'}.`
					: /:\d+$/.test(value)
						? ' Give each server a line of its own.'
						: ' Leave it out.';
		yield {
			severity: 'error',
			at: placeOfArgument(server, index),
			message: `nginx refuses to start with invalid parameter "${value}" of server.${advice}`,
			cures: () =>
				meant === undefined ? [] : cure(`Write ${meant}${rest}`, true, replaceArgument(server, index, `${meant}${rest}`)),
		};
	}
}

/** The parameter that a misspelt one means: another case, or one letter away. Those of nginx's commercial version and its forks are far. */
function nearest(name: string): string | undefined {
	const lower = name.toLowerCase();
	return [...PARAMETERS.keys()].find((known) => known === lower || distance(known, lower) === 1);
}

function cure(title: string, preferred: boolean, edit: Edit | undefined): readonly Cure[] {
	return edit === undefined ? [] : [{ title, preferred, edits: [edit], changes: 'backend' as const }];
}
