import type { Configuration, Files } from '../core/config/model.ts';
import { type AnalyseOptions, type Analysis, analysing } from '../core/engine/analyse.ts';
import type { Finding, Fix } from '../core/engine/finding.ts';
import type { NginxVersion } from '../core/reference/versions.ts';
import type { Route } from '../core/routes/route.ts';
import { routesOf } from '../core/routes/routes.ts';

/** What it takes to read a configuration and to check it. */
export interface CheckOptions extends Omit<AnalyseOptions, 'files' | 'rebuild'> {
	readonly files: Files;
	/** Builds the configuration again, from other texts. */
	readonly rebuild: (files: Files) => Configuration;
}

/**
 * A configuration with what is known about it, each part made when it is first read: the outline of a document needs no routes, a code
 * lens no rules. Each finding proves its fixes once.
 */
export class Checked implements Analysis {
	readonly configuration: Configuration;
	readonly options: CheckOptions;
	#routes: readonly Route[] | undefined;
	#findings: readonly Finding[] | undefined;
	#running: Generator<undefined, Analysis, undefined> | undefined;

	constructor(configuration: Configuration, options: CheckOptions) {
		this.configuration = configuration;
		this.options = options;
	}

	get version(): NginxVersion {
		return this.options.version;
	}

	get routes(): readonly Route[] {
		this.#routes ??= routesOf(this.configuration, this.options.version, undefined, this.options.alsoMeant);
		return this.#routes;
	}

	get findings(): readonly Finding[] {
		return this.check();
	}

	/** Runs the rules, unless they have run. */
	check(): readonly Finding[] {
		while (this.#findings === undefined) this.checkOn();
		return this.#findings;
	}

	/** The rules have run. */
	get isChecked(): boolean {
		return this.#findings !== undefined;
	}

	/** Runs the rules one small step on. True when they have all run. */
	checkOn(): boolean {
		if (this.#findings !== undefined) return true;
		this.#running ??= analysing(this.configuration, this.options);
		const step = this.#running.next();
		if (step.done !== true) return false;
		this.#findings = step.value.findings.map(provedOnce);
		this.#routes ??= step.value.routes;
		this.#running = undefined;
		return true;
	}
}

function provedOnce(finding: Finding): Finding {
	let fixes: readonly Fix[] | undefined;
	return {
		...finding,
		fixes: () => {
			fixes ??= finding.fixes();
			return fixes;
		},
	};
}
