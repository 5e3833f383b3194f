import { expect, test } from 'vitest';
import {
	sandboxGithub,
	sandboxJunit,
	sandboxMarkdown,
	sandboxText,
	verdictLine,
} from '../../../server/src/core/sandbox/report.ts';
import { isProved, type RouteProof, type SandboxResult } from '../../../server/src/core/sandbox/result.ts';

const route = (outcome: RouteProof['outcome'], reason = ''): RouteProof => ({
	title: 'location /ws|chat/',
	path: '/w/nginx.conf',
	line: 7,
	url: 'ws://localhost/ws/',
	outcome,
	status: outcome === 'upgraded' ? 101 : 426,
	reason,
	predicted: 'upgrades',
	predictedReason: '',
	seen: [],
	balancing: [],
	milliseconds: 12,
});
const result = (nginxVersion: string, routes: readonly RouteProof[], more: Partial<SandboxResult> = {}): SandboxResult => ({
	nginxVersion,
	origin: 'PATH',
	outcome: 'ran',
	problems: [],
	routes,
	rewritings: [],
	milliseconds: 100,
	...more,
});
const shown = (path: string): string => path.replace('/w/', '');

const THREE = [
	result('1.22.1', [route('refused', 'the backend receives HTTP/1.0 & refuses')]),
	result('1.26.3', [], {
		outcome: 'rejected',
		problems: [{ severity: 'error', message: 'unknown directive "http3"', path: '/w/nginx.conf', line: 3 }],
	}),
	result('1.30.6', [route('upgraded')]),
];

test('several versions are a table, route by version', () => {
	for (const text of [sandboxText(THREE, shown), sandboxMarkdown(THREE, shown, () => 'x')]) {
		expect(text).toContain('| Route | 1.22.1 | 1.26.3 | 1.30.6 |');
		expect(text).toContain('| location /ws\\|chat/ ws://localhost/ws/ (nginx.conf:7) | does not upgrade | rejected | upgrades |');
	}
	expect(verdictLine(THREE)).toBe('1 of 2 handshakes upgraded, 1 did not, 1 of 3 versions did not run.');
});

test('each version is a suite of JUnit, and what nginx refuses is an error of it', () => {
	const xml = sandboxJunit(THREE, shown);
	expect(xml.match(/<testsuite /g)).toHaveLength(3);
	expect(xml).toContain('HTTP/1.0 &amp; refuses');
	expect(xml).toContain('<error message="error: unknown directive &quot;http3&quot; (nginx.conf:3)"/>');
	expect(xml).toContain('tests="1" failures="0" errors="1"');
});

test('GitHub gets an annotation for each route that is not proved', () => {
	expect(
		sandboxGithub([...THREE, result('1.28.0', [route('not-proved', 'it depends on Lua')]), result('1.28.1', [])], shown).split(
			'\n',
		),
	).toEqual([
		'::error file=nginx.conf,line=7,title=nginx 1.22.1::location /ws|chat/ does not upgrade: the backend receives HTTP/1.0 & refuses',
		'::error file=nginx.conf,line=3,title=nginx 1.26.3::unknown directive "http3"',
		'::error file=nginx.conf,line=7,title=nginx 1.28.0::location /ws|chat/ not proved: it depends on Lua',
		'::error title=nginx 1.28.1::no WebSocket route was proved',
		'',
	]);
});

test('it is proved only when every route of every version upgraded', () => {
	const good = result('1.30.6', [route('upgraded')]);
	expect(isProved([good])).toBe(true);
	for (const other of [...THREE.slice(0, 2), result('1.28.0', []), result('1.28.0', [route('not-proved')])])
		expect(isProved([good, other])).toBe(false);
});
