import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Format, getDirectives, getVariables } from '@nginx/reference-lib';

/*
 * Writes the directive reference: what nginx's documentation says of each directive (@nginx/reference-lib), corrected by what real nginx
 * of several generations took (measured.json, written by measure.mts).
 */

interface Measured {
	readonly block: boolean;
	readonly counts: readonly number[];
}
type ByContext = Readonly<Record<string, Measured>>;

const measured = JSON.parse(readFileSync(fileURLToPath(new URL('measured.json', import.meta.url)), 'utf8')) as Readonly<
	Record<string, Readonly<Record<string, ByContext>>>
>;
/** measure.mts tries up to this many arguments; a directive that takes them all takes any number. */
const MOST_MEASURED = 8;

/** contexts, opens a block, fewest arguments, most (-1: any number), module, syntax, default. */
type Row = [string[], 0 | 1, number, number, string, string[], string];

const rows = new Map<string, Row[]>();
const texts = new Map<string, string>();
for (const directive of getDirectives(Format.Markdown)) {
	const documented = directive.contexts.flatMap((context) => contextsNamed(context, directive.module));
	const known = shapesOf(directive.name);
	const own = known.filter(
		({ contexts, block }) => block === directive.isBlock && contexts.some((context) => documented.includes(context)),
	);
	const list = rows.get(directive.name) ?? [];
	if (own.length > 0) {
		// The measured nginx has no stream and mail modules loaded: there the documentation's word stands.
		const unmeasured = documented.filter((context) => /^(?:stream|mail)/.test(context));
		for (const [index, shape] of own.entries()) {
			const contexts = shape.contexts.filter((context) => !/^(?:stream|mail)/.test(context));
			const all = index === 0 ? [...contexts, ...unmeasured] : contexts;
			if (all.length > 0)
				list.push([all, shape.block ? 1 : 0, shape.min, shape.max, directive.module, directive.syntax, directive.default]);
		}
	} else if (known.length === 0 || documented.some((context) => /^(?:stream|mail)/.test(context))) {
		const counts =
			directive.name === 'include'
				? { min: 1, max: 1 }
				: (known.find(({ block }) => block === directive.isBlock) ?? { min: 0, max: -1 });
		list.push([
			documented,
			directive.isBlock ? 1 : 0,
			counts.min,
			counts.max,
			directive.module,
			directive.syntax,
			directive.default,
		]);
	}
	rows.set(directive.name, list);
	const key = `${directive.module} ${directive.name}`;
	if (!texts.has(key)) texts.set(key, firstParagraphs(directive.description));
}

const sorted = Object.fromEntries([...rows].filter(([, list]) => list.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
write('directives.generated.json', sorted);
write('texts.generated.json', {
	directives: Object.fromEntries([...texts].sort(([a], [b]) => (a < b ? -1 : 1))),
	variables: Object.fromEntries(
		getVariables(Format.Markdown)
			.map(({ name, description }): [string, string] => [
				name.replace(/^\$/, '').replace(/NAME$/, '').toLowerCase(),
				firstParagraphs(description),
			])
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	),
});

function write(name: string, value: unknown): void {
	writeFileSync(fileURLToPath(new URL(`../../src/core/reference/${name}`, import.meta.url)), `${JSON.stringify(value)}\n`);
}

/** What nginx took, over all measured versions: contexts that share a shape together. */
function shapesOf(name: string): readonly { contexts: string[]; block: boolean; min: number; max: number }[] {
	const byContext = new Map<string, { block: boolean; counts: Set<number> }>();
	for (const version of Object.values(measured))
		for (const [context, { block, counts }] of Object.entries(version[name] ?? {})) {
			const known = byContext.get(context);
			if (known === undefined) byContext.set(context, { block, counts: new Set(counts) });
			else for (const count of counts) known.counts.add(count);
		}
	const shapes: { contexts: string[]; block: boolean; min: number; max: number }[] = [];
	for (const [context, { block, counts }] of byContext) {
		if (counts.size === 0) continue;
		const min = Math.min(...counts);
		const max = counts.has(MOST_MEASURED) ? -1 : Math.max(...counts);
		const same = shapes.find((shape) => shape.block === block && shape.min === min && shape.max === max);
		if (same === undefined) shapes.push({ contexts: [context], block, min, max });
		else same.contexts.push(context);
	}
	return shapes;
}

/** The documentation's contexts under our names; the same word means another place in stream and mail modules. */
function contextsNamed(context: string, module: string): readonly string[] {
	const side = module.startsWith('ngx_stream') ? 'stream' : module.startsWith('ngx_mail') ? 'mail' : 'http';
	if (context === 'if') return side === 'http' ? ['if in server', 'if in location'] : [];
	if (context === 'if in location') return ['if in location'];
	if (context === '')
		return [
			'main',
			'events',
			'http',
			'server',
			'location',
			'if in server',
			'if in location',
			'limit_except',
			'upstream',
			'stream',
			'stream server',
			'stream upstream',
			'mail',
			'mail server',
		];
	if (side !== 'http' && (context === 'server' || context === 'upstream')) return [`${side} ${context}`];
	return [context];
}

/** The first paragraphs, up to about four hundred characters. */
function firstParagraphs(markdown: string): string {
	let out = '';
	for (const paragraph of markdown.replace(/\r/g, '').split(/\n\s*\n/)) {
		const text = paragraph.replace(/\s*\n\s*/g, ' ').trim();
		if (out !== '' && out.length + text.length > 400) break;
		out += out === '' ? text : `\n\n${text}`;
		if (out.length > 300) break;
	}
	return out;
}
