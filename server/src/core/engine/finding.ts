import type { Place } from '../config/model.ts';
import type { Edit, RelatedPlace, Severity, VersionBounds } from '../rules/rule.ts';

export type { Edit, Severity } from '../rules/rule.ts';

/** A proved cure as plain data. */
export interface Fix {
	/** What the person reads in the light bulb: an imperative sentence without a full stop. */
	readonly title: string;
	/** False when a request other than the cured route's handshake changes; the title then says what. */
	readonly safe: boolean;
	/** The one cure that `--fix` and fix-all apply. */
	readonly preferred: boolean;
	readonly edits: readonly Edit[];
}

export interface Finding {
	readonly ruleId: string;
	readonly severity: Severity;
	/** What nginx does, why, what to do: one sentence each. */
	readonly message: string;
	readonly at: Place;
	readonly related: readonly RelatedPlace[];
	/** The versions of nginx in which it holds; undefined: all. */
	readonly versions?: VersionBounds;
	/** The id of the route it is about; undefined for findings about text (syntax, reference, unknown variable). */
	readonly routeId: string | undefined;
	/** Computes and proves the fixes: re-evaluates the routes, drops any fix that makes one worse. Pure; may be slow. */
	readonly fixes: () => readonly Fix[];
}
