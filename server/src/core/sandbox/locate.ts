import type { Configuration, Place, PlacedDirective, Scope } from '../config/model.ts';
import { baseName } from '../config/paths.ts';
import { placeOf } from './plan.ts';
import type { NginxProblem } from './result.ts';

/**
 * The file of the configuration that nginx means by a path: the same, else the one whose path ends alike (a copy of /etc/nginx in a
 * workspace), by most of its folders.
 */
export function fileNamed(path: string, configuration: Configuration): string | undefined {
	if (configuration.files.has(path)) return path;
	const name = baseName(path);
	let best: string | undefined;
	let length = 0;
	for (const known of configuration.files.keys()) {
		if (baseName(known) !== name) continue;
		const shared = sharedEnd(known, path);
		if (shared > length) {
			best = known;
			length = shared;
		}
	}
	return best;
}

function sharedEnd(one: string, other: string): number {
	const a = one.split('/');
	const b = other.split('/');
	let count = 0;
	while (count < Math.min(a.length, b.length) && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
	return count;
}

/** Where a problem that nginx reports is to be shown: its line, else the directive that it speaks of, else the top of the main file. */
export function placeOfProblem(problem: NginxProblem, configuration: Configuration): Place {
	const { main, files } = configuration;
	const file = problem.path === undefined ? undefined : files.get(problem.path);
	if (file !== undefined && problem.line !== undefined) {
		const { source } = file.tree;
		const start = source.lineStarts[Math.min(problem.line, source.lineStarts.length) - 1] ?? 0;
		const next = source.lineStarts[problem.line] ?? source.text.length;
		const text = source.text.slice(start, next).trimEnd();
		const indent = text.length - text.trimStart().length;
		return { path: file.path, span: { start: start + indent, end: start + Math.max(text.length, indent) } };
	}
	const spoken = spokenOf(problem.message, configuration);
	return spoken === undefined
		? { path: main.path, span: { start: 0, end: firstLineEnd(main.tree.source.text) } }
		: placeOf(spoken).at;
}

/** The directive that a message without a line is about: a `listen` that cannot be bound, a variable, a path or a name in quotes. */
function spokenOf(message: string, { root }: Configuration): PlacedDirective | undefined {
	const bind = /bind\(\) to (\S+) failed/.exec(message)?.[1];
	if (bind !== undefined) {
		const port = /:(\d+)$/.exec(bind)?.[1];
		return find(
			root,
			({ node }) =>
				node.name.value === 'listen' &&
				(node.args[0]?.value === bind || (port !== undefined && new RegExp(`(?:^|:)${port}$`).test(node.args[0]?.value ?? ''))),
		);
	}
	const variable = /unknown "([^"]+)" variable/.exec(message)?.[1];
	if (variable !== undefined) {
		const use = new RegExp(`\\$\\{?${variable}(?![a-z0-9_])`, 'i');
		return find(root, ({ node }) => node.args.some(({ value }) => use.test(value)));
	}
	for (const [, quoted = ''] of message.matchAll(/"([^"]+)"/g)) {
		const found =
			find(root, ({ node }) => node.args.some(({ value }) => value === quoted)) ??
			find(
				root,
				({ node }) =>
					node.name.value !== 'include' && node.args.some(({ value }) => value.length > 1 && quoted.endsWith(`/${value}`)),
			) ??
			find(root, ({ node }) => node.name.value === quoted);
		if (found !== undefined) return found;
	}
	return undefined;
}

function find(scope: Scope, wanted: (placed: PlacedDirective) => boolean): PlacedDirective | undefined {
	for (const placed of scope.directives) {
		if (wanted(placed)) return placed;
		const inside = placed.body && find(placed.body, wanted);
		if (inside !== undefined) return inside;
	}
	return undefined;
}

function firstLineEnd(text: string): number {
	const end = text.indexOf('\n');
	return end === -1 ? text.length : end;
}
