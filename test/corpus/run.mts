import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { formatVersion, type NginxVersion } from '../../server/src/core/reference/versions.ts';
import { corpusFiles, corpusFolder } from '../support/corpusFiles.ts';
import { generations } from '../support/nginx.ts';
import { sandboxGenerations } from '../support/sandboxes.ts';
import { NginxReader } from '../support/syntaxVerdict.ts';
import { type FixedConfiguration, fixedInSandbox } from './fixes.ts';
import { comparePredictions } from './predictions.ts';
import { recordedByFile, type SandboxedConfiguration, sandboxed, sandboxSummary } from './sandboxes.ts';
import { runSyntaxOracle } from './syntaxOracle.ts';
import { runPrefixes } from './syntaxPrefixes.ts';
import { recordedConfigurations, recordedLocations } from './truth.ts';
import { checkPath, compareVerdicts, missedRejections, type Recall, type Recorded, wrongRejections } from './verdicts.ts';

/* npm run corpus: everything that is measured against real configurations, all of them. */

const folder = corpusFolder();
if (folder === undefined) process.exit(2);
const only = new Set(process.argv.slice(2));
const wants = (part: string): boolean => only.size === 0 || only.has(part);
let faults = 0;
/** A line a version, for the table at the end. */
const table: (readonly string[])[] = [];

const files = corpusFiles(folder);
const truth = recordedLocations(folder);
const configurations = recordedConfigurations(folder);
console.log(`${files.length} files, ${truth.length} recorded locations, ${configurations.length} recorded configurations.`);

const versions: readonly (readonly [Recorded, NginxVersion])[] = [
	['stable', { major: 1, minor: 22, patch: 1 }],
	['mainline', { major: 1, minor: 31, patch: 5 }],
];

if (wants('check'))
	for (const [recorded, version] of versions) {
		heading(`check, as nginx ${formatVersion(version)}`);
		const checked = files.map(({ path }) => checkPath(folder, path, version, true));
		const slowest = checked.reduce((a, b) => (b.milliseconds > a.milliseconds ? b : a));
		const total = checked.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
		row('files checked', checked.length);
		row(
			'findings',
			checked.reduce((sum, { findings }) => sum + findings.length, 0),
		);
		row(
			'fixes proved',
			checked.reduce((sum, { fixes }) => sum + fixes, 0),
		);
		row('time with all fixes', `${Math.round(total)} ms, slowest ${slowest.path} ${Math.round(slowest.milliseconds)} ms`);
		list(
			'crashes',
			checked.flatMap(({ crashes }) => crashes),
			true,
		);
		const verdicts = compareVerdicts(checked, truth, recorded, folder);
		row('recorded locations', `${verdicts.locations}, known to us as routes ${verdicts.joined}`);
		list('not known as routes', verdicts.unknownToUs, false);
		list('changed by a module that its nginx was built without', verdicts.foreign, false);
		list('FALSE ALARMS: errors and warnings where the handshake works', verdicts.falseAlarms, true);
		row('failing, certainly meant', share(verdicts.certain));
		list('missed', verdicts.certain.missed, false);
		row('failing, sets Upgrade or Connection: upgrade', share(verdicts.forwarding));
		list('missed', verdicts.forwarding.missed, false);
		list('failing without any upgrade line, spoken about', verdicts.plain.said, false);
		row('  of', verdicts.plain.failing);
		table.push([
			formatVersion(version),
			share({ failing: verdicts.spokenAbout.routes, found: verdicts.spokenAbout.failing }),
			String(verdicts.falseAlarms.length),
			share(verdicts.certain),
			share(decided(verdicts.certain)),
			share(verdicts.forwarding),
			share(decided(verdicts.forwarding)),
			share(verdicts.plain),
		]);
		if (recorded === 'stable') {
			const wrong = wrongRejections(checked, configurations);
			row('files that nginx accepts as they are', wrong.accepted);
			list('WRONG ERRORS about their text', wrong.wrong, true);
			const missed = missedRejections(checked, configurations);
			row('files that nginx refuses as they are', `${missed.refused}, with an error of ours ${missed.refused - missed.missed}`);
			for (const [complaint, count] of missed.complaints.slice(0, 20)) row(`  without: ${count}`, complaint);
		}
		const folders = readdirSync(join(folder, 'files')).map((name) => checkPath(folder, `files/${name}`, version));
		const asFolders = compareVerdicts(folders, truth, recorded, folder);
		row(
			'checked as whole folders',
			`${folders.length} folders, ${Math.round(folders.reduce((sum, one) => sum + one.milliseconds, 0))} ms`,
		);
		list(
			'crashes',
			folders.flatMap(({ crashes }) => crashes),
			true,
		);
		list('FALSE ALARMS', asFolders.falseAlarms, true);
		row('failing, sets Upgrade or Connection: upgrade', share(asFolders.forwarding));
	}

if (wants('predict'))
	for (const [recorded, version] of versions) {
		heading(`predictions, as nginx ${formatVersion(version)}`);
		const agreement = comparePredictions(folder, truth, configurations, recorded, version);
		row('handshakes', agreement.asked);
		row('right', agreement.right);
		row('not comparable', agreement.notComparable);
		row('unknown', agreement.unknown);
		for (const [reason, count] of agreement.reasons.slice(0, 12)) row(`  ${count}`, reason);
		list('WRONG', agreement.wrong, true);
	}

if (wants('prefixes')) {
	heading('every prefix of every file');
	const counts = runPrefixes(files, 1);
	row('prefixes', counts.prefixes);
	row('per character', `${((counts.milliseconds * 1e6) / counts.characters).toFixed(1)} ns`);
	row('slowest', `${counts.slowest.where}: ${counts.slowest.milliseconds.toFixed(1)} ms`);
	list('faults', counts.faults, true);
}

if (wants('sandbox')) {
	const nginx = (await sandboxGenerations())[0];
	if (nginx === undefined) throw new Error('there is no nginx here');
	heading(`sandbox, with nginx ${formatVersion(nginx.version)}`);
	const made: SandboxedConfiguration[] = [];
	const byFile = new Map(configurations.map((configuration) => [configuration.file, configuration]));
	for (const [file, locations] of recordedByFile(truth))
		made.push(await sandboxed(folder, file, locations, byFile.get(file), nginx));
	const summary = sandboxSummary(made);
	row('configurations with a recorded truth', made.length);
	for (const [reason, count] of summary.reasons) row(`  ${count} without it here`, reason);
	row('give it', `${summary.given} of ${summary.comparable} (${((summary.given * 100) / summary.comparable).toFixed(1)} %)`);
	row('predictions that agree with what happened', `${summary.agree} of ${summary.told}`);
	list('predictions that do not', summary.disagreements, false);
	row('median of one proof', `${Math.round(summary.median)} ms`);
	list('UNLIKE the truth', summary.unlike, true);
	if (summary.given < summary.comparable * 0.97 || summary.median > 1000) faults++;
}

if (wants('syntax')) {
	for (const nginx of await generations()) {
		heading(`syntax, asked of nginx ${formatVersion(nginx.version)}`);
		const reader = new NginxReader(nginx);
		const counts = await runSyntaxOracle(reader, files);
		reader.close();
		row('accepted by both', counts.accepted);
		row('refused by both on one line', counts.refused);
		row('templates, exempt', counts.templates);
		row('nginx not led to the end', counts.unfinished);
		list('DISAGREEMENTS', counts.disagreements, true);
	}
}

if (wants('fixes')) {
	heading('fixes, in the sandbox before and after');
	const nginx = (await sandboxGenerations())[0];
	if (nginx === undefined) list('NO NGINX', ['there is none here, and none can be unpacked'], true);
	else {
		const made: FixedConfiguration[] = [];
		for (const { path } of files) {
			const one = await fixedInSandbox(folder, path, nginx);
			if (one !== undefined) made.push(one);
		}
		const sum = (of: (one: FixedConfiguration) => number): number => made.reduce((total, one) => total + of(one), 0);
		row('configurations with something to fix', made.length);
		row(
			'fixes applied',
			sum(({ fixes }) => fixes),
		);
		row(
			'routes that the sandbox can judge',
			sum(({ judged }) => judged),
		);
		row(
			'  upgraded before and after',
			sum(({ kept }) => kept),
		);
		row(
			'  upgraded only after',
			sum(({ cured }) => cured),
		);
		list(
			'FAULTS OF FIXES',
			made.flatMap(({ file, faults: own }) => own.map((fault) => `${file}: ${fault}`)),
			true,
		);
	}
}

if (table.length > 0) {
	heading('errors and warnings against what nginx did');
	const names = [
		'nginx',
		'precision: spoken about, and failing',
		'false alarms',
		'recall: certainly meant',
		'  the same, decided by the file',
		'recall: sets Upgrade or Connection: upgrade',
		'  the same, decided by the file',
		'spoken about without any upgrade line',
	];
	for (const [index, name] of names.entries()) row(name, table.map((line) => (line[index] ?? '').padEnd(20)).join(''));
}

console.log(faults === 0 ? '\nNothing disagrees with the recorded truth.' : `\n${faults} faults.`);
process.exitCode = faults === 0 ? 0 : 1;

function heading(text: string): void {
	console.log(`\n${styleText('bold', text)}`);
}

function row(name: string, value: string | number): void {
	console.log(`  ${name.padEnd(48)} ${value}`);
}

/** A list that should be empty; one that is a fault makes the run fail. */
function list(name: string, items: readonly string[], isFault: boolean): void {
	row(name, items.length);
	for (const item of items) console.log(`      ${item}`);
	if (isFault) faults += items.length;
}

function share({ failing, found }: { readonly failing: number; readonly found: number }): string {
	return `${found} of ${failing}${failing === 0 ? '' : ` (${Math.round((found * 100) / failing)} %)`}`;
}

/** The same without what a fragment leaves open. */
function decided({ failing, found, undecided }: Recall): { readonly failing: number; readonly found: number } {
	return { failing: failing - undecided, found };
}
