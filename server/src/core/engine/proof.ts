import { locationTitle } from '../config/location.ts';
import type { Configuration, Files } from '../config/model.ts';
import { parseConfiguration } from '../config/parseConfiguration.ts';
import { createPredictor, type Predictor } from '../request/predict.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { routesOf } from '../routes/routes.ts';
import { plainRequest } from '../routes/urls.ts';
import type { Cure, Report, RuleContext } from '../rules/rule.ts';
import { applyEdits, editsByFile } from './edits.ts';
import type { Fix } from './finding.ts';

/** Headers that a cure of a WebSocket route may change on that route (design §2). */
const HANDSHAKE_HEADERS = /^(?:upgrade|connection|sec-websocket-.*)$/;

/**
 * Applies each cure in memory, evaluates every route before and after, and keeps the cures that make none worse.
 * A cure that changes another request than the cured route's handshake is marked unsafe and says so in its title.
 */
export function prove(
	report: Report,
	cures: readonly Cure[],
	context: RuleContext,
	files: Files,
	rebuild: (files: Files) => Configuration,
): readonly Fix[] {
	const fixes: Fix[] = [];
	for (const cure of cures) {
		const after = cured(cure, context.configuration, files, rebuild);
		if (after === undefined) continue;
		const predictor = createPredictor(after, context.version);
		const verdict = compare(context.allRoutes, routesOf(after, context.version, predictor), predictor, report.route);
		if (verdict === 'worse') continue;
		const safe = verdict.length === 0;
		fixes.push({
			title: safe ? cure.title : `${cure.title} (also changes ${listed(verdict)})`,
			safe,
			preferred: cure.preferred && !fixes.some(({ preferred }) => preferred),
			edits: cure.edits,
		});
	}
	return fixes;
}

/** The configuration after a cure; undefined when its edits conflict or it changes nothing. */
function cured(
	cure: Cure,
	configuration: Configuration,
	files: Files,
	rebuild: (files: Files) => Configuration,
): Configuration | undefined {
	const texts = new Map<string, string>();
	for (const [path, edits] of editsByFile(cure.edits)) {
		const before = configuration.files.get(path)?.tree.source.text;
		if (before === undefined) return undefined;
		const text = applyEdits(before, edits);
		if (typeof text !== 'string' || text === before) return undefined;
		texts.set(path, text);
	}
	return texts.size === 0 ? undefined : rebuild(overlaid(files, texts));
}

/** The same files with some texts changed. */
export function overlaid(files: Files, texts: ReadonlyMap<string, string>): Files {
	return {
		read: (path) => {
			const text = texts.get(path);
			return text === undefined ? files.read(path) : { kind: 'text', tree: parseConfiguration(text) };
		},
		glob: (pattern) => files.glob(pattern),
	};
}

/** `worse`, or the names of the other routes whose requests change. */
function compare(
	before: readonly Route[],
	after: readonly Route[],
	predictor: Predictor,
	subject: Route | undefined,
): 'worse' | readonly string[] {
	const changed = new Set<string>();
	for (const [route, same] of paired(before, after)) {
		if (same === undefined) return 'worse';
		// The same requests as before: the example URL of a route may have changed with its pattern.
		const handshake = predictor.predictIn(same.location, route.request);
		const plain = predictor.predictIn(same.location, plainRequest(route.urls[0]));
		if (isWorse(route.handshake, handshake) || isWorse(route.plain, plain)) return 'worse';
		const isSubject = route.id === subject?.id;
		if (changes(route.handshake, handshake, isSubject) || changes(route.plain, plain, isSubject)) {
			if (isSubject) return 'worse';
			changed.add(locationTitle(route.at));
		}
	}
	return [...changed];
}

function isWorse(before: Prediction, after: Prediction): boolean {
	if (before.upgrade && !after.upgrade) return true;
	return before.outcome === 'proxied' && after.outcome !== 'proxied';
}

function changes(before: Prediction, after: Prediction, isSubject: boolean): boolean {
	if (before.upstream === null || after.upstream === null) return false;
	if (before.upstream.uri !== after.upstream.uri || before.upstream.addresses.join() !== after.upstream.addresses.join())
		return true;
	if (!isSubject && before.upstream.httpVersion !== after.upstream.httpVersion) return true;
	const names = new Set([...before.upstream.headers.keys(), ...after.upstream.headers.keys()]);
	for (const name of names) {
		if (isSubject && HANDSHAKE_HEADERS.test(name)) continue;
		if (before.upstream.headers.get(name) !== after.upstream.headers.get(name)) return true;
	}
	return false;
}

/** Each route with the same one after the edits: by order where none was added or removed, else by its title. */
function paired(before: readonly Route[], after: readonly Route[]): readonly (readonly [Route, Route | undefined])[] {
	if (before.length === after.length) return before.map((route, index) => [route, after[index]]);
	const later = byTitle(after);
	return [...byTitle(before)].map(([key, route]) => [route, later.get(key)]);
}

/** Routes by file, title, and the how-manieth of that title. */
function byTitle(routes: readonly Route[]): ReadonlyMap<string, Route> {
	const seen = new Map<string, number>();
	const keyed = new Map<string, Route>();
	for (const route of routes) {
		const name = `${route.at.file.path}\0${locationTitle(route.at)}`;
		const count = (seen.get(name) ?? 0) + 1;
		seen.set(name, count);
		keyed.set(`${name}\0${count}`, route);
	}
	return keyed;
}

function listed(names: readonly string[]): string {
	const [first, second, third] = names;
	if (names.length <= 3) return [first, second, third].filter((name) => name !== undefined).join(', ');
	return `${first}, ${second} and ${names.length - 2} more`;
}
