import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatVersion } from '../../src/core/reference/versions.ts';
import { DEBIAN_SUITES, unpackDebianNginx } from '../../src/node/nginx/acquire.ts';
import { type Asked, Asker } from './asking.mts';
import { type Command, commandsOf } from './commands.mts';
import { unpackModules } from './modules.mts';
import { argumentPairs } from './samples.mts';

/*
 * Writes measured.generated.json: what nginx of several generations, with its stream and mail modules, takes for every directive.
 * Contexts, counts and kinds of values are read from the command tables of the programs themselves; whether a directive with a setter of
 * its own may be repeated is asked of `nginx -t`. test/nginx/reference.test.ts asks nginx whether the tables tell the truth.
 * `npm run generate` reads the file, so that a machine without nginx needs nothing.
 */

const cache = fileURLToPath(new URL('../../../.cache/nginx/', import.meta.url));
const versions: string[] = [];
const result = new Map<string, Record<string, readonly Omit<Command, 'name'>[]>>();
for (const suite of DEBIAN_SUITES) {
	const found = await unpackDebianNginx(suite, cache);
	if (found.kind === 'none') throw new Error(found.reason);
	const version = formatVersion(found.nginx.version);
	versions.push(version);
	const modules = await unpackModules(suite, cache);
	const program = join(dirname(found.nginx.path), 'root/usr/sbin/nginx');
	const commands = [program, ...modules].flatMap(commandsOf);
	console.log(`nginx ${version}: ${commands.length} commands, ${new Set(commands.map(({ name }) => name)).size} names`);
	await tryTwice({ path: found.nginx.path, modules }, commands, (command, once) => {
		const { name, ...facts } = command;
		const byVersion = result.get(name) ?? {};
		byVersion[version] = [...(byVersion[version] ?? []), once === undefined ? facts : { ...facts, once }];
		result.set(name, byVersion);
	});
}
const lines = [...result]
	.sort(([a], [b]) => (a < b ? -1 : 1))
	.map(([name, byVersion]) => `\t\t${JSON.stringify(name)}: ${JSON.stringify(byVersion)}`);
writeFileSync(
	fileURLToPath(new URL('measured.generated.json', import.meta.url)),
	`{\n\t"versions": ${JSON.stringify(versions)},\n\t"directives": {\n${lines.join(',\n')}\n\t}\n}\n`,
);

/** Finds out, for commands with a setter of their own, whether a second line on the same level is refused. Keeps the order. */
async function tryTwice(
	asked: Asked,
	commands: readonly Command[],
	tell: (command: Command, once: boolean | undefined) => void,
): Promise<void> {
	const answers = new Map<Command, boolean | undefined>();
	const pending = [...commands];
	await Promise.all(
		Array.from({ length: 4 }, async () => {
			const asker = new Asker(asked);
			for (let command = pending.pop(); command !== undefined; command = pending.pop())
				answers.set(command, command.once ?? (await isOnce(asker, command)));
			asker.close();
		}),
	);
	for (const command of commands) tell(command, answers.get(command));
}

/** Whether nginx refuses a second line with another value; undefined when no two lines were found that are right by themselves. */
async function isOnce(asker: Asker, command: Command): Promise<boolean | undefined> {
	const { name } = command;
	const context = command.contexts.includes('location') ? 'location' : command.contexts[0];
	if (context === undefined) return undefined;
	if (command.block) {
		if (!command.counts.includes(0)) return undefined;
		const twice = await asker.about(name, context, `${name} {}\n${name} {}`);
		return twice.kind === 'duplicate' ? true : undefined;
	}
	for (const [first, second] of argumentPairs(command)) {
		const single = await asker.about(name, context, `${name} ${first};`);
		if (single.kind === 'value' || single.kind === 'count') continue;
		const twice = await asker.about(name, context, `${name} ${first};\n${name} ${second};`);
		if (twice.kind === 'duplicate') return true;
		if (single.kind === 'passed' && twice.kind === 'passed') return false;
	}
	return undefined;
}
