import { analyse } from '../core/engine/analyse.ts';
import type { Finding } from '../core/engine/finding.ts';
import { keyOf } from '../core/engine/project.ts';
import { analyseRange, type RangeAnalysis } from '../core/engine/range.ts';
import type { VersionedVerdict } from '../core/engine/verdictChanges.ts';
import { compareVersions, formatVersion, parseVersion } from '../core/reference/versions.ts';
import { VERDICT_CHANGES } from '../core/rules/notices.ts';
import { placeOf } from '../core/rules/rule.ts';
import { titleOf } from '../core/rules/wording.ts';
import type { ChangedRoute, DocumentPlace, UpgradeReport, UpgradeReportParams } from '../protocol/requests.ts';
import type { Checked } from './checked.ts';
import { serverTitle } from './routeList.ts';
import { locationOf, type View } from './view.ts';

/** Which routes of the view's configurations end a handshake differently with another nginx, and which findings come and go; a sentence when a version is none. */
export function upgradeReport(view: View, params: UpgradeReportParams): UpgradeReport | { readonly problem: string } {
	const ends = [params.from, params.to].map((text) => ({
		text,
		version: /^\d+\.\d+(\.\d+)?$/.test(text.trim()) ? parseVersion(text) : undefined,
	}));
	const wrong = ends.find(({ version }) => version === undefined);
	if (wrong !== undefined) return { problem: `${wrong.text} is not a version of nginx; write it like 1.26.3.` };
	const [from, to] = ends.flatMap(({ version }) => version ?? []).sort(compareVersions);
	if (from === undefined || to === undefined || view.checked.length === 0)
		return { problem: 'This document is no nginx configuration that can be read.' };
	const ranges = view.checked.map((checked) => overRange(checked, { from, to }));
	const routes = ranges.flatMap(({ changes }) =>
		changes.map(({ route, verdicts }): ChangedRoute => {
			const at = locationOf(view, placeOf(route.at));
			return {
				title: titleOf(route),
				server: serverTitle(route),
				...(at === undefined ? {} : { at }),
				verdicts: verdicts.map((verdict) => ({
					from: formatVersion(verdict.from),
					verdict: verdict.verdict,
					reason: verdict.reason,
				})),
			};
		}),
	);
	const partly = new Map(
		ranges
			.flatMap(({ findings }) => findings)
			.filter(({ message, ruleId }) => ruleId !== VERDICT_CHANGES.id && message.endsWith('.)') && message.includes(' (Holds '))
			.map((finding) => [keyOf(finding), finding]),
	);
	const span = `nginx ${formatVersion(from)} to ${formatVersion(to)}`;
	const headline =
		routes.length === 0
			? `From ${span}, no route ends a WebSocket handshake differently.`
			: `From ${span}, ${routes.length === 1 ? '1 route ends' : `${routes.length} routes end`} a WebSocket handshake differently.`;
	return { headline, routes, report: reportOf(view, headline, routes, [...partly.values()]) };
}

function overRange(checked: Checked, range: Parameters<typeof analyseRange>[0]): RangeAnalysis {
	const { configuration, options } = checked;
	return analyseRange(range, [configuration], options.severities, (version) => {
		const analysis = analyse(configuration, { ...options, version });
		return { analyses: [analysis], findings: analysis.findings, files: configuration.files };
	});
}

function reportOf(view: View, headline: string, routes: readonly ChangedRoute[], findings: readonly Finding[]): string {
	const parts = ['# What changes with the version of nginx', headline];
	for (const { title, server, at, verdicts } of routes)
		parts.push(
			`## ${title} (${server})\n\n${at === undefined ? '' : `${linkTo(at)}\n\n`}${verdicts.map(verdictLine).join('\n')}`,
		);
	if (findings.length > 0)
		parts.push(
			`## Findings of some of these versions only\n\n${findings
				.map(({ at, message }) => {
					const place = locationOf(view, at);
					return `- ${place === undefined ? '' : `${linkTo(place)}: `}${message}`;
				})
				.join('\n')}`,
		);
	return `${parts.join('\n\n')}\n`;
}

function verdictLine({ from, verdict, reason }: ChangedRoute['verdicts'][number], index: number): string {
	const words: Readonly<Record<VersionedVerdict['verdict'], string>> = {
		upgrades: 'upgrades',
		fails: 'fails',
		unknown: 'cannot be told',
	};
	return `- nginx ${from}${index === 0 ? '' : ' and newer'}: ${words[verdict]}${reason === '' ? '' : `: ${reason}`}`;
}

function linkTo({ uri, range }: DocumentPlace): string {
	const line = range.start.line + 1;
	return `[${decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1))}, line ${line}](${uri}#L${line})`;
}
