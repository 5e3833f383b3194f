import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A text that nginx refuses, and the rule that says so; without a rule one that nginx takes. */
export interface Refusal {
	readonly rule: string;
	readonly within: string;
	readonly text: string;
}

/** The table of test/rules/refusals.txt. */
export function refusals(): readonly Refusal[] {
	const table = readFileSync(fileURLToPath(new URL('../rules/refusals.txt', import.meta.url)), 'utf8');
	return table
		.split('\n')
		.filter((line) => line !== '' && !line.startsWith('#'))
		.map((line) => {
			const [rule = '', within = '', text = ''] = line.split('\t');
			return { rule, within, text: text.startsWith('"') && text.includes('\\n') ? String(JSON.parse(text)) : text };
		});
}

/** A whole configuration around it. */
export function around({ within, text }: Refusal, http = ''): string {
	switch (within) {
		case 'server':
			return `events {}\nhttp {\n${http}\nserver {\nlisten 127.0.0.1:18080;\n${text}\n}\n}\n`;
		case 'http':
			return `events {}\nhttp {\n${http}\n${text}\n}\n`;
		case 'main':
			return `${text.replace('http {', `http {\n${http}\n`)}\n`;
		default:
			return `events {}\nstream {\n${text}\n}\n`;
	}
}
