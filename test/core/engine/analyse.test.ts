import { describe, expect, test } from 'vitest';
import { defineRule, placeOf } from '../../../server/src/core/rules/rule.ts';
import { afterFix, analysed, versionOf, wholeConfiguration } from '../../support/analysed.ts';
import { readMarks, writeMarks } from '../../support/marked.ts';

const MAIN = '/etc/nginx/nginx.conf';
const LIKELY = wholeConfiguration(
	'server { listen 80; location /ws { proxy_pass http://127.0.0.1:9000; proxy_read_timeout 1h; } }\n',
	'http',
);
const found = (text: string, options: Parameters<typeof analysed>[1] = {}): readonly string[] =>
	analysed({ [MAIN]: text }, options).findings.map(({ ruleId, severity }) => `${severity} ${ruleId}`);

describe('how loud a finding is', () => {
	test('an error where the location is certainly meant for WebSockets, a warning where it probably is', () => {
		expect(found(LIKELY)).toContain('warning upgrade-not-forwarded');
		expect(found(LIKELY.replace('location', '\n# websocket\nlocation'))).toContain('error upgrade-not-forwarded');
		expect(found(LIKELY.replace('location', '\n# not websocket\nlocation'))).toEqual([]);
	});

	test('the threshold "certain" leaves likely ones alone', () => {
		expect(found(LIKELY, { intent: 'certain' })).toEqual([]);
	});

	test('the settings have the last word', () => {
		expect(found(LIKELY, { severities: { 'upgrade-not-forwarded': 'hint' } })).toContain('hint upgrade-not-forwarded');
		expect(found(LIKELY, { severities: { 'upgrade-not-forwarded': 'off' } }).join()).not.toContain('upgrade-not-forwarded');
	});
});

describe('the versions in which a finding holds', () => {
	const ROUTE =
		'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_pass http://127.0.0.1:9000; proxy_read_timeout 1h;';
	const versions = (location: string, version: string): readonly (readonly [string, unknown])[] =>
		analysed(
			{ [MAIN]: wholeConfiguration(`server { listen 80; location /ws { ${location} ${ROUTE} } }\n`, 'http') },
			{ version: versionOf(version) },
		).findings.map(({ ruleId, versions: bounds }) => [ruleId, bounds] as const);

	test('are those of its rule, or of its cause', () => {
		expect(versions('', '1.26.3')).toEqual([['http-version-1-0', { before: '1.29.7' }]]);
		expect(versions('proxy_http_version 1.0;', '1.26.3')).toEqual([['http-version-1-0', undefined]]);
		expect(versions('proxy_http_version 2;', '1.30.0')).toEqual([['http-version-2', { from: '1.29.4' }]]);
	});

	test('stand in its message', () => {
		const message = (location: string, version: string): string | undefined =>
			analysed(
				{ [MAIN]: wholeConfiguration(`server { listen 80; location /ws { ${location} ${ROUTE} } }\n`, 'http') },
				{ version: versionOf(version) },
			).findings[0]?.message;
		expect(message('', '1.26.3')).toMatch(/^nginx before 1\.29\.7 (?!.*Holds)/);
		expect(message('proxy_http_version 2;', '1.30.0')).toMatch(/ \(Holds from nginx 1\.29\.4\.\)$/);
		expect(message('proxy_http_version 1.0;', '1.26.3')).not.toContain('Holds');
	});
});

describe('what stands with a finding', () => {
	test('its exact stretch, and why the location is thought to be meant for WebSockets, with the place', () => {
		const marked = readMarks(LIKELY.replace('proxy_pass http://127.0.0.1:9000', '«proxy_pass http://127.0.0.1:9000»'));
		const finding = analysed({ [MAIN]: marked.text }).findings.find(({ ruleId }) => ruleId === 'upgrade-not-forwarded');
		expect(writeMarks(marked.text, finding === undefined ? [] : [finding.at.span])).toBe(writeMarks(marked.text, marked.spans));
		expect(finding?.related.map(({ message, span }) => [message, marked.text.slice(span.start, span.end)])).toEqual([
			[expect.stringMatching(/^Read as a WebSocket route because it has the name/), 'location'],
		]);
	});

	test('the line that lost the headers names the place where they are set, in another file', () => {
		const { findings } = analysed({
			[MAIN]: wholeConfiguration(
				'include ws.conf;\nserver { listen 80; location /ws { proxy_pass http://127.0.0.1:9000; proxy_set_header Host $host; proxy_read_timeout 1h; } }\n',
				'http',
			),
			'/etc/nginx/ws.conf':
				'proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;\n',
		});
		const lost = findings.find(({ ruleId }) => ruleId === 'headers-lost');
		expect(lost?.message).toContain('ws.conf, line 2');
		expect(lost?.related.map(({ path }) => path)).toContain('/etc/nginx/ws.conf');
	});

	test('a snippet that two servers include is spoken about once', () => {
		const { findings } = analysed({
			[MAIN]: wholeConfiguration('server { listen 80; include ws.conf; } server { listen 81; include ws.conf; }\n', 'http'),
			'/etc/nginx/ws.conf': 'location /ws { proxy_pass http://127.0.0.1:9000; proxy_read_timeout 1h; proxy_http_version 1.1; }\n',
		});
		expect(findings.map(({ ruleId }) => ruleId)).toEqual(['upgrade-not-forwarded']);
	});
});

describe('fixes', () => {
	const rule = (edit: (text: string) => { start: number; end: number; text: string }) =>
		defineRule({
			id: 'test-rule',
			summary: 'for the test',
			severity: 'warning',
			why: '',
			remedy: '',
			ignore: '',
			rows: [],
			sources: [],
			examples: [],
			*check({ routes }) {
				const [route] = routes;
				if (route === undefined) return;
				const { start, end, text } = edit(route.at.file.tree.source.text);
				yield {
					at: placeOf(route.at),
					message: 'said',
					severity: 'warning',
					route,
					cures: () => [{ title: 'Do it', preferred: true, edits: [{ path: route.at.file.path, span: { start, end }, text }] }],
				};
			},
		});
	const TWO = wholeConfiguration(
		`server {
	listen 80;
	proxy_set_header Host $host;
	location /ws { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
	location /api { proxy_pass http://127.0.0.1:9000; }
}
`,
		'http',
	);
	const fixesOf = (edit: Parameters<typeof rule>[0]) =>
		analysed({ [MAIN]: TWO }, { rules: [rule(edit)] }).findings[0]?.fixes() ?? [];
	const replacing = (before: string, after: string) => (text: string) => ({
		start: text.indexOf(before),
		end: text.indexOf(before) + before.length,
		text: after,
	});

	test('one that makes the route worse is not offered', () => {
		expect(fixesOf(replacing('proxy_set_header Upgrade $http_upgrade;', ''))).toEqual([]);
	});

	test('one that takes another route its backend is not offered', () => {
		expect(fixesOf(replacing('location /api { proxy_pass http://127.0.0.1:9000; }', 'location /api { return 404; }'))).toEqual(
			[],
		);
	});

	test('one that changes another route says which, and is not safe', () => {
		const [fix] = fixesOf(replacing('Host $host', 'Host example.com'));
		expect(fix).toMatchObject({ safe: false, title: 'Do it (also changes Host at location /api)' });
	});

	test('one that changes nothing is not offered; a right one is safe and its text is exact', () => {
		expect(fixesOf(replacing('listen 80', 'listen 80'))).toEqual([]);
		const [fix] = fixesOf(replacing('Connection upgrade', 'Connection "upgrade"'));
		expect(fix).toMatchObject({ safe: true, title: 'Do it', preferred: true });
		if (fix !== undefined)
			expect(afterFix({ [MAIN]: TWO }, fix)[MAIN]).toBe(TWO.replace('Connection upgrade', 'Connection "upgrade"'));
	});

	test('beside a line that nginx refuses, no other cure is the preferred one', () => {
		const text = location('proxy_set_header Connection upgrade; proxy_set_heder X-Real-IP $remote_addr;');
		expect(preferences(text)).toEqual([
			['upgrade-not-forwarded', false],
			['unknown-directive', true],
		]);
	});

	test('what is gone once the refused text is mended is not said', () => {
		expect(preferences(location('proxy_set_heder Upgrade $http_upgrade; proxy_set_header Connection upgrade;'))).toEqual([
			['unknown-directive', true],
		]);
		expect(
			preferences(location('/* old */ proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;')),
		).toEqual([['unknown-directive', true]]);
		const map = "map $http_upgrade $cu { default upgrade '' close; }";
		expect(preferences(location('proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $cu;', map))).toEqual([
			['map-entry-refused', true],
		]);
	});

	test('nothing is said of a location whose text nobody can read', () => {
		expect(
			preferences(location('/* old\nproxy_set_header Upgrade $http_upgrade;\n*/ proxy_set_header Connection upgrade;')),
		).toEqual([
			['syntax-error', true],
			['unknown-directive', false],
		]);
	});

	/** The rules that say anything worse than information about a text, and whether they have a preferred fix. */
	function preferences(text: string): readonly (readonly [string, boolean])[] {
		return analysed({ [MAIN]: text })
			.findings.filter(({ severity }) => severity === 'error' || severity === 'warning')
			.map(({ ruleId, fixes }) => [ruleId, fixes().some(({ preferred }) => preferred)] as const);
	}

	function location(headers: string, outside = ''): string {
		return `events {}\nhttp {\n${outside}\nserver {\nlocation /ws {\nproxy_pass http://127.0.0.1:1;\nproxy_http_version 1.1;\nproxy_read_timeout 1h;\n${headers}\n}\n}\n}\n`;
	}
});

test('a rule that throws is named, and the others go on', () => {
	const broken = defineRule({
		id: 'broken-rule',
		summary: '',
		severity: 'error',
		why: '',
		remedy: '',
		ignore: '',
		rows: [],
		sources: [],
		examples: [],
		check() {
			throw new Error('why');
		},
	});
	const failed: string[] = [];
	expect(
		analysed({ [MAIN]: LIKELY }, { rules: [broken], onRuleError: (id, error) => failed.push(`${id}: ${String(error)}`) })
			.findings,
	).toEqual([]);
	expect(failed).toEqual(['broken-rule: Error: why']);
});

test('twice as many locations that compare Upgrade take twice as many predictions, not four times', () => {
	const predictions = (count: number): number => {
		const location = (index: number): string => `location /ws/${index} {
			if ($http_upgrade = "websocket") { return 418; }
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
		}\n`;
		let made = 0;
		const text = `events {}\nhttp { server { listen 8080; ${Array.from({ length: count }, (_, index) => location(index)).join('')} } }\n`;
		analysed({ '/etc/nginx/nginx.conf': text }, { onPrediction: () => made++ });
		return made;
	};
	expect(predictions(40)).toBeLessThan(2.2 * predictions(20));
});
