import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A text that stands in a context, each on a line of its own so that nginx's line numbers say little else. */
export const CONTEXTS: Readonly<Record<string, (text: string) => string>> = {
	main: (text) => `${text}\nevents {}`,
	events: (text) => `events { ${text}\n}`,
	http: (text) => `events {} http { ${text}\n}`,
	server: (text) => `events {} http { server { ${text}\n} }`,
	location: (text) => `events {} http { server { location /x { ${text}\n} } }`,
	'if in server': (text) => `events {} http { server { if ($arg_x) { ${text}\n} } }`,
	'if in location': (text) => `events {} http { server { location /x { if ($arg_x) { ${text}\n} } } }`,
	limit_except: (text) => `events {} http { server { location /x { limit_except GET { ${text}\n} } } }`,
	upstream: (text) => `events {} http { upstream u { ${text}\n} }`,
	stream: (text) => `events {} stream { ${text}\n}`,
	'stream server': (text) => `events {} stream { server { ${text}\n} }`,
	'stream upstream': (text) => `events {} stream { upstream u { ${text}\n} }`,
	mail: (text) => `events {} mail { ${text}\n}`,
	'mail server': (text) => `events {} mail { server { ${text}\n} }`,
};

/** The path of nginx, and what has to stand before every text (the modules it loads). */
export interface Asked {
	readonly path: string;
	readonly modules: readonly string[];
}

/** Where on the way to the handler nginx stopped at a directive (TK18, TK19), or what the handler said of the value. */
export type Answer =
	| { readonly kind: 'unknown' | 'context' | 'terminator' | 'count' | 'value' | 'duplicate' | 'passed'; readonly said: string }
	| { readonly kind: 'other'; readonly said: string };

/** A question to nginx in a folder of its own. Call `close` at the end. */
export class Asker {
	readonly #nginx: Asked;
	readonly #folder = mkdtempSync(join(tmpdir(), 'nginx-asked-'));

	constructor(nginx: Asked) {
		this.#nginx = nginx;
		mkdirSync(join(this.#folder, 'logs'));
		for (const name of ['x0', 'y0']) writeFileSync(join(this.#folder, name), '');
	}

	close(): void {
		rmSync(this.#folder, { recursive: true, force: true });
	}

	/** What `nginx -t` writes about a whole configuration. */
	whole(text: string): Promise<string> {
		const main = join(this.#folder, 'nginx.conf');
		writeFileSync(main, `${this.#nginx.modules.map((path) => `load_module ${path}; `).join('')}${text}`);
		const args = ['-t', '-p', `${this.#folder}/`, '-c', main, '-e', join(this.#folder, 'logs/e'), '-g', 'pid logs/pid;'];
		return new Promise((resolve) => {
			execFile(this.#nginx.path, args, { timeout: 20_000 }, (_, stdout, stderr) => resolve(`${stdout}${stderr}`));
		});
	}

	/** What nginx makes of a directive of this name in a text that stands in a context. */
	async about(name: string, context: string, text: string): Promise<Answer> {
		const place = CONTEXTS[context];
		if (place === undefined) throw new Error(`There is no context ${context}.`);
		return classify(name, await this.whole(place(text)));
	}
}

/** Reads nginx's first complaint (wording: src/core/ngx_conf_file.c). */
export function classify(name: string, output: string): Answer {
	const said = /\[emerg\] (.*)/.exec(output)?.[1] ?? '';
	const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	const matches = (pattern: string): boolean => new RegExp(pattern).test(said);
	// What has no line comes after the last directive was taken: folders, logs and ports of this machine.
	if (!/ in \S+:\d+$/.test(said)) return { kind: 'passed', said };
	if (matches(`^unknown directive "${quoted}"`)) return { kind: 'unknown', said };
	if (matches(`^"${quoted}" directive is not allowed here`)) return { kind: 'context', said };
	if (matches(`^directive "${quoted}" (?:has no opening|is not terminated)`)) return { kind: 'terminator', said };
	if (matches(`^invalid number of arguments in "${quoted}" directive`)) return { kind: 'count', said };
	if (matches(`^"${quoted}" directive is duplicate`)) return { kind: 'duplicate', said };
	if (matches(`^(?:invalid value |"${quoted}" directive (?:invalid (?:value|number)|value must be))`))
		return { kind: 'value', said };
	return { kind: 'other', said };
}
