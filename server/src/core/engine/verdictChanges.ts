import { locationTitle } from '../config/location.ts';
import { formatVersion, type NginxVersion } from '../reference/versions.ts';
import type { Route } from '../routes/route.ts';
import { type RouteVerdict, verdictOf } from '../routes/verdict.ts';
import { VERDICT_CHANGES } from '../rules/notices.ts';
import { placeOf } from '../rules/rule.ts';
import type { Finding } from './finding.ts';

/** What becomes of a handshake from a version on. */
export interface VersionedVerdict extends RouteVerdict {
	readonly from: NginxVersion;
}

/** A route whose handshake ends differently with different versions of nginx. */
export interface VerdictChange {
	/** As the first version has it. */
	readonly route: Route;
	/** At least two, oldest first; neighbours differ in their verdict. */
	readonly verdicts: readonly VersionedVerdict[];
}

/**
 * The routes whose verdict is not the same with all versions, in file order. `routes`: those of one configuration by version, oldest
 * first, each list in the same order. `refused`: why nginx does not start with a version at all.
 */
export function verdictChanges(
	byVersion: readonly {
		readonly version: NginxVersion;
		readonly routes: readonly Route[];
		readonly refused?: string | undefined;
	}[],
): readonly VerdictChange[] {
	return (byVersion[0]?.routes ?? []).flatMap((route, index) => {
		const verdicts = byVersion
			.map(({ version, routes, refused }) => ({
				from: version,
				...(refused === undefined ? verdictOf(routes[index] ?? route) : { verdict: 'fails' as const, reason: refused }),
			}))
			.filter(({ verdict }, nth, all) => nth === 0 || verdict !== all[nth - 1]?.verdict);
		return verdicts.length < 2 ? [] : [{ route, verdicts }];
	});
}

/** `location /ws upgrades with nginx 1.22.0; it fails from nginx 1.29.7 on: …`, as one sentence with its full stop. */
export function changeSentence({ route, verdicts }: VerdictChange): string {
	const title = route.match === undefined ? 'this stream server' : locationTitle(route.at);
	const parts = verdicts.map((verdict, index) => {
		const version = formatVersion(verdict.from);
		const when = index === 0 ? `with nginx ${version}` : `from nginx ${version} on`;
		return `${verdictWords(verdict)} ${when}${verdict.reason === '' ? '' : ` (${verdict.reason})`}`;
	});
	return `A WebSocket handshake at ${title} ${parts.join(', and ')}.`;
}

function verdictWords({ verdict }: RouteVerdict): string {
	return verdict === 'upgrades' ? 'upgrades' : verdict === 'fails' ? 'fails' : 'cannot be foretold';
}

/** A change as a finding: a warning where a handshake that upgrades fails later, else information. */
export function changeFinding(change: VerdictChange): Finding {
	const first = change.verdicts[0];
	const last = change.verdicts.at(-1);
	return {
		ruleId: VERDICT_CHANGES.id,
		severity: first?.verdict === 'upgrades' && last?.verdict === 'fails' ? 'warning' : VERDICT_CHANGES.severity,
		message: changeSentence(change),
		at: placeOf(change.route.at),
		related: [],
		routeId: change.route.id,
		fixes: () => [],
	};
}
