import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Severity } from '../../core/engine/finding.ts';
import { RULES } from '../../core/rules/rules.generated.ts';
import { readText } from '../textFiles.ts';
import { UsageFailure } from './failure.ts';

/** What `.nginx-websocket.json` may say; the keys are the editor's settings without their prefix. */
export interface FileSettings {
	readonly nginxVersion?: string;
	readonly intent: 'certain' | 'likely';
	readonly severity: Readonly<Record<string, Severity | 'off'>>;
}

const SEVERITIES: readonly string[] = ['error', 'warning', 'information', 'hint', 'off'];

/** Reads the nearest `.nginx-websocket.json` from a folder upwards; defaults when there is none. */
export function readSettingsFile(folder: string): FileSettings {
	for (let current = folder; ; current = dirname(current)) {
		const path = join(current, '.nginx-websocket.json');
		if (existsSync(path)) return checked(path, textOf(path));
		if (dirname(current) === current) return { intent: 'likely', severity: {} };
	}
}

function textOf(path: string): string {
	const content = readText(path);
	if (content.kind === 'text') return content.text;
	throw new UsageFailure(`${path} cannot be read: ${content.kind === 'missing' ? 'it is gone' : content.reason}.`);
}

function checked(path: string, text: string): FileSettings {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		throw new UsageFailure(`${path} is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`);
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		throw new UsageFailure(`${path} must hold one JSON object.`);
	const settings = value as Record<string, unknown>;
	for (const key of Object.keys(settings))
		if (!['$schema', 'nginxVersion', 'intent', 'severity'].includes(key))
			throw new UsageFailure(`${path}: there is no setting ${key}; there is nginxVersion, intent and severity.`);
	const { nginxVersion, intent = 'likely', severity = {} } = settings;
	if (nginxVersion !== undefined && typeof nginxVersion !== 'string')
		throw new UsageFailure(`${path}: nginxVersion must be a text such as "1.26.3".`);
	if (intent !== 'certain' && intent !== 'likely') throw new UsageFailure(`${path}: intent must be "certain" or "likely".`);
	if (typeof severity !== 'object' || severity === null)
		throw new UsageFailure(`${path}: severity must map rule ids to severities.`);
	for (const [id, level] of Object.entries(severity)) {
		if (!RULES.some((rule) => rule.id === id))
			throw new UsageFailure(`${path}: there is no rule ${id}; \`nginx-websocket rules\` lists them.`);
		if (typeof level !== 'string' || !SEVERITIES.includes(level))
			throw new UsageFailure(`${path}: the severity of ${id} must be one of ${SEVERITIES.join(', ')}.`);
	}
	return {
		...(nginxVersion === undefined || nginxVersion === 'auto' ? {} : { nginxVersion }),
		intent,
		severity: severity as Record<string, Severity | 'off'>,
	};
}
