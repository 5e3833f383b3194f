import { FIRST_WITH_TUNNELS, isAtLeast, parseVersion } from '../core/reference/versions.ts';
import { NOTICES } from '../core/rules/notices.ts';
import { RULES } from '../core/rules/rules.generated.ts';
import type { Settings, SeveritySetting } from './settings.ts';

/** The name of the file that holds a project's settings; it is looked for upwards from a configuration. */
export const SETTINGS_FILE = '.nginx-websocket.json';

/** What the file may say: the editor's settings, with or without their prefix, that are no person's own choice. */
export type FileSettings = Partial<Pick<Settings, 'nginxVersion' | 'intent' | 'severity' | 'codeLens'>>;

/** The keys of the file, in the order in which they are named to a person. */
export const FILE_KEYS: readonly (keyof FileSettings)[] = ['nginxVersion', 'intent', 'severity', 'codeLens'];

/** Which program to start and whom to contact is each person's own choice. */
const PERSONAL: ReadonlySet<string> = new Set(['nginxPath', 'test', 'test.timeout', 'test.confirmedHosts']);

export const SEVERITY_SETTINGS: readonly SeveritySetting[] = ['error', 'warning', 'information', 'hint', 'off'];

/** What may have a severity: the rules, and what is said by no rule. */
export function severityKeys(): readonly string[] {
	return [...RULES, ...NOTICES].map(({ id }) => id);
}

/** Something that is wrong with a settings file. */
export interface SettingsProblem {
	/** One-based. */
	readonly line: number;
	/** One sentence without a full stop and without the file's name. */
	readonly problem: string;
}

/** Reads the text of a settings file; the first thing that is wrong with it when it cannot be used. */
export function readSettingsText(content: string): FileSettings | SettingsProblem {
	const text = content.replace(/^\uFEFF/, '');
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return syntaxProblem(text, error);
	}
	if (!isRecord(value)) return { line: 1, problem: 'it must hold one JSON object' };
	let settings: FileSettings = {};
	for (const [key, entry] of Object.entries(value)) {
		const read = readEntry(key.replace(/^nginxWebSocket\./, ''), entry);
		if ('problem' in read) return { line: lineOf(text, read.at ?? key), problem: read.problem };
		settings = { ...settings, ...read.settings };
	}
	return settings;
}

type Entry = { readonly settings: FileSettings } | { readonly problem: string; readonly at?: string };

function readEntry(key: string, value: unknown): Entry {
	switch (key) {
		case '$schema':
			return { settings: {} };
		case 'nginxVersion':
			if (typeof value !== 'string' || !/^(?:auto|\d+\.\d+(?:\.\d+)?)$/.test(value))
				return { problem: 'nginxVersion must be "auto" or a version such as "1.26.3"' };
			return tunnels(value)
				? { settings: { nginxVersion: value } }
				: { problem: `nginxVersion ${value}: nginx passes no WebSocket on before ${FIRST_WITH_TUNNELS}` };
		case 'intent':
			return value === 'certain' || value === 'likely'
				? { settings: { intent: value } }
				: { problem: 'intent must be "certain" or "likely"' };
		case 'codeLens':
			return typeof value === 'boolean' ? { settings: { codeLens: value } } : { problem: 'codeLens must be true or false' };
		case 'severity':
			return readSeverity(value);
		default:
			return {
				problem: PERSONAL.has(key)
					? `${key} is each person's own choice and can stand in the editor's settings only`
					: `there is no setting ${JSON.stringify(key)}; there are ${listed(FILE_KEYS, 'and')}`,
			};
	}
}

function tunnels(version: string): boolean {
	const parsed = parseVersion(version);
	return parsed === undefined || isAtLeast(parsed, FIRST_WITH_TUNNELS);
}

function readSeverity(value: unknown): Entry {
	if (!isRecord(value)) return { problem: 'severity must be an object such as { "idle-timeout": "off" }' };
	const known = new Set(severityKeys());
	const severity: Record<string, SeveritySetting> = {};
	for (const [id, level] of Object.entries(value)) {
		if (!known.has(id)) return { problem: `there is no rule ${JSON.stringify(id)}`, at: id };
		const setting = SEVERITY_SETTINGS.find((one) => one === level);
		if (setting === undefined) return { problem: `the severity of ${id} must be ${listed(SEVERITY_SETTINGS, 'or')}`, at: id };
		severity[id] = setting;
	}
	return { settings: { severity } };
}

/** What the engine says of broken JSON, with the line: engines name a position, a line, or the end of the text. */
function syntaxProblem(text: string, error: unknown): SettingsProblem {
	const message = error instanceof Error ? error.message : String(error);
	const line = /line (\d+)/.exec(message)?.[1];
	const position = /position (\d+)/.exec(message)?.[1];
	const lines = (position === undefined ? text.trimEnd() : text.slice(0, Number(position))).split('\n');
	// Some messages quote the text around the mistake and name no place.
	const first =
		position === undefined && !/end/i.test(message) ? lines.findIndex((_, index) => isWrong(lines.slice(0, index + 1))) : -1;
	return {
		line: line !== undefined ? Number(line) : first === -1 ? lines.length : first + 1,
		problem: `it is not valid JSON (${message.replace(/ in JSON at position.*| \(line.*|, (?:\.\.\.)?".*" is not valid JSON.*/s, '')})`,
	};
}

function isWrong(lines: readonly string[]): boolean {
	try {
		JSON.parse(lines.join('\n'));
	} catch (error) {
		return error instanceof Error && error.message.startsWith('Unexpected token');
	}
	return false;
}

/** The one-based line on which a key stands. */
function lineOf(text: string, key: string): number {
	const at = text.search(new RegExp(`${JSON.stringify(key).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*:`));
	return at === -1 ? 1 : text.slice(0, at).split('\n').length;
}

function listed(names: readonly string[], joint: 'and' | 'or'): string {
	return `${names.slice(0, -1).join(', ')} ${joint} ${names.at(-1)}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
