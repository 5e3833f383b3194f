import { DEFAULT_SETTINGS, type Settings, type SeveritySetting } from '../protocol/settings.ts';
import { readSettingsText, SETTINGS_FILE, SEVERITY_SETTINGS } from '../protocol/settingsFile.ts';

/** Takes what is usable of unchecked settings; what is missing or of the wrong type stays as in `base`. */
export function readSettings(value: unknown, base: Settings = DEFAULT_SETTINGS): Settings {
	if (!isRecord(value)) return base;
	const test = isRecord(value.test) ? value.test : {};
	return {
		nginxVersion: text(value.nginxVersion, base.nginxVersion),
		nginxPath: text(value.nginxPath, base.nginxPath),
		intent: value.intent === 'certain' || value.intent === 'likely' ? value.intent : base.intent,
		severity: isRecord(value.severity) ? { ...base.severity, ...severities(value.severity) } : base.severity,
		test: {
			timeout: typeof test.timeout === 'number' && test.timeout > 0 ? test.timeout : base.test.timeout,
			confirmedHosts: Array.isArray(test.confirmedHosts)
				? test.confirmedHosts.filter((host) => typeof host === 'string')
				: base.test.confirmedHosts,
		},
		codeLens: typeof value.codeLens === 'boolean' ? value.codeLens : base.codeLens,
	};
}

/** Why a project's settings file is not used. */
export interface UnusedSettings {
	/** As in `SettingsProblem`. */
	readonly problem: string;
	/** Zero-based, and how long it is. */
	readonly line: number;
	readonly width: number;
	/** All of it for a person who does not see the file. */
	readonly sentence: string;
}

/** The settings with those of a project's file laid over them, or why the file cannot be used. */
export function withSettingsFile(base: Settings, content: string): Settings | UnusedSettings {
	const read = readSettingsText(content);
	if ('problem' in read) {
		const width = content.split('\n')[read.line - 1]?.trimEnd().length ?? 0;
		const sentence = `${SETTINGS_FILE}, line ${read.line}: ${read.problem}; its settings are not used.`;
		return { problem: read.problem, line: read.line - 1, width, sentence };
	}
	return { ...base, ...read, severity: { ...base.severity, ...read.severity } };
}

function severities(value: Readonly<Record<string, unknown>>): Record<string, SeveritySetting> {
	const found: Record<string, SeveritySetting> = {};
	for (const [rule, severity] of Object.entries(value)) if (isSeverity(severity)) found[rule] = severity;
	return found;
}

function isSeverity(value: unknown): value is SeveritySetting {
	return SEVERITY_SETTINGS.some((setting) => setting === value);
}

function text(value: unknown, fallback: string): string {
	return typeof value === 'string' ? value : fallback;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
