import type { Severity } from './rule.ts';

/** What is said by no rule: about our own comments, or about two versions at once. It has a page as a rule has. */
export interface Notice {
	readonly id: string;
	readonly summary: string;
	readonly severity: Severity;
	/** Paragraphs: what is meant and why it is said. */
	readonly why: string;
	readonly remedy: string;
	readonly ignore: string;
	readonly sources: readonly string[];
}

export const IGNORE_COMMENT: Notice = {
	id: 'ignore-comment',
	summary: 'A comment that is to silence a finding silences none, or does not say why.',
	severity: 'hint',
	why: `\`# nginx-websocket-ignore RULE reason\` silences the findings of one rule on its own line, or on the next line that is not a
comment. When that line changes, or the mistake is mended, the comment stays behind and would hide the next mistake.`,
	remedy: 'Remove the comment, move it to the line above the finding, or write the reason behind the name of the rule.',
	ignore: 'The comment is there for another version of nginx than the one that is checked for.',
	sources: ['https://nginx.org/en/docs/beginners_guide.html#conf_structure'],
};

export const VERDICT_CHANGES: Notice = {
	id: 'verdict-changes',
	summary: 'A handshake on this route ends differently with another version of nginx in the range.',
	severity: 'information',
	why: `Said only when a range of versions is asked about (\`--nginx-version 1.22..1.30\`, or "What Changes If I Upgrade" in the editor).
nginx 1.29.7 made HTTP/1.1 without a Connection header the default towards the backend; 1.25.1 lets a cleartext \`http2\` port speak
HTTP/1.1 too. A route that fails may work after an upgrade, and the other way round. It is a warning where a handshake that upgrades
fails with a later version.`,
	remedy: 'Write what both versions understand: `proxy_http_version 1.1`, and the two headers.',
	ignore: 'Only one of the versions ever runs.',
	sources: ['https://nginx.org/en/CHANGES', 'https://nginx.org/en/docs/http/websocket.html'],
};

export const NOTICES: readonly Notice[] = [IGNORE_COMMENT, VERDICT_CHANGES];
