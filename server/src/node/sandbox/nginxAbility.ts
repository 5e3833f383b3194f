import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NginxVersion } from '../../core/reference/versions.ts';
import type { NginxBinary } from '../nginx/acquire.ts';
import { type Launch, runToEnd } from './guarded.ts';

/** An nginx that sandboxes can be made with. */
export interface SandboxNginx {
	readonly version: NginxVersion;
	/** For a person: `PATH`, `Docker image nginx:1.27`. */
	readonly origin: string;
	/** Modules in its own folder, by file name: their full path. */
	readonly modules: ReadonlyMap<string, string>;
	/** It was built with modules that are not nginx's own. */
	readonly isForeign: boolean;
	/** How to start it on a folder with these arguments. */
	launch(folder: string, args: readonly string[]): Launch;
}

/** An nginx of this machine. Asks it how it was built, for its own module folder. */
export async function localNginx({ path, version, origin, root }: NginxBinary): Promise<SandboxNginx> {
	const { output } = await runToEnd(path, ['-V'], undefined);
	const built = /--modules-path=(\S+)/.exec(output)?.[1];
	// The machine's own modules belong to another nginx: a module runs with the version that it was built for alone.
	const folder = root === undefined || built === undefined ? built : join(root, built);
	const modules = new Map<string, string>();
	for (const name of folder === undefined ? [] : namesIn(folder))
		if (folder !== undefined && name.endsWith('.so')) modules.set(name, join(folder, name));
	return {
		version,
		origin,
		modules,
		isForeign: isForeign(output),
		launch: (_folder, args) => ({ program: path, args, container: undefined }),
	};
}

/** Whether `nginx -V` tells of modules built in from elsewhere, or of a derivative of nginx. */
export function isForeign(configureArguments: string): boolean {
	return /--add-module=|openresty|tengine|angie|freenginx/i.test(configureArguments);
}

function namesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
