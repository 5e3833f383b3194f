import type { Configuration, Files } from '../core/config/model.ts';
import { type AnalyseOptions, type Analysis, analyse } from '../core/engine/analyse.ts';
import type { Finding, Fix } from '../core/engine/finding.ts';

/** What it takes to read a configuration and to check it. */
export interface CheckOptions extends Omit<AnalyseOptions, 'files' | 'rebuild'> {
	readonly files: Files;
	/** Builds the configuration again, from other texts. */
	readonly rebuild: (files: Files) => Configuration;
}

/** An analysis with all that is needed to repeat it on changed texts. */
export interface Checked extends Analysis {
	readonly options: CheckOptions;
}

/** Reads and checks a configuration. Each finding proves its fixes once, when they are first asked for. */
export function check(options: CheckOptions, configuration: Configuration = options.rebuild(options.files)): Checked {
	const analysis = analyse(configuration, options);
	return { ...analysis, findings: analysis.findings.map(provedOnce), options };
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
