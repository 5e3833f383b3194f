/** The section of the editor's settings; every key below stands under it. */
export const SETTINGS_SECTION = 'nginxWebSocket';

export type SeveritySetting = 'error' | 'warning' | 'information' | 'hint' | 'off';

/**
 * What a person may set (`contributes.configuration` in package.json has the same keys, defaults and texts).
 * A server that gets no settings at all uses `DEFAULT_SETTINGS`.
 */
export interface Settings {
	/** `auto`, or a version such as `1.26.3`. `auto` asks the local `nginx -v` in a trusted workspace, else takes the stated default. */
	readonly nginxVersion: string;
	/** The nginx program that is asked for its version; empty: the one on PATH. Ignored in an untrusted workspace. */
	readonly nginxPath: string;
	/** Which routes get findings: those certainly meant for WebSockets, or the likely ones too. */
	readonly intent: 'certain' | 'likely';
	/** Rule id → severity; a rule that is not named keeps its own. */
	readonly severity: { readonly [ruleId: string]: SeveritySetting };
	readonly test: {
		/** Longest time for one handshake test, in milliseconds. */
		readonly timeout: number;
		/** Host names that may be contacted without asking (the loopback addresses always may). Names as in a URL, no wildcards. */
		readonly confirmedHosts: readonly string[];
	};
	/** A code lens above each WebSocket location. */
	readonly codeLens: boolean;
}

export const DEFAULT_SETTINGS: Settings = {
	nginxVersion: 'auto',
	nginxPath: '',
	intent: 'likely',
	severity: {},
	test: { timeout: 10_000, confirmedHosts: [] },
	codeLens: true,
};
