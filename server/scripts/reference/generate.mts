import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Directive, Format, getDirectives, getVariables } from '@nginx/reference-lib';
import type { Command } from './commands.mts';
import { earlierOf, sinceOf, untilOf } from './history.mts';
import { besideTwins, firstParagraphs } from './texts.mts';

/*
 * Writes the directive reference: what nginx's documentation says of each directive (@nginx/reference-lib), corrected by what real nginx
 * of several generations takes (measured.generated.json, written by measure.mts). Prints where the two disagree.
 */

type Facts = Omit<Command, 'name'>;
const measured = JSON.parse(
	readFileSync(fileURLToPath(new URL('measured.generated.json', import.meta.url)), 'utf8'),
) as Readonly<{ versions: readonly string[]; directives: Readonly<Record<string, Readonly<Record<string, readonly Facts[]>>>> }>;
/** measure.mts knows counts up to this many arguments; a directive that takes as many takes any number. */
const MOST_MEASURED = 8;
const MEASURED_CONTEXTS: ReadonlySet<string> = new Set(
	Object.values(measured.directives.include ?? {}).flatMap((list) => list.flatMap(({ contexts }) => contexts)),
);

/** What is not said of every directive; the names are short because they are shipped. */
interface More {
	/** The kind of its value. */
	kind?: string;
	words?: readonly string[];
	/** 1: a second line on the same level is refused. */
	once?: 1;
	/** The first version that has it here; the first that has it no more. */
	since?: string;
	until?: string;
	/** What older versions took: the first that does not, fewest and most arguments, words. */
	earlier?: readonly [string, number, number, (readonly string[])?];
	/** 1: no nginx with its module was measured. */
	unmeasured?: 1;
}
/** contexts, opens a block, fewest arguments, most (-1: any number), module, syntax, default, more. */
type Row = [string[], 0 | 1, number, number, string, readonly string[], string, More?];

const documented = new Map<string, Directive[]>();
for (const found of getDirectives(Format.Markdown)) {
	// The page of the core has a title instead of a module's name.
	const directive = found.module === 'Core functionality' ? { ...found, module: 'ngx_core_module' } : found;
	const list = documented.get(directive.name) ?? [];
	list.push(directive);
	documented.set(directive.name, list);
}
const disagreements: string[] = [];
const names = [...new Set([...documented.keys(), ...Object.keys(measured.directives)])].sort();
const table: Record<string, Row[]> = {};
for (const name of names) {
	const rows = [...measuredRows(name), ...documentedRows(name)];
	if (rows.length > 0) table[name] = rows;
}
write('directives.generated.json', table);

const texts = new Map<string, string>();
for (const [name, directives] of documented)
	for (const { module, description } of directives) {
		const key = `${module} ${name}`;
		const text = firstParagraphs(description);
		if (text !== '' && !texts.has(key)) texts.set(key, text);
	}
write('texts.generated.json', {
	directives: Object.fromEntries([...texts].sort(([a], [b]) => besideTwins(a, b))),
	variables: Object.fromEntries(
		getVariables(Format.Markdown)
			.map(({ name, description }): [string, string] => [
				name.replace(/^\$/, '').replace(/NAME$/, '').toLowerCase(),
				firstParagraphs(description),
			])
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	),
});
for (const line of disagreements) console.log(line);

function write(name: string, value: unknown): void {
	writeFileSync(fileURLToPath(new URL(`../../src/core/reference/${name}`, import.meta.url)), `${JSON.stringify(value)}\n`);
}

/** What the measured versions take, newest first in doubt; contexts that share everything together. */
function measuredRows(name: string): Row[] {
	const rows = new Map<string, Row>();
	for (const context of MEASURED_CONTEXTS) {
		const history = measured.versions.map((version) =>
			measured.directives[name]?.[version]?.find(({ contexts }) => contexts.includes(context)),
		);
		const newest = history.findLast((facts) => facts !== undefined);
		if (newest === undefined) continue;
		const doc = documentationOf(name, context);
		const more: More = {};
		const { since, until } = {
			since: sinceOf(name, context, history, measured.versions),
			until: untilOf(name, history, measured.versions),
		};
		if (since !== undefined) more.since = since;
		if (until !== undefined) more.until = until;
		const earlier = earlierOf(name, history, measured.versions);
		const present = history.filter((facts) => facts !== undefined);
		const kind = present.every(({ value }) => value === newest.value) ? newest.value : undefined;
		if (kind !== undefined) more.kind = kind;
		if (newest.words !== undefined && kind !== undefined) more.words = newest.words;
		if (present.every(({ once }) => once === true)) more.once = 1;
		const [min, max] = bounds(name, newest.counts);
		if (earlier !== undefined)
			more.earlier = [
				earlier.before,
				...bounds(name, earlier.counts),
				...(earlier.words === undefined ? [] : [earlier.words]),
			] as More['earlier'] & object;
		const row: Row = [[context], newest.block ? 1 : 0, min, max, doc?.module ?? '', doc?.syntax ?? [], doc?.default ?? ''];
		if (Object.keys(more).length > 0) row.push(more);
		const key = JSON.stringify(row.slice(1));
		const same = rows.get(key);
		if (same === undefined) rows.set(key, row);
		else same[0].push(context);
		if (doc !== undefined && !contextsOf(doc).includes(context))
			disagreements.push(`${name}: nginx takes it in "${context}", the documentation does not say so`);
	}
	return [...rows.values()];
}

/** What only the documentation knows: directives of modules that were not measured, and contexts of modules apart. */
function documentedRows(name: string): Row[] {
	const isMeasured = measured.directives[name] !== undefined;
	const rows: Row[] = [];
	for (const directive of documented.get(name) ?? []) {
		const all = contextsOf(directive);
		const contexts = isMeasured ? all.filter((context) => !MEASURED_CONTEXTS.has(context)) : all;
		if (isMeasured)
			for (const context of all)
				if (MEASURED_CONTEXTS.has(context) && !takenSomewhere(name, context))
					disagreements.push(
						`${name}: the documentation of ${directive.module} has it in "${context}", no measured nginx takes it there`,
					);
		if (contexts.length === 0) continue;
		const since = sinceOf(name, contexts[0] ?? '', [], []);
		const twin = measured.directives[name]?.[measured.versions.at(-1) ?? '']?.find(({ block }) => block === directive.isBlock);
		const [min, max] = twin === undefined ? [0, -1] : bounds(name, twin.counts);
		rows.push([
			[...contexts],
			directive.isBlock ? 1 : 0,
			min,
			max,
			directive.module,
			directive.syntax,
			directive.default,
			since === undefined ? { unmeasured: 1 } : { since, unmeasured: 1 },
		]);
	}
	return rows;
}

function takenSomewhere(name: string, context: string): boolean {
	return Object.values(measured.directives[name] ?? {}).some((list) => list.some(({ contexts }) => contexts.includes(context)));
}

/** The definition that documents a name in a context: the one that names the context, else one of the same side. */
function documentationOf(name: string, context: string): Directive | undefined {
	const list = documented.get(name) ?? [];
	return (
		list.find((directive) => contextsOf(directive).includes(context)) ??
		list.find(({ module }) => sideOf(module) === /^(?:stream|mail)/.exec(context)?.[0]) ??
		list.find(({ module }) => !/^ngx_(?:stream|mail)/.test(module) && !/^(?:stream|mail)/.test(context))
	);
}

function bounds(name: string, counts: readonly number[]): [number, number] {
	const min = counts[0] ?? 0;
	const max = counts.at(-1) ?? 0;
	if (counts.length !== max - min + 1) throw new Error(`${name} takes ${counts.join(', ')} arguments: a range cannot say so.`);
	return [min, max === MOST_MEASURED ? -1 : max];
}

function sideOf(module: string): 'stream' | 'mail' | undefined {
	return module.startsWith('ngx_stream') ? 'stream' : module.startsWith('ngx_mail') ? 'mail' : undefined;
}

/** The documentation's contexts under our names; the same word means another place in stream and mail modules. */
function contextsOf({ contexts, module }: Directive): readonly string[] {
	const side = sideOf(module);
	return contexts.flatMap((context) => {
		if (context === 'if') return side === undefined ? ['if in server', 'if in location'] : [];
		if (context === '') return [...MEASURED_CONTEXTS];
		return side !== undefined && (context === 'server' || context === 'upstream') ? [`${side} ${context}`] : [context];
	});
}
