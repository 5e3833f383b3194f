import { DEFAULT_SETTINGS, type Settings, type SeveritySetting } from '../protocol/settings.ts';

/** The name of the file that holds a project's settings; it is looked for upwards from a configuration. */
export const SETTINGS_FILE = '.nginx-websocket.json';

/** What a project's file may not say: which program to start and whom to contact is the person's own choice. */
const PERSONAL: ReadonlySet<string> = new Set(['nginxPath', 'test']);

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

/** The settings with those of a project's file laid over them; a sentence when the file cannot be used. */
export function withSettingsFile(base: Settings, content: string): Settings | { readonly problem: string } {
	try {
		const value: unknown = JSON.parse(content.replace(/^\uFEFF/, ''));
		if (!isRecord(value)) return { problem: `${SETTINGS_FILE} must hold a JSON object; its settings are not used.` };
		// Keys may be written in full, as the editor's settings have them.
		const short = Object.entries(value).map(([key, entry]): [string, unknown] => [key.replace(/^nginxWebSocket\./, ''), entry]);
		return readSettings(Object.fromEntries(short.filter(([key]) => !PERSONAL.has(key))), base);
	} catch (error) {
		return {
			problem: `${SETTINGS_FILE} is not valid JSON (${error instanceof Error ? error.message : String(error)}); its settings are not used.`,
		};
	}
}

function severities(value: Readonly<Record<string, unknown>>): Record<string, SeveritySetting> {
	const found: Record<string, SeveritySetting> = {};
	for (const [rule, severity] of Object.entries(value)) if (isSeverity(severity)) found[rule] = severity;
	return found;
}

function isSeverity(value: unknown): value is SeveritySetting {
	return value === 'error' || value === 'warning' || value === 'information' || value === 'hint' || value === 'off';
}

function text(value: unknown, fallback: string): string {
	return typeof value === 'string' ? value : fallback;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
