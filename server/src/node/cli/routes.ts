import { listensOf } from '../../core/config/listen.ts';
import type { Configuration } from '../../core/config/model.ts';
import { versionsIn } from '../../core/engine/range.ts';
import { formatVersion } from '../../core/reference/versions.ts';
import type { Route } from '../../core/routes/route.ts';
import { routesOf } from '../../core/routes/routes.ts';
import { formatUrl } from '../../core/routes/urls.ts';
import { verdictOf } from '../../core/routes/verdict.ts';
import { formatDuration, titleOf } from '../../core/rules/wording.ts';
import { diskFiles } from '../files.ts';
import { configurationOf } from './discover.ts';
import { UsageFailure } from './failure.ts';
import type { Output } from './output.ts';
import { shownPath } from './report.ts';
import { versionRangeFor } from './settingsFile.ts';

/** `routes CONFIG`: every proxied route with its verdict, by version where the versions differ. */
export function routes(path: string | undefined, format: string, nginxVersion: string | undefined, output: Output): number {
	if (path === undefined) throw new UsageFailure('Which configuration? Write: nginx-websocket routes CONFIG.');
	if (format !== 'pretty' && format !== 'json') throw new UsageFailure(`--format ${format}: there is pretty and json.`);
	const configuration = configurationOf(path, diskFiles());
	const range = versionRangeFor(path, nginxVersion);
	const versions = versionsIn(range);
	const lists = versions.map((version) => routesOf(configuration, version));
	const rows = (lists[0] ?? []).map((route, index) =>
		describe(
			route,
			configuration,
			versions.map((version, nth) => ({ version: formatVersion(version), route: lists[nth]?.[index] ?? route })),
		),
	);
	if (format === 'json') output.data(`${JSON.stringify({ nginxVersion: range.text, routes: rows }, null, 2)}\n`);
	else {
		for (const row of rows) {
			output.data(`${row.file}:${row.line}  ${row.title}  (${row.server})\n`);
			output.data(`  ${row.verdict}${row.reason === '' ? '' : `: ${row.reason}`}\n`);
			for (const change of row.versions)
				if (row.versions.length > 1)
					output.data(`    nginx ${change.from}: ${change.verdict}${change.reason === '' ? '' : `: ${change.reason}`}\n`);
			output.data(
				`  to ${row.handler ?? 'nothing'}, idle limit ${row.idleTimeoutMs === null ? 'unknown' : formatDuration(row.idleTimeoutMs)}\n`,
			);
			output.data(`  meant for WebSockets: ${row.intent}${row.evidence.map((text) => `; ${text}`).join('')}\n`);
			for (const url of row.urls) output.data(`  ${url}\n`);
		}
		output.data(`${rows.length} proxied route${rows.length === 1 ? '' : 's'}, read as nginx ${range.text}.\n`);
	}
	return 0;
}

function describe(route: Route, configuration: Configuration, byVersion: readonly { version: string; route: Route }[]) {
	const verdict = verdictOf(route);
	const source = route.at.file.tree.source;
	const changes = byVersion
		.map(({ version, route: same }) => ({ from: version, ...verdictOf(same) }))
		.filter(
			(change, index, all) =>
				index === 0 || change.verdict !== all[index - 1]?.verdict || change.reason !== all[index - 1]?.reason,
		);
	return {
		file: shownPath(route.at.file.path, configuration.prefix),
		line: source.lineAt(route.at.node.span.start) + 1,
		title: titleOf(route),
		server: serverTitle(route),
		handler: route.handler === undefined ? null : `${route.handler.node.name.value} ${route.handler.node.args[0]?.value ?? ''}`,
		verdict: verdict.verdict,
		reason: verdict.reason,
		versions: changes,
		intent: route.intent.level,
		evidence: route.intent.evidence.map(({ text }) => text),
		idleTimeoutMs: route.handshake.idleTimeoutMs,
		idleTimeoutFrom: route.handshake.idleTimeoutAt === undefined ? 'default' : placeText(route),
		urls: route.urls.map(formatUrl),
	};

	function placeText(subject: Route): string {
		const at = subject.handshake.idleTimeoutAt;
		return at === undefined
			? 'default'
			: `${shownPath(at.file.path, configuration.prefix)}:${at.file.tree.source.lineAt(at.node.span.start) + 1}`;
	}
}

function serverTitle(route: Route): string {
	const names = (route.server.byName.get('server_name') ?? [])
		.flatMap((placed) => placed.node.args.map((word) => word.value))
		.filter((name) => name !== '');
	const ports = listensOf(route.server).map(({ address, port }) => (port === 0 ? address : `${address}:${port}`));
	return `${names.length === 0 ? 'server' : names.join(' ')} on ${ports.join(', ')}`;
}
