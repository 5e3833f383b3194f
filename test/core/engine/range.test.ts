import { expect, test } from 'vitest';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import { versionsIn } from '../../../server/src/core/engine/range.ts';
import { verdictChanges } from '../../../server/src/core/engine/verdictChanges.ts';
import { formatVersion } from '../../../server/src/core/reference/versions.ts';
import { routesOf } from '../../../server/src/core/routes/routes.ts';
import { versionOf, wholeConfiguration } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

const MAIN = '/etc/nginx/nginx.conf';
const span = (from: string, to: string) => ({ from: versionOf(from), to: versionOf(to) });

test('a range is looked at where nginx changed, from its first version on', () => {
	expect(versionsIn(span('1.22.1', '1.30.3')).map(formatVersion)).toEqual(['1.22.1', '1.25.1', '1.29.4', '1.29.7']);
	expect(versionsIn(span('1.29.7', '1.30.3')).map(formatVersion)).toEqual(['1.29.7']);
});

test('and where a directive of the configuration came or went', () => {
	const text = 'events {}\nhttp { keepalive_min_timeout 1s; }\n';
	const configuration = buildConfiguration(MAIN, memoryFiles({ [MAIN]: text }));
	expect(versionsIn(span('1.22.1', '1.28.0'), [configuration]).map(formatVersion)).toEqual(['1.22.1', '1.25.1', '1.27.4']);
});

test.each([
	['cleartext http2 before 1.25.1', 'listen 8080 http2;', 'proxy_http_version 1.1;', ['1.22.0 fails', '1.25.1 upgrades']],
	['no version of HTTP', 'listen 8080;', '', ['1.22.0 fails', '1.29.7 upgrades']],
])('%s: the verdict and when it changes', (_, listen, version, expected) => {
	const text = wholeConfiguration(
		`server { ${listen} location /ws { proxy_pass http://127.0.0.1:9000; ${version} proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } }`,
		'http',
	);
	const configuration = buildConfiguration(MAIN, memoryFiles({ [MAIN]: text }));
	const changes = verdictChanges(
		versionsIn(span('1.22.0', '1.30.0')).map((one) => ({ version: one, routes: routesOf(configuration, one) })),
	);
	expect(changes.map(({ verdicts }) => verdicts.map(({ from, verdict }) => `${formatVersion(from)} ${verdict}`))).toEqual([
		expected,
	]);
});
