import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import { readLooseFile } from '../../../server/src/core/config/project.ts';
import { analyse } from '../../../server/src/core/engine/analyse.ts';
import { applyEdits } from '../../../server/src/core/engine/edits.ts';
import { analyseProject } from '../../../server/src/core/engine/project.ts';
import { DEFAULT_VERSION } from '../../../server/src/core/reference/versions.ts';
import { analysed } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

const MAIN = '/etc/nginx/nginx.conf';

/** A location without a version of HTTP, with `lines` where `# …` comments may stand; the findings as `line rule: message`. */
function found(above: string, behind = '', severities: Readonly<Record<string, 'off' | 'error'>> = {}): readonly string[] {
	const text = `events {}
http {
	server {
		listen 8080;
		location /ws {
			${above}
			proxy_pass http://127.0.0.1:9000; ${behind}
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`;
	const { findings, configuration } = analysed({ [MAIN]: text }, { severities });
	return findings.map(
		({ ruleId, at, severity }) => `${configuration.main.tree.source.lineAt(at.span.start) + 1} ${severity} ${ruleId}`,
	);
}

describe('# nginx-websocket-ignore', () => {
	test('without it the finding stands', () => {
		expect(found('# nothing')).toEqual(['7 warning http-version-1-0']);
	});

	test.each([
		['on the line above', '# nginx-websocket-ignore http-version-1-0 the backend is ours', ''],
		['behind the line itself', '', '# nginx-websocket-ignore http-version-1-0 the backend is ours'],
		['above other comments', '# nginx-websocket-ignore http-version-1-0 ours\n\n\t\t\t# more', ''],
		['with a colon, as other tools write it', '# nginx-websocket-ignore: http-version-1-0 ours', ''],
	])('%s silences', (_, above, behind) => {
		expect(found(above, behind)).toEqual([]);
	});

	test('without a reason it silences, and says that the reason is missing', () => {
		expect(found('# nginx-websocket-ignore http-version-1-0')).toEqual(['6 hint ignore-comment']);
	});

	test.each([
		[
			'that silences nothing',
			'# nginx-websocket-ignore idle-timeout we ping',
			/^Nothing here is found by idle-timeout; remove this comment/,
		],
		[
			'for a rule that is not there',
			'# nginx-websocket-ignore http-version we know',
			/^There is no rule http-version, so this comment silences nothing/,
		],
		['without a rule', '# nginx-websocket-ignore', /^This comment names no rule, so it silences nothing/],
	])('one %s is reported and the finding stays', (_, above, message) => {
		expect(found(above)).toEqual(['6 hint ignore-comment', '7 warning http-version-1-0']);
		const text = `events {}\nhttp {\n${above}\n}\n`;
		expect(analysed({ [MAIN]: text }).findings[0]?.message).toMatch(message);
	});

	test.each([
		[
			'on a line of its own',
			'http {\n\t# nginx-websocket-ignore idle-timeout we ping\n\tgzip on;\n}\n',
			'http {\n\tgzip on;\n}\n',
			true,
		],
		['behind a line', 'http {\n\tgzip on; \t# nginx-websocket-ignore no-such why\n}\n', 'http {\n\tgzip on;\n}\n', false],
		['at the end of the file', 'http {\n}\n# nginx-websocket-ignore', 'http {\n}\n', false],
		['with CRLF', 'http {\r\n# nginx-websocket-ignore\r\n}\r\n', 'http {\r\n}\r\n', false],
	])('one that silences nothing is removed %s', (_, text, after, preferred) => {
		const [finding] = analysed({ [MAIN]: text }).findings.filter(({ ruleId }) => ruleId === 'ignore-comment');
		const [fix, ...others] = finding?.fixes() ?? [];
		expect(others).toEqual([]);
		expect(fix).toMatchObject({ title: 'Remove this comment', safe: true, preferred });
		expect(applyEdits(text, fix?.edits ?? [])).toBe(after);
	});

	test('one that only lacks its reason is not removed', () => {
		const [finding] = analysed({ [MAIN]: 'events {}\nhttp {\n# nginx-websocket-ignore idle-timeout\n}\n' }).findings;
		expect(finding?.fixes()).toEqual([]);
	});

	test('one for a rule that is switched off is left alone; the complaint has a severity of its own', () => {
		expect(
			found('# nginx-websocket-ignore idle-timeout we ping', '', { 'idle-timeout': 'off', 'http-version-1-0': 'off' }),
		).toEqual([]);
		expect(found('# nginx-websocket-ignore headers-lost x', '', { 'ignore-comment': 'error' })).toContain(
			'6 error ignore-comment',
		);
		expect(found('# nginx-websocket-ignore headers-lost x', '', { 'ignore-comment': 'off' })).toEqual([
			'7 warning http-version-1-0',
		]);
	});

	test('a word that only starts like it is a comment like any other', () => {
		expect(found('# nginx-websocket-ignored http-version-1-0 x')).toEqual(['7 warning http-version-1-0']);
	});

	test('several above one line all count', () => {
		const text = `events {}
http {
	server {
		listen 8080;
		location /ws {
			# nginx-websocket-ignore http-version-1-0 ours
			# nginx-websocket-ignore idle-timeout we ping
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
		}
	}
}
`;
		expect(analysed({ [MAIN]: text }).findings).toEqual([]);
	});

	test('one in a file that two configurations share is unused only if both have no use for it', () => {
		const main = (version: string): string =>
			`events {}\nhttp {\n\tproxy_read_timeout 1h;\n${version}\tserver {\n\t\tlisten 8080;\n\t\tinclude ws.conf;\n\t}\n}\n`;
		const of = (first: string, second: string): readonly string[] => {
			const mains = ['/etc/nginx/one.conf', '/etc/nginx/two.conf'];
			const texts = {
				'/etc/nginx/one.conf': main(first),
				'/etc/nginx/two.conf': main(second),
				'/etc/nginx/ws.conf': `location /ws {
	# nginx-websocket-ignore http-version-1-0 ours
	proxy_pass http://127.0.0.1:9000;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
}
`,
			};
			const read = (files: ReturnType<typeof memoryFiles>) => mains.map((path) => buildConfiguration(path, files));
			return analyseProject(memoryFiles(texts), read, { version: DEFAULT_VERSION }).findings.map(({ ruleId }) => ruleId);
		};
		const good = '\tproxy_http_version 1.1;\n';
		expect(of('', '')).toEqual([]);
		expect(of('', good)).toEqual([]);
		expect(of(good, good)).toEqual(['ignore-comment']);
	});

	test('one in a snippet may be there for what stands around it', () => {
		const snippet =
			'# nginx-websocket-context: location\n# nginx-websocket-ignore http-version-1-0 ours\nproxy_set_header Upgrade $http_upgrade;\n';
		const path = '/etc/nginx/snippets/ws.conf';
		const fragment = (text: string) =>
			readLooseFile(path, memoryFiles({ [path]: text })) ?? buildConfiguration(path, memoryFiles({}));
		const said = (text: string) => analyse(fragment(text), { version: DEFAULT_VERSION }).findings.map(({ ruleId }) => ruleId);
		expect(said(snippet)).toEqual([]);
		expect(said(snippet.replace(' ours', ''))).toEqual(['ignore-comment']);
	});
});
