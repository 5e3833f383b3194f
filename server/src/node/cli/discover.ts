import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { buildConfiguration, buildFragment } from '../../core/config/build.ts';
import type { Configuration, ContextName, Files } from '../../core/config/model.ts';
import { misfitIn, readLooseFile, readProject } from '../../core/config/project.ts';
import type { ReadConfigurations } from '../../core/engine/project.ts';
import { toCorePath } from '../files.ts';
import { codeOf, reasonFor } from '../textFiles.ts';
import { UsageFailure } from './failure.ts';
import { withoutTwins } from './twins.ts';

/** What a call is about. */
export interface Target {
	/** The folder that absolute includes are mapped onto and that paths are shown relative to. */
	readonly workspace: string;
	readonly read: ReadConfigurations;
}

/** Folders that hold no configuration of the person's own. */
const SKIPPED = new Set(['node_modules', '.git', '.hg', '.svn', 'dist', 'build', '.cache', 'vendor', 'target']);
/** Files looked at in one folder; beyond it somebody pointed at a whole disk. */
const MOST_FILES = 20_000;

/**
 * The configurations that a path means: a main file, a fragment, or all of a folder. Without a context a file's own content, or the main
 * file that includes it, decides.
 */
export function targetOf(path: string, context: ContextName | undefined): Target {
	// A shell's unset variable, not the working directory: --fix would change everything in that.
	if (path === '') throw new UsageFailure('The path is empty; name a main file, a fragment or a folder.');
	const full = toCorePath(resolve(path));
	const stat = statOf(full, path);
	if (stat.isDirectory()) {
		const paths = configurationFiles(full);
		if (paths.length === 0) throw new UsageFailure(`There is no nginx configuration in the folder ${path}.`);
		return {
			workspace: full,
			read: (files) =>
				context === undefined
					? withoutTwins(readProject(paths, files, { workspace: full }).configurations)
					: paths.map((file) => fragment(file, context, files, full)),
		};
	}
	if (!stat.isFile()) throw new UsageFailure(`${path} is neither a file nor a folder.`);
	const workspace = toCorePath(dirname(full));
	return {
		workspace,
		read: (files) => {
			const content = files.read(full);
			if (content.kind === 'unreadable') throw new UsageFailure(`${path} cannot be read: ${content.reason}.`);
			if (context !== undefined) return [fragment(full, context, files, workspace)];
			const made = readLooseFile(full, files, { workspace });
			return made === undefined ? [] : [made];
		},
	};
}

function statOf(full: string, shown: string): Stats {
	let stat: Stats | undefined;
	try {
		stat = statSync(full, { throwIfNoEntry: false });
	} catch (error) {
		const code = codeOf(error);
		if (code !== 'ENOTDIR') throw new UsageFailure(`${shown} cannot be read: ${reasonFor(code)}.`);
	}
	if (stat === undefined) throw new UsageFailure(`There is no file or folder ${shown}.`);
	return stat;
}

/** The main file of `routes`, `explain` and `test`; a fragment counts too. */
export function configurationOf(path: string, files: Files): Configuration {
	const [configuration] = targetOf(path, undefined).read(files);
	if (configuration === undefined || configuration.main.tree.source.text.includes('\0'))
		throw new UsageFailure(`${path} is not an nginx configuration.`);
	return configuration;
}

function fragment(path: string, context: ContextName, files: Files, workspace: string): Configuration {
	const content = files.read(path);
	const misfit = content.kind === 'text' ? misfitIn(context, content.tree, path) : undefined;
	if (misfit !== undefined && content.kind === 'text')
		throw new UsageFailure(
			`--context ${context}: ${misfit.name.value} (${path}, line ${content.tree.source.lineAt(misfit.span.start) + 1}) cannot stand there; leave out --context, or name the context that includes this file.`,
		);
	return context === 'main'
		? buildConfiguration(path, files, { workspace })
		: buildFragment(path, files, context, 'asked', { workspace });
}

/** The files of a folder that look like nginx's, sorted: by name, or by standing in a folder that nginx's packages use. */
export function configurationFiles(folder: string): readonly string[] {
	const found: string[] = [];
	const pending = [folder];
	let seen = 0;
	for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
		let entries: readonly import('node:fs').Dirent[];
		try {
			entries = readdirSync(current, { withFileTypes: true });
		} catch {
			continue;
		}
		for (const entry of entries) {
			if (++seen > MOST_FILES) return found.sort();
			const path = join(current, entry.name);
			if (entry.isDirectory()) {
				if (!SKIPPED.has(entry.name)) pending.push(path);
			} else if (looksLikeNginx(toCorePath(path))) found.push(toCorePath(path));
		}
	}
	return found.sort();
}

/** True for `*.conf`, `*.nginx`, and files without an ending in sites-available, sites-enabled, conf.d, snippets. */
export function looksLikeNginx(path: string): boolean {
	const name = basename(path);
	if (/\.(?:conf|nginx|nginxconf|vhost)(?:\.(?:template|tmpl|j2|erb))?$/.test(name)) return true;
	return /\/(?:sites-available|sites-enabled|conf\.d|snippets|vhosts?)\/[^/.]+$/.test(path);
}
