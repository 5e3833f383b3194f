import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SyntaxTree } from '../../server/src/core/syntax/nodes.ts';
import type { NginxBinary } from '../../server/src/node/nginx/acquire.ts';
import { type PrivateFolder, privateFolder, testIn } from './nginx.ts';

/** What nginx stopped at in a text, with a one-based line. */
export interface Stop {
	readonly message: string;
	readonly line: number;
}

/** Asks `nginx -t` about one text after the other, in folders of its own, several at a time. */
export class NginxReader {
	readonly #nginx: NginxBinary;
	readonly #idle: PrivateFolder[] = [];
	readonly #all: PrivateFolder[] = [];

	constructor(nginx: NginxBinary) {
		this.#nginx = nginx;
	}

	/** Where nginx stopped reading; undefined when it came to the end of the text, whatever it thought of it afterwards. */
	async stop(text: string): Promise<Stop | undefined> {
		const folder = this.#idle.pop() ?? this.#newFolder();
		writeFileSync(join(folder.path, 'nginx.conf'), text);
		const { output } = await testIn(this.#nginx, folder.path);
		this.#idle.push(folder);
		const match = /\[emerg\] (?:\d+#\d+: )?([\s\S]*) in [^\n]*nginx\.conf:(\d+)$/m.exec(output);
		return match?.[1] === undefined ? undefined : { message: match[1], line: Number(match[2]) };
	}

	close(): void {
		for (const folder of this.#all) folder.remove();
	}

	#newFolder(): PrivateFolder {
		const folder = privateFolder({});
		this.#all.push(folder);
		return folder;
	}
}

/** Runs `task` on every item, four at a time. */
export async function forEachOfMany<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
	const queue = items.values();
	const worker = async (): Promise<void> => {
		for (const item of queue) await task(item);
	};
	await Promise.all([worker(), worker(), worker(), worker()]);
}

/** True for what nginx's reader itself says, before it looks at names and arguments. */
export function isReaderMessage(message: string): boolean {
	return /^(?:unexpected |too long parameter)/.test(message);
}

/** True for what nginx says of a directive that swallowed the next one. */
function isSwallowed(message: string): boolean {
	return /^(?:invalid number of|directive "|invalid parameters number)/.test(message);
}

/**
 * How our reading of a text differs from nginx's; undefined when they agree. nginx stops at its first error: where that is none of the
 * reader's, the text is only compared up to there.
 */
export function disagreement(tree: SyntaxTree, stop: Stop | undefined): string | undefined {
	const first = tree.problems[0];
	const ours = first === undefined ? 'nothing' : `${first.nginxLine}: ${first.nginxMessage} (${first.code})`;
	const nginx = stop === undefined ? 'nothing' : `${stop.line}: ${stop.message}`;
	const differs = `nginx says ${nginx}, we say ${ours}`;
	if (stop === undefined) return first === undefined ? undefined : differs;
	if (isReaderMessage(stop.message)) {
		return first?.nginxLine === stop.line && sameMessage(first.nginxMessage, stop.message) ? undefined : differs;
	}
	if (first === undefined || first.nginxLine > stop.line) return undefined;
	if (first.nginxLine < stop.line) return differs;
	return isSwallowed(stop.message) && !isReaderMessage(first.nginxMessage) && first.nginxMessage !== stop.message
		? differs
		: undefined;
}

/** nginx quotes bytes, we quote characters: beyond ASCII only the beginning is compared. */
function sameMessage(ours: string, nginx: string): boolean {
	if (ours === nginx) return true;
	const ascii = /^[\x20-\x7e]*/.exec(ours)?.[0] ?? '';
	return ascii.length < ours.length && nginx.startsWith(ascii);
}
