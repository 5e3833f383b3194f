import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NOTICES } from '../src/core/rules/notices.ts';
import { RULES } from '../src/core/rules/rules.generated.ts';
import { DEFAULT_SETTINGS } from '../src/protocol/settings.ts';
import { FILE_KEYS, SETTINGS_FILE, SEVERITY_SETTINGS } from '../src/protocol/settingsFile.ts';

/* Writes the JSON schema of the project's settings file: the editor's settings that it may hold, in the editor's own words. */

interface Setting {
	readonly type: string;
	readonly pattern?: string;
	readonly enum?: readonly string[];
	readonly markdownDescription: string;
	readonly markdownEnumDescriptions?: readonly string[];
}

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(at(path), 'utf8'));

const manifest = read('package.json') as { contributes: { configuration: { properties: Record<string, Setting> } } };
const texts = read('package.nls.json') as Record<string, string>;
const said = (text: string): string => text.replace(/^%(.*)%$/, (_, key: string) => texts[key] ?? key);

const properties = Object.fromEntries(
	FILE_KEYS.map((key) => {
		const setting = manifest.contributes.configuration.properties[`nginxWebSocket.${key}`];
		if (setting === undefined) throw new Error(`package.json has no setting nginxWebSocket.${key}`);
		const { type, pattern, enum: values, markdownDescription, markdownEnumDescriptions } = setting;
		return [
			key,
			{
				type,
				...(pattern === undefined ? {} : { pattern }),
				...(values === undefined ? {} : { enum: values }),
				...(markdownEnumDescriptions === undefined ? {} : { markdownEnumDescriptions: markdownEnumDescriptions.map(said) }),
				default: DEFAULT_SETTINGS[key],
				description: said(markdownDescription).replaceAll('`', ''),
				markdownDescription: said(markdownDescription),
				...(key === 'severity' ? severities() : {}),
			},
		];
	}),
);

function severities(): object {
	return {
		additionalProperties: false,
		properties: Object.fromEntries(
			[...RULES, ...NOTICES].map((one) => [
				one.id,
				{
					enum: SEVERITY_SETTINGS,
					description: `${one.summary} ${'optIn' in one && one.optIn ? 'Says nothing until its severity is set.' : `Its own severity: ${one.severity}.`}`,
				},
			]),
		),
	};
}

const schema = {
	$schema: 'http://json-schema.org/draft-07/schema#',
	title: `NGINX WebSocket: ${SETTINGS_FILE}`,
	description: 'Settings of a project, found upwards from a configuration; they win over those of the editor.',
	type: 'object',
	additionalProperties: false,
	properties: { $schema: { type: 'string' }, ...properties },
};
writeFileSync(at('syntaxes/nginx-websocket.schema.json'), `${JSON.stringify(schema, null, '\t')}\n`);
