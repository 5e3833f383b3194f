import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../server/src/protocol/settings.ts';
import {
	FILE_KEYS,
	readSettingsText,
	SETTINGS_FILE,
	SEVERITY_SETTINGS,
	severityKeys,
} from '../../server/src/protocol/settingsFile.ts';

/* What a project may write into its settings file, and what it is told when it is wrong. */

function json(path: string): Record<string, never> & { readonly [key: string]: unknown } {
	return JSON.parse(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8'));
}

test('everything that it may say is read, with the prefix of the editor or without', () => {
	expect(
		readSettingsText(`{
	"$schema": "x",
	"nginxVersion": "1.26.3",
	"nginxWebSocket.intent": "certain",
	"severity": { "idle-timeout": "off", "ignore-comment": "error" },
	"codeLens": false
}`),
	).toEqual({
		nginxVersion: '1.26.3',
		intent: 'certain',
		severity: { 'idle-timeout': 'off', 'ignore-comment': 'error' },
		codeLens: false,
	});
	expect(readSettingsText('\ufeff{}')).toEqual({});
});

describe('what is wrong is said with its line', () => {
	test.each([
		['{\n\t"nginxVersion": "newest"\n}', 2, 'nginxVersion must be "auto" or a version such as "1.26.3"'],
		['{\n\n"intent": "sure" }', 3, 'intent must be "certain" or "likely"'],
		['{ "codeLens": 1 }', 1, 'codeLens must be true or false'],
		['{\n"severity": {\n"idle-timeout": "off",\n"idle-timout": "off" } }', 4, 'there is no rule "idle-timout"'],
		[
			'{\n"severity": {\n"idle-timeout": "loud" } }',
			3,
			'the severity of idle-timeout must be error, warning, information, hint or off',
		],
		['{ "severity": [] }', 1, 'severity must be an object such as { "idle-timeout": "off" }'],
		[
			'{\n"intent": "likely",\n"severty": {} }',
			3,
			'there is no setting "severty"; there are nginxVersion, intent, severity and codeLens',
		],
		[
			'{\n"nginxWebSocket.nginxPath": "/x" }',
			2,
			"nginxPath is each person's own choice and can stand in the editor's settings only",
		],
		['[]', 1, 'it must hold one JSON object'],
		['null', 1, 'it must hold one JSON object'],
	])('%j', (text, line, problem) => {
		expect(readSettingsText(text)).toEqual({ line, problem });
	});

	test.each([
		['{\n"intent": "likely"\n"severity": {}\n}', 3],
		['{\n"intent": likely\n}', 2],
		['{\n"intent": "likely",\n', 3],
		['', 1],
	])('broken JSON: %j', (text, line) => {
		expect(readSettingsText(text)).toEqual({ line, problem: expect.stringMatching(/^it is not valid JSON \([^()]+\)$/) });
	});
});

describe('the schema that the editor completes and checks it with', () => {
	const manifest = json('package.json') as unknown as {
		contributes: {
			jsonValidation: { fileMatch: string; url: string }[];
			configuration: { properties: Record<string, { default: unknown }> };
		};
	};
	const schema = json('syntaxes/nginx-websocket.schema.json') as unknown as {
		additionalProperties: boolean;
		properties: Record<string, { default: unknown; enum?: unknown; properties?: Record<string, { enum: unknown }> }>;
	};

	test('is contributed for the file', () => {
		expect(manifest.contributes.jsonValidation).toEqual([
			{ fileMatch: SETTINGS_FILE, url: './syntaxes/nginx-websocket.schema.json' },
		]);
	});

	test('has the keys that are read, and no other', () => {
		expect(Object.keys(schema.properties)).toEqual(['$schema', ...FILE_KEYS]);
		expect(schema.additionalProperties).toBe(false);
		for (const key of FILE_KEYS) {
			expect(schema.properties[key]?.default).toEqual(DEFAULT_SETTINGS[key]);
			expect(manifest.contributes.configuration.properties[`nginxWebSocket.${key}`]?.default).toEqual(DEFAULT_SETTINGS[key]);
		}
	});

	test('has every rule and every severity', () => {
		const rules = schema.properties.severity?.properties ?? {};
		expect(Object.keys(rules)).toEqual(severityKeys());
		for (const { enum: values } of Object.values(rules)) expect(values).toEqual(SEVERITY_SETTINGS);
		expect(schema.properties.intent?.enum).toEqual(['certain', 'likely']);
	});

	test('is named by each of the settings that are not personal', () => {
		// What runs on this machine, and how, is nobody else's to say.
		const personal = ['nginxPath', 'test.timeout', 'test.confirmedHosts', 'sandbox.versions']
			.concat(['commands.test', 'commands.reload', 'commands.restart'])
			.map((key) => `nginxWebSocket.${key}`);
		expect(
			Object.keys(manifest.contributes.configuration.properties)
				.filter((key) => !personal.includes(key))
				.sort(),
		).toEqual(FILE_KEYS.map((key) => `nginxWebSocket.${key}`).sort());
	});
});
