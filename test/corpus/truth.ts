import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one nginx did with a handshake to one location. */
export interface RecordedAnswer {
	readonly handshake: 'ok' | 'fail' | 'skipped' | 'unreachable';
	readonly status: number | null;
	/** Why the strict backend refused: `http/1.0`, `no-upgrade-header` and the like. */
	readonly reasons: readonly string[];
	readonly idleTimeoutMs: number | null;
}

/** A line of `locations.jsonl`: a proxying location and what two versions of nginx did with a handshake there. */
export interface RecordedLocation {
	readonly id: string;
	/** Relative to the corpus. */
	readonly file: string;
	/** One-based line of the location's directive in `file`; null for a stream server. */
	readonly line: number | null;
	readonly title: string;
	/** False when the location stands in another file, which this one includes. */
	readonly own: boolean;
	/** The file is a fragment, judged without what includes it. */
	readonly contextDependent: boolean;
	readonly listen: string;
	readonly tls: boolean;
	readonly host: string;
	/** The request target that was sent; null when nothing was. */
	readonly uri: string | null;
	/** nginx 1.22.1. */
	readonly stable: RecordedAnswer;
	/** nginx 1.31.5; undefined where it did not run. */
	readonly mainline: RecordedAnswer | undefined;
	/** Why it failed on 1.22.1, in the corpus' words. */
	readonly cause: string | null;
}

/** A line of `configurations.jsonl`: what `nginx -t` said of a file as it was found, and what it took to run it. */
export interface RecordedConfiguration {
	readonly id: string;
	readonly file: string;
	readonly kind: string;
	/** Undefined where nginx was not asked. */
	readonly accepted: boolean | undefined;
	/** nginx's complaint about the file as it was found. */
	readonly complaint: string | undefined;
	/** What had to be taken out or put in before it ran; empty when it ran as it is. */
	readonly changes: readonly string[];
	/** Files from elsewhere that includes were led to. */
	readonly composed: readonly string[];
	/** Lines of several contexts stand side by side, and were put where each belongs. */
	readonly mixed: boolean;
	/** The file is a template, and nginx saw a rendering of it. */
	readonly rendered: boolean;
}

/** The recorded truth of the corpus in `folder`. Throws on a line that is not what its README says: the corpus is then another one. */
export function recordedLocations(folder: string): readonly RecordedLocation[] {
	return lines(folder, 'locations.jsonl').map((line) => ({
		id: text(line.id),
		file: text(line.file),
		line: line.line === null ? null : number(line.line),
		title: text(line.loc),
		own: line.own === true,
		contextDependent: line.context_dependent === true,
		listen: text(line.listen),
		tls: line.tls === true,
		host: text(line.host),
		uri: line.uri === null ? null : text(line.uri),
		stable: answer(line),
		mainline: line.mainline === null ? undefined : answer(record(line.mainline)),
		cause: line.cause === null ? null : text(line.cause),
	}));
}

/** As `recordedLocations`, a configuration a line. */
export function recordedConfigurations(folder: string): readonly RecordedConfiguration[] {
	return lines(folder, 'configurations.jsonl').map((line) => {
		const strict = line.nginx_t_strict === null ? undefined : record(line.nginx_t_strict);
		return {
			id: text(line.id),
			file: text(line.file),
			kind: text(line.kind),
			accepted: strict === undefined ? undefined : strict.ok === true,
			complaint: typeof strict?.msg === 'string' ? strict.msg : undefined,
			changes: ['edits', 'assumed', 'stubbed_includes', 'rendered'].flatMap((key) => texts(line[key])),
			composed: texts(line.composed),
			mixed: /^mixed/.test(text(line.wrapped)),
			rendered: texts(line.rendered).length > 0,
		};
	});
}

type Line = Readonly<Record<string, unknown>>;

function lines(folder: string, name: string): readonly Line[] {
	return readFileSync(join(folder, name), 'utf8')
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => record(JSON.parse(line)));
}

function answer(line: Line): RecordedAnswer {
	const handshake = text(line.handshake);
	if (handshake !== 'ok' && handshake !== 'fail' && handshake !== 'skipped' && handshake !== 'unreachable')
		throw new Error(`«${handshake}» is no recorded handshake`);
	return {
		handshake,
		status: typeof line.status === 'number' ? line.status : null,
		reasons: texts(line.reasons),
		idleTimeoutMs: typeof line.idle_timeout_ms === 'number' ? line.idle_timeout_ms : null,
	};
}

function record(value: unknown): Line {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('a line of the truth is no object');
	return value as Line;
}

function text(value: unknown): string {
	if (value === null || value === undefined) return '';
	if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is no text`);
	return value;
}

function number(value: unknown): number {
	if (typeof value !== 'number') throw new Error(`${JSON.stringify(value)} is no number`);
	return value;
}

function texts(value: unknown): readonly string[] {
	return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
