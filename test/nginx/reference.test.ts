import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { type DirectiveProblem, directiveProblems } from '../../server/src/core/config/directiveProblems.ts';
import {
	type DirectiveDefinition,
	definitionsOf,
	directiveNames,
	type ReferenceContext,
} from '../../server/src/core/reference/directives.ts';
import { isValueOf, type ValueKind } from '../../server/src/core/reference/values.ts';
import type { NginxVersion } from '../../server/src/core/reference/versions.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { generations, nameOf } from '../support/nginx.ts';
import { forEachOfMany, NginxReader, type Stop } from '../support/syntaxVerdict.ts';

const SEED = 20_260_102;
/** Everything instead of a sample: minutes. */
const ALL = process.env.REFERENCE_ALL !== undefined;

/** Where a text may stand; each directive of it is on a line of its own. */
const PLACES: Readonly<Partial<Record<ReferenceContext, readonly [before: string, after: string]>>> = {
	main: ['', 'events {}'],
	events: ['events {', '}'],
	http: ['events {}\nhttp {', '}'],
	server: ['events {}\nhttp {\nserver {', '}}'],
	location: ['events {}\nhttp {\nserver {\nlocation /x {', '}}}'],
	'if in server': ['events {}\nhttp {\nserver {\nif ($arg_x) {', '}}}'],
	'if in location': ['events {}\nhttp {\nserver {\nlocation /x {\nif ($arg_x) {', '}}}}'],
	limit_except: ['events {}\nhttp {\nserver {\nlocation /x {\nlimit_except GET {', '}}}}'],
	upstream: ['events {}\nhttp {\nupstream u {', '}}'],
};
const CONTEXTS = Object.keys(PLACES) as readonly ReferenceContext[];
/** Debian ships the stream and mail modules apart: what they alone have is unknown to the nginx at hand, which is also given its pid file. */
const NAMES = directiveNames().filter(
	(name) =>
		!/^(?:stream|mail|pid)$/.test(name) &&
		definitionsOf(name).some(
			({ contexts, measured }) => measured && contexts.some((context) => !/^(?:stream|mail)/.test(context)),
		),
);

function within(context: ReferenceContext, lines: readonly string[]): string {
	const [before = '', after = ''] = PLACES[context] ?? [];
	return `${before}\n${lines.join('\n')}\n${after}\n`;
}

function problemsOf(text: string, version: NginxVersion): readonly DirectiveProblem[] {
	return directiveProblems(buildConfiguration('nginx.conf', memoryFiles({ 'nginx.conf': text })), version);
}

/** The one-based line on which nginx has read the directive: that of its `;` or `{`. */
function lineOf({ at }: DirectiveProblem): number {
	const { node, file } = at;
	return file.tree.source.lineAt(node.block === undefined ? node.span.end - 1 : node.block.span.start) + 1;
}

/** Messages of the checks that we make; what a module's own setter says is none of them. */
const OURS =
	/^(?:unknown directive|"\w+" directive is (?:not allowed here|duplicate)|invalid number of arguments in|directive "\w+" (?:has no opening|is not terminated)|"\w+" directive invalid (?:value|number))/;

/** How our first problem differs from where nginx stopped; undefined when they agree. */
function difference(text: string, version: NginxVersion, stop: Stop | undefined): string | undefined {
	const [first] = problemsOf(text, version);
	const ours = first === undefined ? 'nothing' : `${lineOf(first)}: ${first.nginxMessage}`;
	const nginx = stop === undefined ? 'nothing' : `${stop.line}: ${stop.message}`;
	if (ours === nginx) return undefined;
	// What the setter of one module alone says is not kept.
	if (first?.nginxMessage === '' && lineOf(first) === stop?.line) return undefined;
	const differs = `nginx says ${nginx}, we say ${ours}:\n${text}`;
	if (stop === undefined) return differs;
	// A module refused a value by itself: we must not have seen anything before.
	const isModules = !OURS.test(stop.message) || !isShared(text, stop);
	return isModules && (first === undefined || lineOf(first) > stop.line) ? undefined : differs;
}

/** Whether the directive on nginx's line has a setter that modules share: then its refusal of a value has to be ours as well. */
function isShared(text: string, stop: Stop): boolean {
	if (!/ directive invalid /.test(stop.message)) return true;
	const name = text.split('\n')[stop.line - 1]?.trim().split(/[ ;]/)[0] ?? '';
	return definitionsOf(name).every(({ value }) => value !== undefined);
}

const binaries = await generations();
describe.each(binaries.map((nginx) => ({ name: nameOf(nginx), version: nginx.version, reader: new NginxReader(nginx) })))(
	'nginx $name',
	({ version, reader }) => {
		afterAll(() => reader.close());

		async function compare(texts: readonly string[]): Promise<{ differences: readonly string[]; stops: number; agreed: number }> {
			const differences: string[] = [];
			let stops = 0;
			let agreed = 0;
			await forEachOfMany(texts, async (text) => {
				const stop = await reader.stop(text);
				if (stop !== undefined) stops++;
				const differs = difference(text, version, stop);
				if (differs !== undefined) differences.push(differs);
				else if (stop !== undefined && OURS.test(stop.message)) agreed++;
			});
			return { differences, stops, agreed };
		}

		test('takes each directive in the contexts and with as many arguments as we say', { timeout: 900_000 }, async () => {
			const combinations = NAMES.flatMap((name) => CONTEXTS.map((context) => ({ name, context })));
			const sample = ALL
				? combinations.flatMap((combination) =>
						[0, 1, 2, 3, 4, 5, 7, 8].map((count) => ({ ...combination, count, block: false })),
					)
				: fc
						.sample(
							fc.record({
								combination: fc.oneof(
									fc.constantFrom(...combinations),
									fc.constantFrom(...combinations.filter(({ name, context }) => isAllowed(name, context))),
								),
								count: fc.constantFrom(0, 1, 1, 2, 2, 3, 4, 8),
								block: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
							}),
							{ numRuns: 300, seed: SEED },
						)
						.map(({ combination, count, block }) => ({ ...combination, count, block }));
			const texts = sample.map(({ name, context, count, block }) => {
				const opens = definitionsOf(name).some((one) => one.block && one.contexts.includes(context)) !== block;
				const args = Array.from({ length: count }, (_, index) => ` x${index}`).join('');
				return within(context, [`${name}${args}${opens ? ' {}' : ';'}`]);
			});
			const { differences, agreed } = await compare(texts);
			expect(differences).toEqual([]);
			expect(agreed).toBeGreaterThan(texts.length / 4);
		});

		test('stops at our first problem in random configurations', { timeout: 300_000 }, async () => {
			const texts = fc.sample(configuration, { numRuns: ALL ? 20_000 : 250, seed: SEED });
			const { differences, stops, agreed } = await compare(texts);
			expect(differences).toEqual([]);
			// The texts are worth something: many stop nginx at what we check, and some nowhere.
			expect(agreed).toBeGreaterThan(texts.length / 3);
			expect(stops).toBeLessThan(texts.length);
		});

		test.each([
			{ kind: 'time', directive: 'proxy_read_timeout', unit: '0159 smhdwMy' },
			{ kind: 'seconds', directive: 'ssl_session_timeout', unit: '0159 smhdwMy' },
			{ kind: 'size', directive: 'client_header_buffer_size', unit: '0159kKmMgG.-' },
			{ kind: 'offset', directive: 'client_max_body_size', unit: '0159kKmMgGt' },
			{ kind: 'number', directive: 'keepalive_requests', unit: '0159.-k' },
		])('takes the values of $directive that we take for a $kind', async ({ kind, directive, unit }) => {
			const short = fc.string({ unit: fc.constantFrom(...unit), minLength: 0, maxLength: 7 });
			const written = fc
				.array(fc.tuple(fc.nat({ max: 99 }), fc.constantFrom(...['w', 'd', 'h', 'm', 's', 'ms', ' ', '', 'k', 'g', 'M', 'y'])), {
					minLength: 1,
					maxLength: 4,
				})
				.map((parts) => parts.map(([number, name]) => `${number}${name}`).join(''));
			const large = fc
				.tuple(fc.bigInt({ min: 1n << 40n, max: 1n << 66n }), fc.constantFrom('', 's', 'ms', 'd', 'k', 'm', 'g'))
				.map(([number, name]) => `${number}${name}`);
			const values = fc.sample(fc.oneof(short, written, large), { numRuns: ALL ? 4_000 : 100, seed: SEED });
			let taken = 0;
			const wrong: string[] = [];
			await forEachOfMany(
				[...new Set([...values, '9223372036854775807', '9223372036854775808', '92233720368547758', '1h 30m', '5m5m', '500ms'])],
				async (value) => {
					const stop = await reader.stop(within('server', [`${directive} "${value}";`]));
					const nginx = stop === undefined;
					if (stop !== undefined && !/directive invalid (?:value|number)/.test(stop.message))
						wrong.push(`${value}: ${stop.message}`);
					if (nginx) taken++;
					if (nginx !== isValueOf(kind as ValueKind, [], value))
						wrong.push(`"${value}": nginx ${nginx ? 'takes' : 'refuses'} it`);
				},
			);
			expect(wrong).toEqual([]);
			expect(taken).toBeGreaterThan(3);
		});
	},
);

function isAllowed(name: string, context: ReferenceContext): boolean {
	return definitionsOf(name).some(({ contexts }) => contexts.includes(context));
}

/** Directives with shared setters, whose values we know, so that nginx reads on. */
const EASY: readonly DirectiveDefinition[] = NAMES.flatMap((name) => definitionsOf(name)).filter(
	({ value, name }) =>
		value !== undefined &&
		!/^(?:ssl_|aio|user|daemon|master_process|worker_aio|pcre_jit|http3_hq|quic|ssi_|dav|open_file_cache_errors)/.test(name),
);

const VALUES: Readonly<Record<ValueKind, readonly string[]>> = {
	flag: ['on', 'off', 'On'],
	time: ['5', '1h', '500ms', '1h30m'],
	seconds: ['5', '1h'],
	size: ['8k', '4096', '16K'],
	offset: ['1m', '1g', '0'],
	number: ['5', '64'],
	word: ['x'],
};

/** One line of a block: mostly right, sometimes with one mistake of each kind. */
function line(context: ReferenceContext): fc.Arbitrary<string> {
	const fitting = EASY.filter(({ contexts }) => contexts.includes(context));
	const right = fitting.length === 0 ? fc.constant('# nothing') : fc.constantFrom(...fitting).chain(rightLine);
	const mistakes = fc.oneof(
		fc.constantFrom(...EASY).chain(rightLine),
		right.map((text) => text.replace(';', ' 1;')),
		right.map((text) => text.replace(/ [^ ]+;$/, ';')),
		right.map((text) => text.replace(/ [^ ]+;$/, ' nonsense;')),
		right.map((text) => text.replace(';', ' {}')),
		right.map((text) => text.replace(/_/, '-')),
		right.map((text) => `${text}\n${text}`),
		fc
			.constantFrom(
				'server {}',
				'location;',
				'upstream u',
				'if ($arg_x)',
				'internal;\ninternal;',
				'root a;\nalias b;',
				'types {}\ntypes {}',
				'root a;\nroot b;',
			)
			.map((text) => text.replace(/[)u]$/, '$& {}')),
	);
	return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: mistakes });
}

function rightLine(definition: DirectiveDefinition): fc.Arbitrary<string> {
	const { name, value, words } = definition;
	const kind = value === 'words' ? 'word' : value;
	const values = kind === undefined ? ['x'] : kind === 'word' ? words : VALUES[kind];
	return fc.constantFrom(...values).map((text) => `${name} ${text};`);
}

/** Nested blocks of such lines. */
const configuration: fc.Arbitrary<string> = fc
	.record({
		main: fc.array(line('main'), { maxLength: 2 }),
		http: fc.array(line('http'), { maxLength: 4 }),
		upstream: fc.array(line('upstream'), { maxLength: 2 }),
		server: fc.array(line('server'), { maxLength: 4 }),
		location: fc.array(line('location'), { maxLength: 5 }),
		if: fc.array(line('if in location'), { maxLength: 3 }),
		last: fc.array(line('http'), { maxLength: 3 }),
		again: fc.constantFrom('', '', '', 'http {}', 'events {}'),
	})
	.map((blocks) =>
		[
			...blocks.main,
			'events {',
			'}',
			'http {',
			...blocks.http,
			'upstream u {',
			'server 127.0.0.1:9000;',
			...blocks.upstream,
			'}',
			'server {',
			...blocks.server,
			'location /a {',
			...blocks.location,
			'if ($arg_x) {',
			...blocks.if,
			'}',
			'}',
			'}',
			...blocks.last,
			'}',
			blocks.again,
			'',
		].join('\n'),
	);
