import fc from 'fast-check';

/** The bytes that random expressions and texts are made of: letters of both cases, word and other bytes, beyond ASCII. */
const LETTERS = ['a', 'b', 'c', 'A', 'B', '1', '2', '_', '-', '.', '/', ' ', 'é'];

const CLASSES = ['\\d', '\\w', '\\s', '\\D', '\\W', '\\S', '\\h', '\\H', '\\N', '.', '\\x61', '\\x{62}', '\\.', '\\-', '\\/'];
const SETS = [
	'[ab]',
	'[^ab]',
	'[a-c]',
	'[^/]',
	'[^-.]',
	'[\\w-]',
	'[[:alpha:]]',
	'[^[:alnum:]_]',
	'[[:upper:]]',
	'[]a]',
	'[^]a]',
	'[\\]a-]',
	'[\\x61-c]',
	'[\\d.]',
	'[\\Wa]',
	'[a\\Qb]\\E]',
];
const EDGES = ['^', '$', '\\b', '\\B', '\\A', '\\z', '\\Z', '\\G', '\\K'];
const REPEATS = ['*', '+', '?', '{2}', '{1,2}', '{0,}', '{2,}', '{0}'];

/** Expressions of which PCRE takes nearly all, with every construct that is modelled. */
export const regexSoup: fc.Arbitrary<string> = fc.letrec<{ choice: string; sequence: string; piece: string; atom: string }>(
	(tie) => ({
		choice: fc
			.array(tie('sequence'), { minLength: 1, maxLength: 3, depthIdentifier: 'regex' })
			.map((branches) => branches.join('|')),
		sequence: fc.array(tie('piece'), { minLength: 0, maxLength: 4, depthIdentifier: 'regex' }).map((pieces) => pieces.join('')),
		piece: fc.oneof(
			{ weight: 6, arbitrary: tie('atom') },
			{
				weight: 3,
				arbitrary: fc
					.tuple(tie('atom'), fc.constantFrom(...REPEATS), fc.constantFrom('', '', '', '?', '+'))
					.map((parts) => parts.join('')),
			},
			{ weight: 1, arbitrary: fc.constantFrom(...EDGES) },
		),
		atom: fc.oneof(
			{ maxDepth: 3, depthIdentifier: 'regex' },
			{
				weight: 6,
				arbitrary: fc.constantFrom(...LETTERS).map((letter) => (letter === '.' ? '\\.' : letter)),
			},
			{ weight: 2, arbitrary: fc.constantFrom(...CLASSES) },
			{ weight: 2, arbitrary: fc.constantFrom(...SETS) },
			{ weight: 3, arbitrary: tie('choice').map((inner) => `(${inner})`) },
			{
				weight: 2,
				arbitrary: fc
					.tuple(fc.constantFrom('?:', '?:', '?i:', '?-i:', '?s:', '?x:', '?U:', '?>', '?n:', '?^:'), tie('choice'))
					.map(([kind, inner]) => `(${kind}${inner})`),
			},
			{
				weight: 1,
				arbitrary: fc.tuple(fc.constantFrom('?=', '?!'), tie('choice')).map(([kind, inner]) => `(${kind}${inner})`),
			},
			{
				weight: 1,
				arbitrary: fc
					.tuple(
						fc.constantFrom('?<=', '?<!'),
						fc.array(fc.constantFrom('a', 'b', '[ab]', '\\w', 'a|bc', '^', '(a)', '(?:ab|bb)'), { minLength: 1, maxLength: 2 }),
					)
					.map(([kind, inner]) => `(${kind}${inner.join('')})`),
			},
			{ weight: 1, arbitrary: fc.constantFrom('\\1', '\\2', '\\g{-1}', '(?i)', '(?-i)', '(?#c)', '\\Qa.b\\E', '\\R') },
		),
	}),
).choice;

/** Texts of the same bytes, as an HTTP header can carry them: without white space around, and no line ends. */
export const textSoup: fc.Arbitrary<string> = fc
	.array(fc.constantFrom(...LETTERS, 'a', 'a', 'b'), { maxLength: 9 })
	.map((letters) => letters.join('').trim());
