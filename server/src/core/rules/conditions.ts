import { isBuiltInVariable } from '../reference/variables.ts';

/** Why nginx refuses the condition of an `if`. */
export interface ConditionFault {
	/** The word that is wrong (zero-based); undefined for the whole. */
	readonly index: number | undefined;
	/** A sentence and what to do. */
	readonly message: string;
	/** How words are to be written instead, by their index. */
	readonly right?: ReadonlyMap<number, (written: string) => string>;
	/** False when what is written instead need not mean the same. */
	readonly isSure?: boolean;
}

const ADVICE = 'Write `if ($variable = text)`, with the blanks.';

/**
 * Reads the words of an `if` as nginx does (semantics DU11; src/http/modules/ngx_http_rewrite_module.c, ngx_http_rewrite_if_condition).
 * @param isDefined whether the configuration defines a variable of that name itself
 */
export function conditionFault(words: readonly string[], isDefined: (name: string) => boolean): ConditionFault | undefined {
	const opening = words[0] ?? '';
	const closing = words.at(-1) ?? '';
	const end = words.length - 1;
	if (!opening.startsWith('(') || !closing.endsWith(')')) {
		const right = new Map<number, (written: string) => string>();
		const [left, rest] = [opening.startsWith('(') ? '' : '(', closing.endsWith(')') ? '' : ')'];
		if (end === 0) right.set(0, (written) => `${left}${written}${rest}`);
		else {
			if (left !== '') right.set(0, (written) => `${left}${written}`);
			if (rest !== '') right.set(end, (written) => `${written}${rest}`);
		}
		return {
			index: undefined,
			message: 'the condition of an if stands in parentheses, the first and the last thing of it. Write `if (…)`.',
			right,
		};
	}
	const cur = opening.length === 1 ? 1 : 0;
	const last = closing.length === 1 ? end - 1 : end;
	if (cur > last) return { index: undefined, message: `the condition is empty. ${ADVICE}` };
	const inner = (index: number): string => {
		const from = index === 0 ? 1 : 0;
		const word = words[index] ?? '';
		return index === end ? word.slice(from, -1) : word.slice(from);
	};
	const subject = inner(cur);
	if (subject === '') return { index: undefined, message: `the condition is empty. ${ADVICE}` };
	if (/^\$./.test(subject)) return variableFault(words, cur, last, subject, isDefined);
	if (/^!?-./.test(subject) && subject.length === (subject.startsWith('!') ? 3 : 2)) {
		if (cur + 1 !== last || !/[fdex]$/.test(subject))
			return {
				index: cur,
				message: `\`${subject}\` is no test of one file. Write \`-f\`, \`-d\`, \`-e\` or \`-x\` and the path.`,
			};
		return undefined;
	}
	return subjectFault(cur, subject);
}

function variableFault(
	words: readonly string[],
	cur: number,
	last: number,
	subject: string,
	isDefined: (name: string) => boolean,
): ConditionFault | undefined {
	const operator = words[cur + 1] ?? '';
	const meant = OPERATORS.get(operator.toLowerCase());
	if (cur !== last && cur + 2 === last && meant !== undefined)
		return {
			index: cur + 1,
			message: `\`${operator}\` is no operator of if. Write \`${meant}\`.`,
			right: new Map([[cur + 1, () => meant]]),
		};
	const name = subject.slice(1);
	const braced = /^\{(\w+)\}$/.exec(name)?.[1];
	if (braced !== undefined && !isDefined(name))
		return {
			index: cur,
			message: `an if takes the braces for a part of the name, "{${braced}}". Write $${braced}.`,
			right: new Map([[cur, (written) => written.replace(/\{(\w+)\}/, '$1')]]),
		};
	if (cur !== last && cur + 2 !== last)
		return { index: undefined, message: `an if compares one variable with one text. ${ADVICE}` };
	const glued = /^(\w+)(!?[=~]\*?)(.*)$/.exec(name);
	if (cur === last && glued !== null && !isBuiltInVariable(name, 'http'))
		return {
			index: cur,
			message: `without blanks nginx takes "${name}" for the name of a variable. Write \`$${glued[1]} ${glued[2]} ${glued[3]}\`.`,
			right: new Map([[cur, (written) => written.replace(/(\w)(!?[=~]\*?)(?=.)/, '$1 $2 ')]]),
		};
	const wrong = impossibleName(name, cur, isDefined);
	if (wrong !== undefined) return wrong;
	if (cur === last || /^(?:!?=|!?~\*?)$/.test(operator)) return undefined;
	return { index: cur + 1, message: `\`${operator}\` is no operator of if. ${ADVICE}` };
}

/** A name that no variable has: another `$` in it, or the number of a capture. */
function impossibleName(name: string, cur: number, isDefined: (name: string) => boolean): ConditionFault | undefined {
	if (isDefined(name) || isBuiltInVariable(name, 'http')) return undefined;
	if (/^\d+$/.test(name))
		return { index: cur, message: `an if takes no capture. Write \`set $part $${name};\` before it, and \`if ($part …)\`.` };
	if (/^\$\w+$/.test(name))
		return {
			index: cur,
			message: `an if takes the second $ for a part of the name. Write ${name}.`,
			right: new Map([[cur, (written) => written.replace('$$', () => '$')]]),
		};
	return /\$/.test(name)
		? {
				index: cur,
				message: `an if takes "${name}" for the name of one variable, and there is none. Join the variables with set, and ask for that one.`,
			}
		: undefined;
}

/** Operators of other languages. */
const OPERATORS: ReadonlyMap<string, string> = new Map([
	['==', '='],
	['===', '='],
	['!==', '!='],
	['<>', '!='],
	['eq', '='],
	['-eq', '='],
	['ne', '!='],
	['-ne', '!='],
	['is', '='],
	['=~', '~'],
	['=*', '~*'],
]);

function subjectFault(cur: number, subject: string): ConditionFault {
	const message = `a condition begins with a variable or a test of a file, and "${subject}" is neither.`;
	if (/^[a-z_]\w*$/.test(subject))
		return {
			index: cur,
			message: `${message} Write $${subject}.`,
			right: new Map([[cur, (written) => written.replace(/[a-z_]/, (letter) => `$${letter}`)]]),
		};
	if (/^(["'])\$\w+\1?$/.test(subject))
		return {
			index: cur,
			message: `${message} Take the quotes away.`,
			right: new Map([[cur, (written) => written.replace(/["']/g, '')]]),
		};
	if (/^!\$\w+$/.test(subject))
		return {
			index: cur,
			message: `${message} Write \`${subject.slice(1)} = ""\`.`,
			right: new Map([[cur, (written) => written.replace(/!(\$\w+)/, '$1 = ""')]]),
			isSure: false,
		};
	return { index: cur, message: `${message} ${ADVICE}` };
}
