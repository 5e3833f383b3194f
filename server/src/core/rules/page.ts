import type { Notice } from './notices.ts';
import type { Example, Rule } from './rule.ts';

/** Where the pages are read by people; a diagnostic's code links there. */
const PAGES = 'https://github.com/nginx-websocket/nginx-websocket/blob/main/server/docs/rules';

/** The address of a rule's page. */
export function rulePageUrl(ruleId: string): string {
	return `${PAGES}/${ruleId}.md`;
}

/** A rule's page as Markdown, made from the rule itself. */
export function rulePage(rule: Rule): string {
	const parts = [
		`# ${rule.id}`,
		rule.summary,
		`*Severity: ${rule.severity}${rule.severity === 'error' && !rule.aboutText ? ' where the intent is certain, warning where it is likely' : ''}. nginx versions: ${versionsOf(rule)}.*`,
		...(rule.optIn
			? [
					`*It says nothing until it is given a severity: \`"severity": { "${rule.id}": "${rule.severity}" }\` in the settings or in \`.nginx-websocket.json\`.*`,
				]
			: []),
		'## Why',
		paragraph(rule.why),
		'## What to do',
		paragraph(rule.remedy),
		...rule.examples.flatMap((example) => exampleParts(example)),
		'## When to ignore it',
		`${paragraph(rule.ignore)}\n\nTo silence one place: \`# nginx-websocket-ignore ${rule.id} REASON\` on the line above it.`,
		'## Sources',
		[
			...rule.sources.map((source) => `- <${source}>`),
			...(rule.rows.length === 0 ? [] : [`- Measured behaviour: ${rule.rows.join(', ')}`]),
		].join('\n'),
	];
	return `${parts.join('\n\n')}\n`;
}

/** The page of what is said by no rule. */
export function noticePage(notice: Notice): string {
	const parts = [
		`# ${notice.id}`,
		notice.summary,
		`*Severity: ${notice.severity}.*`,
		'## Why',
		paragraph(notice.why),
		'## What to do',
		paragraph(notice.remedy),
		'## When to ignore it',
		`${paragraph(notice.ignore)}\n\nTo switch it off: \`"severity": { "${notice.id}": "off" }\` in the settings or in \`.nginx-websocket.json\`.`,
		'## Sources',
		notice.sources.map((source) => `- <${source}>`).join('\n'),
	];
	return `${parts.join('\n\n')}\n`;
}

function exampleParts(example: Example): readonly string[] {
	return [`## Example: ${example.title}`, `${outcomeOf(example)}:`, fenced(unmarked(example.bad)), 'Good:', fenced(example.good)];
}

function outcomeOf(example: Example): string {
	const { bad, tls, from, before } = example.proof;
	const range = `${from === undefined ? '' : ` from nginx ${from}`}${before === undefined ? '' : ` before nginx ${before}`}`;
	if (bad === 'rejected') return `Bad, nginx refuses to start with it${range}`;
	if (bad === 'fails' && tls) return `Bad, wss:// fails in the TLS handshake${range}`;
	if (bad === 'fails') return `Bad, a strict WebSocket backend refuses the handshake${range}`;
	if (bad === 101) return `Upgrades, with the drawback said above${range}`;
	return `Bad, the client gets ${bad}${range}`;
}

/** The text of an example without the marks around the reported place. */
export function unmarked(text: string): string {
	return text.replace(/[«»]/g, '');
}

function versionsOf(rule: Rule): string {
	const { from, before } = rule.versions ?? {};
	if (from !== undefined && before !== undefined) return `${from} up to, not including, ${before}`;
	if (from !== undefined) return `${from} and newer`;
	return before === undefined ? 'all' : `before ${before}`;
}

function paragraph(text: string): string {
	return text.replace(/\s*\n\s*/g, ' ').trim();
}

function fenced(text: string): string {
	return `\`\`\`nginx\n${text.trimEnd()}\n\`\`\``;
}
