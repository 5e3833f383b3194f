import type { NginxProblem } from './result.ts';

/**
 * What nginx wrote, line by line: errors and warnings with the file and line they name (src/core/ngx_log.c, ngx_conf_log_error).
 * `pathOf` turns the path that nginx knows into the person's; a file that it does not know is left out.
 */
export function readMessages(output: string, pathOf: (path: string) => string | undefined): readonly NginxProblem[] {
	const problems: NginxProblem[] = [];
	for (const line of output.split('\n')) {
		const found =
			/^(?:nginx: |\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d )?\[(emerg|alert|crit|error|warn)\] (?:\d+#\d+: )?(?:\*\d+ )?(.*)$/.exec(
				line.trim(),
			);
		if (found === null) continue;
		const [, level = '', text = ''] = found;
		const place = / in (\/.+):(\d+)$/.exec(text);
		const path = place?.[1] === undefined ? undefined : pathOf(place[1]);
		const message = (place === null ? text : text.slice(0, place.index)).replace(/\/\S*\/conf\/\d+-(\S+?)(?=[":,\s]|$)/g, '$1');
		if (problems.some((known) => known.message === message && known.path === path)) continue;
		problems.push({
			severity: level === 'warn' ? 'warning' : 'error',
			message,
			path,
			line: path === undefined ? undefined : Number(place?.[2]),
		});
	}
	return problems;
}
