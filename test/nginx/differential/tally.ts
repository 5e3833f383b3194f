import { constructsOf } from './constructs.ts';
import type { Run } from './session.ts';

const FAMILIES: readonly (readonly [string, RegExp])[] = [
	['listen', /^listen/],
	['server names, exact', /^server_name exact$/],
	['server names with a leading wildcard', /^server_name (?:leading wildcard|dotted)$/],
	['server names with a trailing wildcard', /^server_name trailing wildcard$/],
	['server names with expressions', /^server_name regex$/],
	['the empty server name', /^server_name empty$/],
	['default_server', /^listen default_server$/],
	['nested locations', /^location nested$/],
	['regex locations', /^location ~/],
	['exact locations', /^location =$/],
	['named locations', /^location named$/],
	['maps', /^map/],
	['maps with expressions', /^map regex$/],
	['maps of host names', /^map hostnames$/],
	['maps with includes', /^map include$/],
	['volatile maps', /^map volatile$/],
	['geo', /^geo$/],
	['split_clients', /^split_clients$/],
	['headers from the location', /^headers of the location$/],
	['headers from the server', /^headers inherited from server$/],
	['headers from http', /^headers inherited from http$/],
	['includes', /^include$/],
	['rewrite', /^rewrite /],
	['return', /^return /],
	['if', /^if /],
	['set', /^set$/],
	['try_files', /^try_files/],
	['error_page without =', /^error_page plain/],
	['error_page with =', /^error_page =( |$)/],
	['error_page with =code', /^error_page =code/],
	['variables in proxy_pass', /^proxy_pass variable/],
	['proxy_pass with a URI', /^proxy_pass URI part$/],
	['upstream', /^upstream$/],
	['HTTP version', /^proxy_http_version$/],
	['deny', /^deny$/],
	['auth_basic', /^auth_basic$/],
	['limit_except', /^limit_except$/],
	['internal', /^internal$/],
	['valid_referers', /^valid_referers$/],
	['rewrite with last', /^rewrite last$/],
	['rewrite with break', /^rewrite break$/],
	['rewrite to a URL', /^rewrite (?:redirect|permanent|to a URL)$/],
	['if with a comparison', /^if !?=$/],
	['if with an expression', /^if !?~/],
	['if with a file', /^if !?-/],
	['uwsgi_pass', /^uwsgi_pass$/],
	['scgi_pass', /^scgi_pass$/],
	['stream proxying', /^stream proxy_pass$/],
];

/** Counts what a run of many configurations showed. */
export class Tally {
	requests = 0;
	unknown = 0;
	differences = 0;
	rejected = 0;
	died = 0;
	upgraded = 0;
	readonly outcomes = new Map<string, number>();
	readonly constructs = new Map<string, number>();
	readonly reasons = new Map<string, number>();

	add(run: Run): void {
		if ('died' in run) {
			this.died++;
			return;
		}
		if ('rejected' in run) {
			this.rejected++;
			return;
		}
		for (const { prediction, differences } of run.answers) {
			this.requests++;
			this.differences += differences.length > 0 ? 1 : 0;
			if (prediction.upgrade) this.upgraded++;
			count(
				this.outcomes,
				prediction.outcome === 'answered' ? `answered ${prediction.status ?? 'from files'}` : prediction.outcome,
			);
			if (prediction.outcome === 'unknown') {
				this.unknown++;
				count(this.reasons, prediction.unknown ?? '');
			}
			for (const construct of constructsOf(prediction)) count(this.constructs, construct);
		}
	}

	/** The families of constructs that decided fewer than `least` answers. */
	rare(least: number): string[] {
		return FAMILIES.flatMap(([family, pattern]) => {
			const number = [...this.constructs].reduce((sum, [name, times]) => (pattern.test(name) ? sum + times : sum), 0);
			return number < least ? [`${family}: ${number}`] : [];
		});
	}

	/** Lines for a person. */
	summary(): string {
		const list = (counts: ReadonlyMap<string, number>): string[] =>
			[...counts].sort((a, b) => b[1] - a[1]).map(([name, number]) => `${String(number).padStart(7)}  ${name}`);
		return [
			'what decided an answer, how often:',
			...list(this.constructs),
			'outcomes:',
			...list(this.outcomes),
			...(this.unknown > 0 ? ['unknown, because:', ...list(this.reasons)] : []),
			`${this.requests} requests, ${this.differences} predicted wrongly, ${this.unknown} unknown, ${this.upgraded} upgraded, ${this.rejected} configurations that nginx does not take, ${this.died} that it dies of`,
		].join('\n');
	}
}

function count(counts: Map<string, number>, name: string): void {
	counts.set(name, (counts.get(name) ?? 0) + 1);
}
