import type { PlacedDirective } from '../config/model.ts';
import { removeDirective } from './cures/editing.ts';
import { problemsOf } from './directiveRule.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';

export default defineRule({
	id: 'directive-duplicate',
	summary: 'A directive that may come once stands twice on one level.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `Most directives hold one value, and nginx refuses a second line on the same level with "is duplicate", even if both say the same. It is
the same level when the line comes from an included file: a snippet with proxy settings next to one's own is the usual case. Lists such as
proxy_set_header and add_header may be repeated.`,
	remedy: 'Keep one of the lines. What an outer level sets may be set again further in.',
	ignore: 'Never: nginx refuses the whole configuration.',
	rows: ['DU1', 'DU2', 'IC5'],
	sources: ['https://nginx.org/en/docs/dirindex.html'],
	examples: [
		{
			title: 'the version twice',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
		«proxy_http_version 1.1»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const { at, first, message } of problemsOf(context, 'duplicate')) {
			if (first === undefined) continue;
			yield {
				severity: 'error',
				at: placeOf(at),
				message,
				related: [{ ...placeOf(first), message: 'the first one' }],
				cures: () => curesOf(at, first, context),
			};
		}
	},
});

function curesOf(at: PlacedDirective, first: PlacedDirective, context: RuleContext): readonly Cure[] {
	// One file twice: its lines serve other places too, and the second include is what is wrong.
	if (at.node === first.node) {
		const include = at.via.find((line, depth) => line.node !== first.via[depth]?.node);
		const name = include?.node.args[0]?.value ?? '';
		if (include === undefined || /[*?[]/.test(name) || context.isRepeated(include)) return [];
		return [{ title: `Remove the second include of ${name}`, preferred: true, edits: [removeDirective(include)] }];
	}
	const isSame = saysTheSame(at, first);
	// Nothing is lost when both say the same; else a person has to say which of them is meant.
	const lines = at.via.length > first.via.length ? [first, at] : [at, first];
	const removable = lines.filter((line) => !context.isRepeated(line));
	return removable.slice(0, isSame ? 1 : 2).map((gone) => ({
		title: isSame ? `Remove ${written(gone)}` : `Keep ${written(gone === at ? first : at)}, remove ${written(gone)}`,
		preferred: isSame,
		edits: [removeDirective(gone)],
	}));
}

function saysTheSame({ node: one }: PlacedDirective, { node: other }: PlacedDirective): boolean {
	return (
		one.block === undefined &&
		other.block === undefined &&
		one.args.length === other.args.length &&
		one.args.every(({ value }, index) => value === other.args[index]?.value)
	);
}

function written({ node, file }: PlacedDirective): string {
	const text = file.tree.source.slice({ start: node.name.span.start, end: (node.args.at(-1) ?? node.name).span.end });
	return text.length > 40 || text.includes('\n') ? `this ${node.name.value}` : `\`${text}\``;
}
