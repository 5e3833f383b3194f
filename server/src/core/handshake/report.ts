import { closeCodeMeaning } from './closeCodes.ts';
import { curlCommand, wscatCommand } from './commands.ts';
import { formatMs, type HandshakeExplanation, type HandshakeLine } from './explanation.ts';
import { STATION_STATES, type Station } from './station.ts';
import type { HandshakeTrace, HeaderLines, ResponseChecks } from './trace.ts';

/** What a part is drawn as, where a report can show pictures. */
export type Picture = 'path' | 'time' | 'sent' | 'received';

/** One part of a report; `lines` are sentences, `rows` name and value, `code` is shown as it is. */
export type ReportSection =
	| { readonly kind: 'lines'; readonly title: string; readonly picture?: Picture; readonly lines: readonly HandshakeLine[] }
	| {
			readonly kind: 'rows';
			readonly title: string;
			readonly picture?: Picture;
			readonly rows: readonly (readonly [string, string])[];
	  }
	| { readonly kind: 'code'; readonly title: string; readonly text: string };

/** The whole report, the answer first: what happened, why, what to do; then the record. The same for every way of showing it. */
export function reportSections(trace: HandshakeTrace, explanation: HandshakeExplanation): readonly ReportSection[] {
	const sections: ReportSection[] = [];
	const lines = (title: string, content: readonly HandshakeLine[], picture?: Picture): void => {
		if (content.length > 0) sections.push({ kind: 'lines', title, ...(picture && { picture }), lines: content });
	};
	const rows = (title: string, content: readonly (readonly [string, string])[], picture?: Picture): void => {
		if (content.length > 0) sections.push({ kind: 'rows', title, ...(picture && { picture }), rows: content });
	};
	lines('Why', explanation.why);
	lines('What to do', explanation.advice);
	lines('Path', (explanation.path ?? []).map(stationLine), 'path');
	if (trace.checks !== undefined) rows('Checks of the 101', checkRows(trace.checks));
	rows('After it opened', openRows(trace));
	rows('Time', timeRows(trace), 'time');
	rows('Connection', connectionRows(trace));
	rows('Sent', trace.request.headers, 'sent');
	const { response } = trace;
	if (response !== undefined) {
		rows(
			`Received: ${response.status}${response.reason === '' ? '' : ` ${response.reason}`}`,
			headerRows(response.headers),
			'received',
		);
		if (response.body.trim() !== '')
			sections.push({
				kind: 'code',
				title: response.bodyTruncated ? 'Body (its beginning)' : 'Body',
				text: response.body,
			});
	}
	if (trace.garbage !== undefined) sections.push({ kind: 'code', title: 'Received, and it is not HTTP', text: trace.garbage });
	if (trace.request.headers.length > 0)
		sections.push(
			{ kind: 'code', title: 'With curl', text: curlCommand(trace) },
			{ kind: 'code', title: 'With wscat', text: wscatCommand(trace) },
		);
	return sections;
}

/** The report as lines for a terminal, without colour. */
export function reportText(trace: HandshakeTrace, explanation: HandshakeExplanation): readonly string[] {
	const out = [trace.url, explanation.headline];
	for (const section of reportSections(trace, explanation)) {
		out.push('', section.title);
		if (section.kind === 'lines') for (const { text, where } of section.lines) out.push(`  ${withPlace(text, where)}`);
		else if (section.kind === 'rows') {
			const width = Math.min(28, Math.max(...section.rows.map(([name]) => name.length)) + 1);
			for (const [name, value] of section.rows) out.push(`  ${`${name}:`.padEnd(width)} ${value}`);
		} else for (const line of section.text.replace(/\n$/, '').split('\n')) out.push(`  ${line}`);
	}
	return out;
}

/** The report as Markdown. `link` gives the address of a place, so that a click opens it. */
export function reportMarkdown(
	trace: HandshakeTrace,
	explanation: HandshakeExplanation,
	link: (line: HandshakeLine) => string | undefined = () => undefined,
): string {
	const blocks = [`# ${escaped(trace.url)}`, escaped(explanation.headline)];
	for (const section of reportSections(trace, explanation)) {
		blocks.push(`## ${escaped(section.title)}`);
		if (section.kind === 'lines') blocks.push(section.lines.map((line) => `- ${markdownLine(line, link(line))}`).join('\n'));
		else if (section.kind === 'rows')
			blocks.push(
				['| | |', '| --- | --- |', ...section.rows.map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`)].join('\n'),
			);
		else blocks.push(fenced(section.text));
	}
	return `${blocks.join('\n\n')}\n`;
}

function stationLine({ kind, state, text, at, where }: Station): HandshakeLine {
	return { text: `${kind} ${text}: ${STATION_STATES[state]}`, at, where };
}

function withPlace(text: string, where: string | undefined): string {
	return where === undefined ? text : `${text} (${where})`;
}

function markdownLine({ text, where }: HandshakeLine, target: string | undefined): string {
	if (where === undefined) return escaped(text);
	return target === undefined ? `${escaped(text)} (${escaped(where)})` : `${escaped(text)} ([${escaped(where)}](${target}))`;
}

/** Text that Markdown shows as it is. */
function escaped(text: string): string {
	return text.replace(/[\\`*_[\]<>#|~]/g, '\\$&').replaceAll('\n', ' ');
}

function cell(text: string): string {
	return text === '' ? '' : escaped(text);
}

function fenced(text: string): string {
	const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
	const fence = '`'.repeat(longest + 1);
	return `${fence}text\n${text.replace(/\n$/, '')}\n${fence}`;
}

const CHECK_WORDS: Readonly<Record<ResponseChecks['subprotocol'] | ResponseChecks['extensions'], string>> = {
	right: 'right',
	wrong: 'WRONG',
	missing: 'MISSING',
	none: 'none',
};

function checkRows(checks: ResponseChecks): readonly (readonly [string, string])[] {
	return [
		['Upgrade', CHECK_WORDS[checks.upgrade]],
		['Connection', CHECK_WORDS[checks.connection]],
		['Sec-WebSocket-Accept', CHECK_WORDS[checks.accept]],
		['Subprotocol', CHECK_WORDS[checks.subprotocol]],
		['Extensions', CHECK_WORDS[checks.extensions]],
	];
}

function openRows({ ping, message, close }: HandshakeTrace): readonly (readonly [string, string])[] {
	const rows: [string, string][] = [];
	if (ping !== undefined) rows.push(['Ping', 'problem' in ping ? ping.problem : `pong after ${formatMs(ping.roundTripMs)}`]);
	if (message !== undefined) {
		rows.push(['Message', message.sent]);
		rows.push([
			'Reply',
			message.reply === undefined
				? 'none'
				: `${message.reply}${message.matched ? '' : ' (not what was expected)'}${message.roundTripMs === undefined ? '' : `, after ${formatMs(message.roundTripMs)}`}`,
		]);
	}
	if (close !== undefined)
		rows.push([
			'Closed',
			close.by === 'us' && close.code === 1006
				? 'by the test; the other side did not answer the close frame'
				: `by ${close.by === 'us' ? 'the test' : 'the other side'}, ${close.code}: ${closeCodeMeaning(close.code)}${close.reason === '' ? '' : ` (“${close.reason}”)`}`,
		]);
	return rows;
}

function timeRows({ timing }: HandshakeTrace): readonly (readonly [string, string])[] {
	const stages: readonly (readonly [string, number | undefined])[] = [
		['Name lookup', timing.dnsMs],
		['TCP', timing.tcpMs],
		['Proxy', timing.proxyMs],
		['TLS', timing.tlsMs],
		['Upgrade', timing.upgradeMs],
		['Whole test', timing.totalMs],
	];
	return stages.flatMap(([name, ms]) => (ms === undefined ? [] : [[name, formatMs(ms)] as const]));
}

function connectionRows({
	connectedTo,
	overridden,
	proxy,
	tls,
	redirects,
}: HandshakeTrace): readonly (readonly [string, string])[] {
	const rows: [string, string][] = [];
	if (connectedTo !== undefined)
		rows.push(['Connected to', overridden ? `${connectedTo} (chosen; the name is the URL's)` : connectedTo]);
	if (proxy !== undefined) rows.push(['Through the proxy', proxy]);
	if (tls !== undefined) {
		rows.push(['TLS', `${tls.protocol}${tls.alpn === undefined ? '' : `, ${tls.alpn}`}`]);
		const { certificate } = tls;
		if (certificate !== undefined)
			rows.push([
				'Certificate',
				`${certificate.names.join(', ') || certificate.subject}, from ${certificate.issuer}, until ${certificate.validTo}${tls.authorized ? '' : `: NOT GOOD (${tls.problem ?? ''})`}`,
			]);
	}
	for (const { url, status, location } of redirects) rows.push(['Followed', `${url} answered ${status} to ${location}`]);
	return rows;
}

function headerRows(headers: HeaderLines): readonly (readonly [string, string])[] {
	return headers.length === 0 ? [['(no headers)', '']] : headers;
}
