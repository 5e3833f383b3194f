import type { Place } from '../config/model.ts';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** A change of one stretch of one file; offsets are those of the text that was analysed. */
export interface Edit extends Place {
	readonly text: string;
}

/** A cure as plain data. */
export interface Fix {
	/** What the person reads in the light bulb: an imperative sentence without a full stop. */
	readonly title: string;
	/** False when a request other than the cured route's handshake changes; the title then says what. */
	readonly safe: boolean;
	/** The one cure that `--fix` and fix-all apply. */
	readonly preferred: boolean;
	readonly edits: readonly Edit[];
}

export interface Related extends Place {
	readonly message: string;
}

export interface Finding {
	readonly ruleId: string;
	readonly severity: Severity;
	/** What nginx does, why, what to do: one sentence each. */
	readonly message: string;
	readonly at: Place;
	readonly related: readonly Related[];
	/** The id of the route it is about; undefined for findings about text (syntax, reference, unknown variable). */
	readonly routeId: string | undefined;
	/** Computes and proves the fixes: re-evaluates the routes they touch, drops any that makes a route worse. Pure; may be slow. */
	readonly fixes: () => readonly Fix[];
}
