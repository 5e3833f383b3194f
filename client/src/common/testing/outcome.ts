import { isHealthy } from '../../../../server/src/core/handshake/trace.ts';
import type { DocumentPlace, HandshakeReport, WorkspaceRoute } from '../../../../server/src/protocol/requests.ts';

/** What every route is expected to answer. */
export const EXPECTED = '101 Switching Protocols';

/** What is kept of one test: enough to show it again when the window has been reloaded. */
export interface Outcome {
	readonly state: 'passed' | 'failed' | 'skipped';
	readonly durationMs: number;
	/** The headline and why, a sentence a line; the headline alone when it passed. */
	readonly message: string;
	readonly actual: string;
	/** The cause; undefined when no line is to blame. */
	readonly at?: DocumentPlace;
	/** Milliseconds since 1970. */
	readonly when: number;
}

/** Judges a report as a test. */
export function outcomeOf(report: HandshakeReport, when: number): Outcome {
	const { trace, headline, explanation } = report;
	const common = { durationMs: trace.timing.totalMs, actual: actualOf(report), when };
	if (trace.outcome === 'cancelled') return { ...common, state: 'skipped', message: headline };
	if (isHealthy(trace)) return { ...common, state: 'passed', message: headline };
	const at = explanation.find((line) => line.at !== undefined)?.at;
	const lines = explanation.map(({ text, where }) => (where === undefined ? text : `${text} (${where})`));
	return { ...common, state: 'failed', message: [headline, ...lines].join('\n'), ...(at && { at }) };
}

/** What came in place of the 101, in a few words. */
function actualOf({ trace, headline }: HandshakeReport): string {
	const { response, failure, outcome } = trace;
	if (response !== undefined && (response.status !== 101 || outcome === 'upgraded' || failure === undefined))
		return response.status === 101 && outcome !== 'upgraded' ? headline : `${response.status} ${response.reason}`.trim();
	if (failure !== undefined) return `${failure.message} (${failure.code})`;
	return headline;
}

/** The routes by file and server, as the view shows them, with ids that a change elsewhere in the text leaves as they are. */
export interface FileOfRoutes {
	readonly uri: string;
	readonly servers: readonly ServerOfRoutes[];
}

export interface ServerOfRoutes {
	readonly id: string;
	readonly name: string;
	readonly range: WorkspaceRoute['serverRange'];
	readonly routes: readonly { readonly id: string; readonly route: WorkspaceRoute }[];
}

/** Groups routes by file and server, in their order. Two servers of one name and file are one group, two locations of one title two. */
export function groupRoutes(routes: readonly WorkspaceRoute[]): readonly FileOfRoutes[] {
	const files = new Map<string, Map<string, WorkspaceRoute[]>>();
	for (const route of routes) {
		const servers = files.get(route.uri) ?? new Map<string, WorkspaceRoute[]>();
		files.set(route.uri, servers);
		servers.set(route.server, [...(servers.get(route.server) ?? []), route]);
	}
	return [...files].map(([uri, servers]) => ({
		uri,
		servers: [...servers].map(([name, own]) => {
			const id = `${uri}|${name}`;
			const seen = new Map<string, number>();
			return {
				id,
				name,
				range: own[0]?.serverRange,
				routes: own.map((route) => {
					const count = seen.get(route.title) ?? 0;
					seen.set(route.title, count + 1);
					return { id: `${id}|${route.title}${count === 0 ? '' : `|${count}`}`, route };
				}),
			};
		}),
	}));
}
