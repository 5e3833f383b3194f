import { parseConfiguration } from '../../server/src/core/config/parseConfiguration.ts';
import type { SyntaxTree } from '../../server/src/core/syntax/nodes.ts';
import { walk } from '../../server/src/core/syntax/query.ts';
import type { Span } from '../../server/src/core/text/span.ts';
import type { CorpusFile } from '../support/corpusFiles.ts';
import { placed } from '../support/syntaxCases.ts';
import { disagreement, forEachOfMany, isReaderMessage, type NginxReader, type Stop } from '../support/syntaxVerdict.ts';

export interface OracleCounts {
	readonly files: number;
	/** Exempt: nginx never reads these as they are. */
	readonly templates: number;
	/** nginx came to the end, and so did we. */
	readonly accepted: number;
	/** nginx and we stopped at the same syntax error, on the same line. */
	readonly refused: number;
	/** Something else stopped nginx that could not be taken out. */
	readonly unfinished: number;
	readonly disagreements: readonly string[];
}

/**
 * Compares our syntax problems with `nginx -t` over real files. What nginx refuses for another reason (a name it does not know, a file
 * that is not there) is blanked out and asked again, until it either comes to the end or to a syntax error.
 */
export async function runSyntaxOracle(reader: NginxReader, files: readonly CorpusFile[]): Promise<OracleCounts> {
	const counts = { files: files.length, templates: 0, accepted: 0, refused: 0, unfinished: 0 };
	const disagreements: string[] = [];
	await forEachOfMany(files, async ({ path, text }) => {
		if (parseConfiguration(text).template) {
			counts.templates++;
			return;
		}
		const { read, stop } = await readToTheEnd(reader, text);
		if (stop === undefined) counts.accepted++;
		else if (isReaderMessage(stop.message)) counts.refused++;
		else counts.unfinished++;
		const differs = disagreement(parseConfiguration(read), stop);
		if (differs !== undefined) disagreements.push(`${path}: ${differs}`);
	});
	return { ...counts, disagreements };
}

const MOST_ATTEMPTS = 80;

async function readToTheEnd(reader: NginxReader, text: string): Promise<{ read: string; stop: Stop | undefined }> {
	let read = await inItsPlace(reader, text);
	let stop: Stop | undefined;
	for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
		stop = await reader.stop(read);
		if (stop === undefined || isReaderMessage(stop.message)) break;
		const culprit = directiveEndingOn(parseConfiguration(read), stop);
		if (culprit === undefined) break;
		const blank = read.slice(culprit.start, culprit.end).replace(/[^\n]/g, ' ');
		read = read.slice(0, culprit.start) + blank + read.slice(culprit.end);
	}
	return { read, stop };
}

/** A fragment is put where its first directive may stand: the place at which nginx gets furthest. */
async function inItsPlace(reader: NginxReader, text: string): Promise<string> {
	let best = text;
	let furthest = -1;
	for (const place of ['main', 'http', 'server', 'location'] as const) {
		const whole = placed(text, place);
		const stop = await reader.stop(whole);
		const line = stop === undefined ? Number.POSITIVE_INFINITY : stop.line;
		if (line > furthest) {
			furthest = line;
			best = whole;
		}
	}
	return best;
}

/** The directive that nginx complains of: the one it names, else the first, of those that end or open their block on its line. */
function directiveEndingOn(tree: SyntaxTree, stop: Stop): Span | undefined {
	const named = /"([^"]*)" directive|directive "([^"]*)"/.exec(stop.message);
	const name = named?.[1] ?? named?.[2];
	let found: Span | undefined;
	for (const directive of walk(tree.directives)) {
		const { block, span } = directive;
		const lineOf = (offset: number): number => tree.source.lineAt(offset) + 1;
		const ends =
			lineOf(block === undefined ? span.end - 1 : block.span.start) === stop.line || lineOf(span.end - 1) === stop.line;
		if (!ends || (found !== undefined && name === undefined && block !== undefined)) continue;
		if (directive.name.value === name) return span;
		if (found === undefined || block === undefined) found = span;
	}
	return found;
}
