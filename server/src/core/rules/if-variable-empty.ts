import type { PlacedDirective, Scope } from '../config/model.ts';
import { isOddName } from '../reference/variables.ts';
import type { Route } from '../routes/route.ts';
import { conditionFault } from './conditions.ts';
import { replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOfArgument, type Report } from './rule.ts';
import { directivesIn } from './scopes.ts';

export default defineRule({
	id: 'if-variable-empty',
	summary: 'An if takes a whole word for the name of a variable, which is always empty.',
	severity: 'error',
	aboutText: true,
	why: `In the condition of an \`if\` all of the first word behind the \`$\` is the name of the variable, whatever it holds. Without blanks,
\`$http_upgrade!=websocket\` is one such name, and so are \`$http_sec-websocket-key\` and \`$arg_a$arg_b\`. Names that begin with \`http_\`, \`arg_\`,
\`cookie_\` and the like always exist, so nginx starts; the variable is empty, and the condition never says what was meant. A guard such as
\`if ($arg_token!=secret) { return 403; }\` lets everybody pass.`,
	remedy: 'Write blanks around the operator, and `_` for each `-` of a header; put two variables into a map or a `set`.',
	ignore: 'Never: the condition does not depend on the request.',
	rows: ['DU11'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if'],
	examples: [
		{
			title: 'no blanks, and the handshake never jumps',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		error_page 418 = @ws;
		if «($http_upgrade~*websocket)» {
			return 418;
		}
		return 404;
	}
	location @ws {
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
	location /ws {
		error_page 418 = @ws;
		if ($http_upgrade ~* websocket) {
			return 418;
		}
		return 404;
	}
	location @ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 404 },
		},
		{
			title: 'a secret that nobody needs',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		if «($arg_token!=secret)» {
			return 403;
		}
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
	location /ws {
		if ($arg_token != secret) {
			return 403;
		}
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			path: '/ws?token=secret',
			fixed: '',
			proof: { bad: 101 },
		},
		{
			title: 'a header with its hyphens',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		if «($http_sec-websocket-key» = "") {
			return 426;
		}
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
	location /ws {
		if ($http_sec_websocket_key = "") {
			return 426;
		}
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 426 },
		},
	],
	*check(context) {
		const { definitions } = context.variables();
		for (const at of directivesIn(context.configuration.root)) {
			const { node, file } = at;
			if (node.name.value !== 'if' || at.body === undefined || file.tree.template) continue;
			const words = node.args.map(({ value }) => value);
			const odd = oddSubject(words);
			if (odd === undefined || definitions.has(odd.name.toLowerCase())) continue;
			if (conditionFault(words, (name) => definitions.has(name.toLowerCase())) !== undefined) continue;
			const sufferer = context.routes.find((route) => suffers(route, at.scope));
			yield {
				severity: sufferer?.intent.level === 'certain' ? 'error' : 'warning',
				...(sufferer && { route: sufferer }),
				at: placeOfArgument(at, odd.index),
				message: `nginx takes $${odd.name} for the name of one variable, which is always empty, so this if asks nothing of the request. ${adviceFor(odd)}`,
				cures: () => curesOf(at, odd),
			} satisfies Report;
		}
	},
});

interface OddSubject {
	readonly index: number;
	/** Without its `$`. */
	readonly name: string;
	/** The condition with its blanks, or the name with `_`; undefined where it cannot be told what was meant. */
	readonly right: string | undefined;
	readonly isGlued: boolean;
}

/** Operators as people write them, the longer first, and how nginx does. */
const OPERATORS: readonly (readonly [string, string])[] = [
	['!==', '!='],
	['===', '='],
	['!~*', '!~*'],
	['=~*', '~*'],
	['!=', '!='],
	['==', '='],
	['=~', '~'],
	['!~', '!~'],
	['~*', '~*'],
	['=', '='],
	['~', '~'],
];

function oddSubject(words: readonly string[]): OddSubject | undefined {
	const index = words[0] === '(' ? 1 : 0;
	const last = words.length - (words.at(-1) === ')' ? 2 : 1);
	const raw = words[index]?.slice(1 - index) ?? '';
	const text = index === last && last === words.length - 1 ? raw.slice(0, -1) : raw;
	if (!text.startsWith('$') || !isOddName(text.slice(1))) return undefined;
	const name = text.slice(1);
	const plain = /^\w+/.exec(name)?.[0] ?? '';
	const rest = name.slice(plain.length);
	const operator = index === last ? OPERATORS.find(([written]) => rest.startsWith(written)) : undefined;
	if (operator !== undefined) {
		const operand = rest.slice(operator[0].length);
		return { index, name, right: `$${plain} ${operator[1]} ${operand === '' ? '""' : operand}`, isGlued: true };
	}
	const right = /^http_[\w-]+$/i.test(name) ? `$${name.replaceAll('-', '_')}` : undefined;
	return { index, name, right, isGlued: false };
}

function adviceFor({ right, isGlued, name }: OddSubject): string {
	if (right === undefined)
		return name.includes('$')
			? 'Join the variables with set, and ask for that one.'
			: 'Write the name of the variable, a blank, and what it is compared with.';
	return isGlued ? `Write \`${right}\`, with the blanks.` : `Write ${right}.`;
}

/** Whether the handshake of a route fails that passes this block. */
function suffers({ location, server, handshake, outside }: Route, scope: Scope): boolean {
	if (scope !== location && scope !== server && scope.parent !== location) return false;
	return [handshake, outside].some(
		(prediction) => prediction !== undefined && prediction.outcome !== 'unknown' && !prediction.upgrade,
	);
}

function curesOf(at: PlacedDirective, { index, name, right }: OddSubject): readonly Cure[] {
	const word = at.node.args[index];
	if (right === undefined || word === undefined) return [];
	const written = at.file.tree.source.slice(word.span);
	if (!written.includes(`$${name}`)) return [];
	const edit = replaceArgument(
		at,
		index,
		written.replace(`$${name}`, () => right),
	);
	return edit === undefined ? [] : [{ title: `Write ${right}`, preferred: true, edits: [edit] }];
}
