import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Severity } from '../../core/engine/finding.ts';
import { readSettingsText, SETTINGS_FILE } from '../../protocol/settingsFile.ts';
import { readText } from '../textFiles.ts';
import { UsageFailure } from './failure.ts';
import { readVersionRange, type VersionRange } from './versions.ts';

/** What the settings file says that a command asks for. */
export interface ProjectSettings {
	readonly nginxVersion?: string;
	readonly intent: 'certain' | 'likely';
	readonly severity: Readonly<Record<string, Severity | 'off'>>;
}

/** The nearest `.nginx-websocket.json` from a folder upwards; undefined when there is none. */
export function settingsFileFor(folder: string): string | undefined {
	for (let current = folder; ; current = dirname(current)) {
		const path = join(current, SETTINGS_FILE);
		if (existsSync(path)) return path;
		if (dirname(current) === current) return undefined;
	}
}

/** Reads a settings file; defaults when there is none. */
export function readSettingsFile(path: string | undefined): ProjectSettings {
	return path === undefined ? { intent: 'likely', severity: {} } : checked(path, textOf(path));
}

/** The version that a command about `path` is asked for: `--nginx-version`, else that of the settings file, else the default. */
export function versionRangeFor(path: string, option: string | undefined): VersionRange {
	return readVersionRange(option ?? readSettingsFile(settingsFileFor(dirname(resolve(path)))).nginxVersion);
}

function textOf(path: string): string {
	const content = readText(path);
	if (content.kind === 'text') return content.text;
	throw new UsageFailure(`${path} cannot be read: ${content.kind === 'missing' ? 'it is gone' : content.reason}.`);
}

function checked(path: string, text: string): ProjectSettings {
	const read = readSettingsText(text);
	if ('problem' in read) throw new UsageFailure(`${path}, line ${read.line}: ${read.problem}.`);
	const { nginxVersion, intent = 'likely', severity = {} } = read;
	return { ...(nginxVersion === undefined || nginxVersion === 'auto' ? {} : { nginxVersion }), intent, severity };
}
