import type { Rewriting } from './plan.ts';
import type { NginxProblem, RouteProof, SandboxResult } from './result.ts';

const WORDS: Readonly<Record<RouteProof['outcome'], string>> = {
	upgraded: 'upgrades',
	refused: 'does not upgrade',
	'not-proved': 'not proved',
};

/** How a person reads a file's path. */
export type PathOf = (path: string) => string;

/** Lines for a terminal: each version, its routes with prediction and observation side by side, and what was rewritten. */
export function sandboxText(results: readonly SandboxResult[], pathOf: PathOf): string {
	const lines: string[] = [];
	for (const result of results) {
		lines.push(heading(result));
		for (const problem of result.problems) lines.push(`  ${problemLine(problem, pathOf)}`);
		for (const route of result.routes) {
			lines.push('', `  ${WORDS[route.outcome]}: ${route.title} (${pathOf(route.path)}:${route.line})`);
			if (route.url !== '') lines.push(`    url        ${route.url}`);
			lines.push(`    observed   ${observed(route)}`, `    predicted  ${predicted(route)}`);
			for (const { address, upstream, requestLine, headers, status } of route.seen) {
				lines.push(
					`    backend    ${address}${upstream === undefined ? '' : ` of upstream ${upstream}`} got ${requestLine || 'no HTTP'}, answered ${status || 'nothing'}`,
				);
				for (const [name, value] of headers) lines.push(`               ${name}: ${value}`);
			}
			if (route.balancing.length > 0) lines.push(`    balancing  ${balancing(route)}`);
		}
		lines.push('');
	}
	const rewritings = rewritingLines(results, pathOf);
	if (rewritings.length > 0) lines.push('Not as written, in the sandbox:', ...rewritings.map((line) => `  ${line}`), '');
	if (results.length > 1) lines.push(...tableOf(results, pathOf), '');
	lines.push(verdictLine(results));
	return `${lines.join('\n')}\n`;
}

/** The same as Markdown. `linkOf` gives the target of a link to a line. */
export function sandboxMarkdown(
	results: readonly SandboxResult[],
	pathOf: PathOf,
	linkOf: (path: string, line: number) => string,
): string {
	const lines: string[] = [verdictLine(results), ''];
	if (results.length > 1) lines.push(...tableOf(results, pathOf), '');
	for (const result of results) {
		lines.push(`## ${heading(result)}`, '');
		for (const problem of result.problems) lines.push(`- ${problemLine(problem, pathOf)}`);
		for (const route of result.routes) {
			lines.push('', `### ${code(route.title)} ${WORDS[route.outcome]}`, '');
			lines.push(`[${pathOf(route.path)}:${route.line}](${linkOf(route.path, route.line)})`, '');
			lines.push('| | |', '| --- | --- |');
			if (route.url !== '') lines.push(`| URL | ${code(route.url)} |`);
			lines.push(`| Observed | ${cell(observed(route))} |`, `| Predicted | ${cell(predicted(route))} |`);
			if (route.balancing.length > 0) lines.push(`| Balancing | ${cell(balancing(route))} |`);
			for (const { address, upstream, requestLine, headers, status } of route.seen) {
				lines.push(
					'',
					`The backend ${code(address)}${upstream === undefined ? '' : ` of upstream ${code(upstream)}`} received, and answered ${status || 'nothing'}:`,
					'',
				);
				lines.push('```http', requestLine || '(no HTTP)', ...headers.map(([name, value]) => `${name}: ${value}`), '```');
			}
		}
		lines.push('');
	}
	const rewritings = rewritingLines(results, pathOf);
	if (rewritings.length > 0) lines.push('## Not as written, in the sandbox', '', ...rewritings.map((line) => `- ${line}`), '');
	return lines.join('\n');
}

/** Two runs, before and after a change, route by route. */
export function beforeAndAfter(title: string, before: SandboxResult, after: SandboxResult, pathOf: PathOf): string {
	const lines = [
		`# ${title}`,
		'',
		`nginx ${after.nginxVersion} (${after.origin})`,
		'',
		'| Route | Before | After |',
		'| --- | --- | --- |',
	];
	for (let index = 0; index < Math.max(before.routes.length, after.routes.length); index++) {
		const one = before.routes[index];
		const other = after.routes[index];
		const shown = other ?? one;
		if (shown === undefined) continue;
		lines.push(
			`| ${code(shown.title)}${shown.url === '' ? '' : `<br>${code(shown.url)}`} | ${one === undefined ? '' : cell(observed(one))} | ${other === undefined ? '' : cell(observed(other))} |`,
		);
	}
	for (const [name, result] of [
		['Before', before],
		['After', after],
	] as const) {
		if (result.outcome !== 'ran')
			lines.push(
				'',
				`**${name}:** ${result.problems.map((problem) => problemLine(problem, pathOf)).join('; ') || result.outcome}`,
			);
		for (const route of result.routes)
			for (const { requestLine, headers, address } of route.seen.slice(-1))
				lines.push(
					'',
					`**${name}**, ${code(route.title)}: ${code(address)} received`,
					'',
					'```http',
					requestLine || '(no HTTP)',
					...headers.map(([header, value]) => `${header}: ${value}`),
					'```',
				);
	}
	const rewritings = rewritingLines([after], pathOf);
	if (rewritings.length > 0) lines.push('', '## Not as written, in the sandbox', '', ...rewritings.map((line) => `- ${line}`));
	return `${lines.join('\n')}\n`;
}

/** JUnit's XML: a suite for each version, a case for each route. What is not proved is a failure too: nothing was shown to work. */
export function sandboxJunit(results: readonly SandboxResult[], pathOf: PathOf): string {
	const suites = results.map((result) => {
		const cases = result.routes.map((route) => {
			const name = `name="${xml(`${route.title} ${route.url}`)}" classname="${xml(`${pathOf(route.path)}:${route.line}`)}" time="${(route.milliseconds / 1000).toFixed(3)}"`;
			return route.outcome === 'upgraded'
				? `    <testcase ${name}/>`
				: `    <testcase ${name}><failure message="${xml(`${WORDS[route.outcome]}: ${route.reason}`)}"/></testcase>`;
		});
		if (result.outcome !== 'ran' || result.routes.length === 0)
			cases.push(
				`    <testcase name="nginx" classname="nginx"><error message="${xml(result.problems.map((problem) => problemLine(problem, pathOf)).join('; ') || 'no WebSocket route was proved')}"/></testcase>`,
			);
		const failures = result.routes.filter(({ outcome }) => outcome !== 'upgraded').length;
		const errors = cases.length - result.routes.length;
		return `  <testsuite name="${xml(`nginx ${result.nginxVersion}`)}" tests="${cases.length}" failures="${failures}" errors="${errors}" time="${(result.milliseconds / 1000).toFixed(3)}">\n${cases.join('\n')}\n  </testsuite>`;
	});
	return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="nginx-websocket">\n${suites.join('\n')}\n</testsuites>\n`;
}

/** GitHub's workflow commands: an annotation for each route that does not upgrade, or is not proved, and for what nginx complains of. */
export function sandboxGithub(results: readonly SandboxResult[], pathOf: PathOf): string {
	const lines: string[] = [];
	for (const result of results) {
		const title = property(`nginx ${result.nginxVersion}`.trim());
		for (const { severity, message, path, line } of result.problems)
			lines.push(
				`::${severity} ${path === undefined ? '' : `file=${property(pathOf(path))},line=${line ?? 1},`}title=${title}::${text(message)}`,
			);
		for (const route of result.routes)
			if (route.outcome !== 'upgraded')
				lines.push(
					`::error file=${property(pathOf(route.path))},line=${route.line},title=${title}::${text(`${route.title} ${WORDS[route.outcome]}: ${route.reason}`)}`,
				);
		if (result.outcome === 'ran' && result.routes.length === 0)
			lines.push(`::error title=${title}::no WebSocket route was proved`);
	}
	return lines.map((line) => `${line}\n`).join('');
}

/** One sentence: what is proved. */
export function verdictLine(results: readonly SandboxResult[]): string {
	const routes = results.flatMap((result) => result.routes);
	const count = (outcome: RouteProof['outcome']): number => routes.filter((route) => route.outcome === outcome).length;
	const stopped = results.filter(({ outcome }) => outcome !== 'ran');
	if (routes.length === 0 && stopped.length === 0) return 'Nothing is proved: there is no WebSocket route.';
	const [first] = stopped;
	if (first !== undefined && routes.length === 0)
		return first.outcome === 'rejected'
			? `nginx ${first.nginxVersion} rejects the configuration.`
			: `Nothing is proved: ${first.problems[0]?.message ?? first.outcome}`;
	const parts = [`${count('upgraded')} of ${routes.length} handshakes upgraded`];
	if (count('refused') > 0) parts.push(`${count('refused')} did not`);
	if (count('not-proved') > 0) parts.push(`${count('not-proved')} not proved`);
	if (stopped.length > 0) parts.push(`${stopped.length} of ${results.length} versions did not run`);
	return `${parts.join(', ')}.`;
}

/** A table: route × version. */
function tableOf(results: readonly SandboxResult[], pathOf: PathOf): readonly string[] {
	const keys = new Map<string, RouteProof>();
	for (const { routes } of results) for (const route of routes) keys.set(keyOf(route), route);
	const lines = [
		`| Route | ${results.map(({ nginxVersion }) => nginxVersion).join(' | ')} |`,
		`| --- |${results.map(() => ' --- |').join('')}`,
	];
	for (const [key, route] of keys) {
		const cells = results.map((result) => {
			const found = result.routes.find((candidate) => keyOf(candidate) === key);
			return found === undefined ? result.outcome : WORDS[found.outcome];
		});
		lines.push(`| ${cell(`${route.title} ${route.url} (${pathOf(route.path)}:${route.line})`)} | ${cells.join(' | ')} |`);
	}
	return lines;
}

function keyOf({ path, line, url }: RouteProof): string {
	return `${path}\0${line}\0${url}`;
}

function heading({ nginxVersion, origin, outcome, milliseconds }: SandboxResult): string {
	const name = nginxVersion === '' ? 'nginx' : `nginx ${nginxVersion} (${origin})`;
	const time = `${(milliseconds / 1000).toFixed(2)} s`;
	if (outcome === 'ran') return `${name}, ${time}`;
	return `${name} ${outcome === 'rejected' ? 'rejects the configuration' : outcome === 'cancelled' ? 'was stopped' : 'did not run'}, ${time}`;
}

function observed(route: RouteProof): string {
	if (route.outcome === 'upgraded') return `upgrades${route.status === null ? '' : ` (${route.status})`}`;
	return `${WORDS[route.outcome]}: ${route.reason}`;
}

function predicted({ predicted: what, predictedReason }: RouteProof): string {
	if (what === 'upgrades') return 'upgrades';
	return `${what === 'fails' ? 'does not upgrade' : 'cannot be told'}${predictedReason === '' ? '' : `: ${predictedReason}`}`;
}

function balancing(route: RouteProof): string {
	return route.balancing.map(({ address, count }) => `${address} ${count}×`).join(', ');
}

function problemLine({ severity, message, path, line }: NginxProblem, pathOf: PathOf): string {
	return `${severity}: ${message}${path === undefined ? '' : ` (${pathOf(path)}${line === undefined ? '' : `:${line}`})`}`;
}

/** What was rewritten, each once, however many versions ran. */
function rewritingLines(results: readonly SandboxResult[], pathOf: PathOf): readonly string[] {
	const lines = new Set<string>();
	for (const { rewritings } of results) for (const rewriting of rewritings) lines.add(rewritingLine(rewriting, pathOf));
	return [...lines];
}

function rewritingLine({ kind, at, line, what, why }: Rewriting, pathOf: PathOf): string {
	const place = at === undefined ? '' : `${pathOf(at.path)}:${line ?? 1} `;
	const verb =
		kind === 'stripped' || kind === 'lacking' || kind === 'granted' ? 'left out' : kind === 'assumed' ? 'assumed' : 'moved';
	return `${place}${what}, ${verb}: ${why}`;
}

function code(value: string): string {
	return `\`${value.replaceAll('`', 'ˋ').replaceAll('|', '\\|')}\``;
}

function cell(value: string): string {
	return value.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function xml(value: string): string {
	return value
		.replace(/[^\t\n\r\u0020-\uFFFD]/g, '\uFFFD')
		.replace(/&/g, '&amp;')
		.replace(/</g, '&lt;')
		.replace(/>/g, '&gt;')
		.replace(/"/g, '&quot;');
}

function text(value: string): string {
	return value.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(value: string): string {
	return text(value).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
