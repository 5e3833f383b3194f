import { join } from 'node:path';
import { locationTitle } from '../../server/src/core/config/location.ts';
import type { PlacedDirective, Scope } from '../../server/src/core/config/model.ts';
import type { Finding } from '../../server/src/core/engine/finding.ts';
import { analyseProject } from '../../server/src/core/engine/project.ts';
import type { NginxVersion } from '../../server/src/core/reference/versions.ts';
import type { Route } from '../../server/src/core/routes/route.ts';
import { targetOf } from '../../server/src/node/cli/discover.ts';
import { UsageFailure } from '../../server/src/node/cli/failure.ts';
import { diskFiles } from '../../server/src/node/files.ts';
import type { RecordedAnswer, RecordedConfiguration, RecordedLocation } from './truth.ts';

/** The two versions that the truth was recorded with. */
export type Recorded = 'stable' | 'mainline';

/** `check` on one path, as a person would run it. */
export interface CheckedPath {
	/** Relative to the corpus: a file, or a folder. */
	readonly path: string;
	readonly findings: readonly Finding[];
	readonly routes: readonly Route[];
	/** Rules that threw, and the exception that ended the check. */
	readonly crashes: readonly string[];
	/** Titles of all fixes that were asked for. */
	readonly fixes: number;
	readonly milliseconds: number;
}

/** Runs `check` on one file or folder of the corpus; with `fixes` also computes and proves each fix. */
export function checkPath(folder: string, path: string, version: NginxVersion, fixes = false): CheckedPath {
	const crashes: string[] = [];
	const started = performance.now();
	const done = (findings: readonly Finding[], routes: readonly Route[], asked: number): CheckedPath => ({
		path,
		findings,
		routes,
		crashes,
		fixes: asked,
		milliseconds: performance.now() - started,
	});
	try {
		const { findings, analyses } = analyseProject(diskFiles(), targetOf(join(folder, path), undefined).read, {
			version,
			onRuleError: (ruleId, error) => crashes.push(`${path}: ${ruleId}: ${String(error)}`),
		});
		const asked = fixes ? findings.flatMap((finding) => finding.fixes()).length : 0;
		return done(
			findings,
			analyses.flatMap(({ routes }) => routes),
			asked,
		);
	} catch (error) {
		// What is said instead of an answer (no configuration in the folder, a binary file) is no crash.
		if (!(error instanceof UsageFailure)) crashes.push(`${path}: ${String(error)}`);
		return done([], [], 0);
	}
}

export interface Verdicts {
	/** Recorded locations that stand in a checked file, and how many of them we know as a route. */
	readonly locations: number;
	readonly joined: number;
	/** Routes that a module of others changes: the nginx of the later truth was built from nginx alone. */
	readonly foreign: readonly string[];
	/** Recorded locations of their own file that we do not know as a route. */
	readonly unknownToUs: readonly string[];
	/** Errors and warnings on routes whose handshake works: false alarms. */
	readonly falseAlarms: readonly string[];
	/** Routes with an error or a warning, and how many of them fail. */
	readonly spokenAbout: { readonly routes: number; readonly failing: number };
	/** Failing routes that we call certainly meant for WebSockets. */
	readonly certain: Recall;
	/** Failing routes whose own or inherited lines set Upgrade, or a Connection that says upgrade. */
	readonly forwarding: Recall;
	/** Failing routes without any such line, and how many of them get an error or a warning. */
	readonly plain: { readonly failing: number; readonly found: number; readonly said: readonly string[] };
}

/** How many of the failing routes of a kind get an error or a warning. */
export interface Recall {
	readonly failing: number;
	readonly found: number;
	readonly missed: readonly string[];
	/** Of the missed ones, those whose outcome is not in the file: a fragment without the file that includes it. */
	readonly undecided: number;
}

/** Compares findings with what nginx did, location by location. A location is found by file and line. */
export function compareVerdicts(
	checked: readonly CheckedPath[],
	truth: readonly RecordedLocation[],
	recorded: Recorded,
	folder: string,
): Verdicts {
	const byPlace = new Map<string, { route: Route; findings: readonly Finding[] }[]>();
	for (const { routes, findings } of checked)
		for (const route of routes) {
			const { file, node } = route.at;
			const key = `${file.path}:${file.tree.source.lineAt(node.span.start) + 1}`;
			const entry = { route, findings: findings.filter(({ routeId }) => routeId === route.id) };
			byPlace.set(key, [...(byPlace.get(key) ?? []), entry]);
		}

	let locations = 0;
	let joined = 0;
	const foreign: string[] = [];
	const unknownToUs: string[] = [];
	const falseAlarms: string[] = [];
	const spokenAbout = { routes: 0, failing: 0 };
	const certain = { failing: 0, found: 0, missed: [] as string[], undecided: 0 };
	const forwarding = { failing: 0, found: 0, missed: [] as string[], undecided: 0 };
	const plain = { failing: 0, found: 0, said: [] as string[] };
	for (const location of truth) {
		const answer = answerOf(location, recorded);
		if (!location.own || location.line === null || (answer?.handshake !== 'ok' && answer?.handshake !== 'fail')) continue;
		locations++;
		const where = `${location.file}:${location.line} ${location.title}`;
		const onLine = byPlace.get(`${join(folder, location.file)}:${location.line}`) ?? [];
		const titled = onLine.filter(({ route }) => locationTitle(route.at) === `location ${location.title}`);
		const same = onLine.length > 1 && titled.length > 0 ? titled : onLine;
		if (same.length === 0) {
			unknownToUs.push(where);
			continue;
		}
		joined++;
		if (recorded === 'mainline' && same.some(({ route }) => isForeign(route.location))) {
			foreign.push(where);
			continue;
		}
		const loud = same.flatMap(({ findings }) => findings.filter(isLoud));
		if (loud.length > 0) {
			spokenAbout.routes++;
			if (answer.handshake === 'fail') spokenAbout.failing++;
		}
		if (answer.handshake === 'ok') {
			for (const finding of loud) falseAlarms.push(`${where}: ${finding.severity} ${finding.ruleId}: ${finding.message}`);
			continue;
		}
		const why = `${where}: ${location.cause ?? ''} [${answer.status ?? '-'} ${answer.reasons.join(' ')}]`;
		const count = (recall: typeof certain, note: string): void => {
			recall.failing++;
			if (loud.length > 0) recall.found++;
			else {
				recall.missed.push(`${why}${note}${location.contextDependent ? ' (a fragment)' : ''}`);
				if (location.contextDependent || same.every(({ route }) => hangsOnInclude(route))) recall.undecided++;
			}
		};
		if (same.some(({ route }) => route.intent.level === 'certain')) count(certain, '');
		if (same.some(({ route }) => setsUpgrade(route.location)))
			count(forwarding, ` intent ${same.map(({ route }) => route.intent.level).join()}`);
		else {
			plain.failing++;
			if (loud.length > 0) {
				plain.found++;
				plain.said.push(`${where}: ${loud.map(({ ruleId }) => ruleId).join(', ')}`);
			}
		}
	}
	return { locations, joined, foreign, unknownToUs, falseAlarms, spokenAbout, certain, forwarding, plain };
}

export function answerOf(location: RecordedLocation, recorded: Recorded): RecordedAnswer | undefined {
	return recorded === 'stable' ? location.stable : location.mainline;
}

/** True where a directive of a module that is not nginx's own changes the headers of a location's requests. */
function isForeign(location: Scope): boolean {
	for (let level: Scope | undefined = location; level !== undefined; level = level.parent)
		if ([...level.byName.keys()].some((name) => name.startsWith('more_'))) return true;
	return false;
}

/** True where a file that an include asks for, and the corpus does not hold, decides. */
function hangsOnInclude({ handshake }: Route): boolean {
	return handshake.outcome === 'unknown' && /not in this workspace/.test(handshake.unknown ?? '');
}

function isLoud({ severity }: Finding): boolean {
	return severity === 'error' || severity === 'warning';
}

/** True when the nearest level with `proxy_set_header` lines has one that says upgrade: written from the text alone, not with our own inheritance. */
function setsUpgrade(location: Scope): boolean {
	for (let level: Scope | undefined = location; level !== undefined; level = level.parent) {
		const lines = level.byName.get('proxy_set_header') ?? [];
		if (lines.some(saysUpgrade)) return true;
		if (lines.length > 0) return false;
	}
	return false;
}

function saysUpgrade({ node }: PlacedDirective): boolean {
	const [name = '', value = ''] = node.args.map((word) => word.value.toLowerCase());
	return name === 'upgrade' ? value !== '' : name === 'connection' && value.includes('upgrade');
}

/**
 * Errors about text (syntax, names, contexts, arguments, variables) in files that nginx took as they are. Ellipses of documents are not
 * among them: the truth was recorded without these. Nor are directives of another version: it is not recorded which nginx took the file.
 */
export function wrongRejections(
	checked: readonly CheckedPath[],
	configurations: readonly RecordedConfiguration[],
): { readonly accepted: number; readonly wrong: readonly string[] } {
	const accepted = new Set(
		configurations
			// A parameter that no version takes was taken out before nginx was asked.
			.filter(
				({ accepted, rendered, changes }) =>
					accepted === true && !rendered && !changes.some((one) => one.startsWith('removed listen parameter')),
			)
			.map(({ file }) => file),
	);
	const wrong = checked
		.filter(({ path }) => accepted.has(path))
		.flatMap(({ path, findings }) =>
			findings
				.filter(
					({ severity, routeId, ruleId }) => severity === 'error' && routeId === undefined && ruleId !== 'directive-version',
				)
				.filter(({ message }) => !message.includes('"..."'))
				.map(({ ruleId, message }) => `${path}: ${ruleId}: ${message}`),
		);
	return { accepted: accepted.size, wrong };
}

/** Files that nginx refused, those that get no error from us, and nginx's complaints about these, most frequent first. */
export function missedRejections(
	checked: readonly CheckedPath[],
	configurations: readonly RecordedConfiguration[],
): { readonly refused: number; readonly missed: number; readonly complaints: readonly (readonly [string, number])[] } {
	const findings = new Map(checked.map((one) => [one.path, one.findings]));
	const refused = configurations.filter((one) => one.accepted === false && one.complaint !== undefined);
	const missed = refused.filter(({ file }) => !(findings.get(file) ?? []).some(({ severity }) => severity === 'error'));
	const complaints = new Map<string, number>();
	for (const { complaint = '' } of missed) {
		const kind = complaint.replace(/ in \S+:\d+$/, '').replace(/"[^"]*"/g, '"…"');
		complaints.set(kind, (complaints.get(kind) ?? 0) + 1);
	}
	return { refused: refused.length, missed: missed.length, complaints: [...complaints].sort((a, b) => b[1] - a[1]) };
}
