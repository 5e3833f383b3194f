import { effectiveValue } from '../config/effective.ts';
import { isExpression, isPrefix, type LocationMatch, locationMatch, locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { compileRegex } from '../config/regex.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { shortestMatch } from '../routes/examplePath.ts';
import type { Route } from '../routes/route.ts';
import { createJumps, type Jumps, mayLeadTo } from './jumps.ts';
import { type Cure, defineRule, placeOfArgument } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'location-unmatchable',
	summary: 'A WebSocket location is written so that no request, or hardly one, gets to it.',
	severity: 'error',
	why: `A location is compared with the path of the request alone: decoded, with \`..\` and double slashes resolved, and without the query. A
prefix is plain text: signs of regular expressions and wildcards stand for themselves in it, and variables are not replaced. nginx takes
whatever is written and never says that nothing matches: the handshake goes to another location, or gets 404.`,
	remedy: 'Write the path as it begins, with its first slash: `location /ws`; a regular expression behind `~`.',
	ignore: 'Clients really ask for a path with those signs in it.',
	rows: ['DU8', 'RT6'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#location',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#merge_slashes',
	],
	examples: [
		example('no slash in front', 'ws', '/ws'),
		example('the query is no part of it', '/ws?token=abc', '/ws', '/ws?token=abc'),
		example('signs of a regular expression in a prefix', '/ws(.*)$', '~ ^/ws(.*)$', '/ws/room'),
		example('a wildcard in a prefix', '/ws/*', '/ws/', '/ws/room'),
	],
	*check(context) {
		const jumps = createJumps();
		for (const route of context.routes) {
			const { match } = route;
			const at = match === undefined ? undefined : route.at.node.args[match.argument];
			if (match === undefined || at === undefined || match.kind === 'named' || route.location.byName.has('internal')) continue;
			const problem = problemOf(match, route, context.version);
			if (problem === undefined || mayBeLedTo(route.server, match, jumps)) continue;
			const { advice } = problem;
			const about = aboutRoute(route);
			yield {
				...about,
				severity: problem.isCertain ? about.severity : 'warning',
				at: placeOfArgument(route.at, match.argument),
				message: `${problem.text}, so ${problem.isCertain ? 'no ordinary request gets' : 'hardly a request gets'} to ${locationTitle(route.at)}. ${
					advice ?? `Write \`location ${problem.fix ?? ''}\``
				}.`,
				cures: () => curesOf(route, problem.fix),
			};
		}
	},
});

interface Problem {
	/** What is wrong, as a clause. */
	readonly text: string;
	readonly isCertain: boolean;
	/** The arguments of the location, as they are to be written. */
	readonly fix?: string | undefined;
	/** What to do where there is no fix. */
	readonly advice?: string | undefined;
}

function problemOf(match: LocationMatch, { server }: Route, version: NginxVersion): Problem | undefined {
	const { kind, pattern } = match;
	if (isPlaceholder(pattern)) return undefined;
	if (isExpression(kind)) return expressionProblem(kind, pattern);
	if (kind === 'named' || pattern === '') return undefined;
	const sign = kind === 'exact' ? '= ' : kind === 'prefix-first' ? '^~ ' : '';
	const written = (path: string): string => `${sign}${quoted(path)}`;
	if (!pattern.startsWith('/')) return unrootedProblem(kind, pattern, written);

	const query = /\?(?=[\w%-]*(?:=|&|$))/.exec(pattern);
	if (query !== null && /^\?\w/.test(pattern.slice(query.index)))
		return {
			text: 'A location is compared with the path alone, never with the query',
			isCertain: true,
			fix: written(pattern.slice(0, query.index)),
		};
	if (pattern.includes('?')) return { ...signs(pattern), isCertain: true };
	const fragment = pattern.indexOf('#');
	if (fragment >= 0)
		return fragment > 1
			? { text: 'Clients keep to themselves what stands behind #', isCertain: true, fix: written(pattern.slice(0, fragment)) }
			: {
					text: 'Clients keep to themselves what stands behind #',
					isCertain: true,
					advice: 'Write the path that the client asks for',
				};
	if (/%[0-9a-f]{2}/i.test(pattern))
		return {
			text: 'A location is compared with the decoded path, and % stands for itself in it',
			isCertain: true,
			...decoded(pattern, written),
		};
	if (pattern.includes('//') && mergesSlashes(server, version))
		return {
			text: 'nginx makes one slash of several before it looks for a location',
			isCertain: true,
			fix: written(pattern.replace(/\/{2,}/g, '/')),
		};
	if (/\/\.\.?(?:\/|$)/.test(pattern))
		return { text: 'nginx resolves . and .. before it looks for a location', isCertain: true, fix: written(resolved(pattern)) };

	const wildcard = /^([^*$()|^[\]\\{}]*[^*$()|^[\]\\{}.])\*+$/.exec(pattern)?.[1];
	if (wildcard !== undefined && kind !== 'exact')
		return {
			text: 'A prefix takes everything that begins with it, and * stands for itself in it',
			isCertain: false,
			fix: written(wildcard),
		};
	if (/^[\w./~-]+\$$/.test(pattern)) return { ...signs(pattern), isCertain: false, fix: written(pattern.slice(0, -1)) };
	return /\.[*+]|\*|\$|\([^)]*\)|\[[^\]]*\]|\\[.dws/]|\|/.test(pattern) ? { ...signs(pattern), isCertain: false } : undefined;
}

/** What an installer or a template replaces before nginx reads it: `${BASE_PATH}`, `SUBFOLDERws`, `__PATH__`, `@@path@@`, `%%path%%`. */
function isPlaceholder(pattern: string): boolean {
	return /^[A-Z][A-Z0-9_]{2}|\$\{|\$[A-Z]|__|@@|%%|\{\{|<\w/.test(pattern);
}

function unrootedProblem(kind: LocationMatch['kind'], pattern: string, written: (path: string) => string): Problem {
	const rest = /^(?:(?:https?|wss?):\/\/[^/]+|[\w-]+(?:\.[\w-]+)+(?::\d+)?)(\/[^?#]*)/i.exec(pattern)?.[1];
	if (rest !== undefined)
		return { text: 'A location is compared with the path alone, never with the host', isCertain: true, fix: written(rest) };
	if (pattern.startsWith('^/') && kind === 'prefix') return { ...signs(pattern.slice(1)), isCertain: true };
	const text = 'Every path begins with a slash';
	if (/^[\w.-]+(?:\/[\w.-]*)*$/.test(pattern)) return { text, isCertain: true, fix: written(`/${pattern}`) };
	if (pattern.startsWith('$'))
		return {
			text: 'nginx replaces no variables in a location, and every path begins with a slash',
			isCertain: true,
			advice: 'Write the path out',
		};
	return { text, isCertain: true, advice: 'Write the path as it begins, or a regular expression behind ~' };
}

/** Signs of regular expressions in a plain prefix. */
function signs(pattern: string): Pick<Problem, 'text' | 'fix' | 'advice'> {
	const variable = /\$\{?[a-z_]\w*/i.exec(pattern)?.[0];
	if (variable !== undefined)
		return {
			text: `nginx replaces no variables in a location, and ${variable} stands for itself`,
			advice: 'Write the path out, or a regular expression behind ~',
		};
	const text = 'This is plain text and no regular expression';
	// A star that repeats a slash or a letter is a wildcard, and means something else in an expression.
	const isExpression = !/(?:^|[^.)\]])\*/.test(pattern) && 'exec' in compileRegex(`^${pattern}`, false);
	return isExpression
		? { text, fix: `~ ${quoted(pattern.includes('|') ? `^(${pattern})` : `^${pattern}`)}` }
		: { text, advice: 'Write a regular expression behind ~, or the path as it begins' };
}

function expressionProblem(kind: 'regex' | 'regex-caseless', pattern: string): Problem | undefined {
	const sign = kind === 'regex' ? '~' : '~*';
	const shortest = shortestMatch(pattern, kind === 'regex-caseless');
	if (shortest === undefined) return undefined;
	const plain = pattern.replace(/\[[^\]]*\]/g, 'x');
	if (plain === pattern && plain.includes('\\?') && shortest.includes('?')) {
		const cut = pattern.slice(0, pattern.indexOf('\\?'));
		return {
			text: 'A location is compared with the path alone, never with the query',
			isCertain: true,
			...('exec' in compileRegex(cut, false) ? { fix: `${sign} ${quoted(cut)}` } : { advice: 'Leave the query out' }),
		};
	}
	if (/^\^\w(?![?*{])/.test(pattern) && !pattern.includes('://') && !shortest.startsWith('/'))
		return { text: 'Every path begins with a slash', isCertain: true, fix: `${sign} ${quoted(`^/${pattern.slice(1)}`)}` };
	return undefined;
}

/** True when a request may be sent here from within, with a path that no client asks for. */
function mayBeLedTo(server: Scope, match: LocationMatch, jumps: Jumps): boolean {
	return jumps.areHidden(server) || jumps.of(server).some((jump) => mayLeadTo(jump, match));
}

/** Whether double slashes are gone before a location is looked for; the setting of another server on the same address may count (docs: merge_slashes). */
function mergesSlashes(server: Scope, version: NginxVersion): boolean {
	const servers = server.parent?.byName.get('server')?.flatMap(({ body }) => body ?? []) ?? [server];
	return servers.every((one) => effectiveValue(one, 'merge_slashes', version) === 'on');
}

function decoded(pattern: string, written: (path: string) => string): Pick<Problem, 'fix' | 'advice'> {
	try {
		const path = decodeURIComponent(pattern);
		return /[\p{Cc}"'\\$;{}?#]/u.test(path) ? { advice: 'Write it decoded' } : { fix: written(path) };
	} catch {
		return { advice: 'Write it decoded' };
	}
}

function resolved(pattern: string): string {
	const parts: string[] = [];
	const all = pattern.slice(1).split('/');
	for (const part of all) {
		if (part === '..') parts.pop();
		else if (part !== '.') parts.push(part);
	}
	return `/${parts.join('/')}${/^\.\.?$/.test(all.at(-1) ?? '') && parts.length > 0 ? '/' : ''}`;
}

/** A word of nginx's: in quotes where it has to be. */
function quoted(word: string): string {
	return /[\s;{}'"]/.test(word) ? `"${word.replace(/"/g, '\\"')}"` : word;
}

function curesOf(route: Route, fix: string | undefined): readonly Cure[] {
	const [first] = route.at.node.args;
	const last = route.at.node.args.at(-1);
	if (fix === undefined || first === undefined || last === undefined || isThere(fix, route.at)) return [];
	const edits = [{ path: route.at.file.path, span: { start: first.span.start, end: last.span.end }, text: fix }];
	return [{ title: `Write location ${fix}`, preferred: true, changes: 'takes', edits }];
}

/** nginx refuses a second location of the same name (DU3). */
function isThere(fix: string, at: PlacedDirective): boolean {
	const [sign, path] =
		fix.includes(' ') && !fix.startsWith('"') ? [fix.slice(0, fix.indexOf(' ')), fix.slice(fix.indexOf(' ') + 1)] : ['', fix];
	return (at.scope.byName.get('location') ?? []).some((placed) => {
		const other = placed === at ? undefined : locationMatch(placed);
		if (other === undefined || quoted(other.pattern) !== path) return false;
		return sign === '=' ? other.kind === 'exact' : (sign === '' || sign === '^~') && isPrefix(other.kind);
	});
}

function example(title: string, bad: string, good: string, path = '/ws') {
	const text = (location: string): string => `server {
	listen 8080;
	location ${location} {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`;
	return { title, within: 'http' as const, path, bad: text(`«${bad}»`), good: text(good), proof: { bad: 404 } };
}
