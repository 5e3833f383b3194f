import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { effective } from '../../server/src/core/config/effective.ts';
import type { PlacedDirective, Scope } from '../../server/src/core/config/model.ts';
import { isAtLeast, type NginxVersion } from '../../server/src/core/reference/versions.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { freePort, generations, globals, nameOf, PRIVATE_HTTP, startNginx } from '../support/nginx.ts';
import { sendRaw } from '../support/rawClient.ts';

const SEED = 20_260_103;
const CONFIGURATIONS = 40;
const binaries = await generations();

/** The lines of one level; `@` in them becomes the level's own mark. */
type Lines = readonly string[];
const some = (...lines: readonly string[]): fc.Arbitrary<Lines> =>
	fc.subarray([...lines], { maxLength: Math.min(2, lines.length) });

/** What any level may hold, what an `if` may hold as well, and what makes a location a proxying one. */
const plain = fc
	.tuple(
		some('proxy_set_header A @;', 'proxy_set_header B @;', 'proxy_set_header a @2;'),
		some('proxy_http_version 1.1;', 'proxy_http_version 1.0;').map((lines) => lines.slice(0, 1)),
		some('proxy_hide_header E1;', 'proxy_hide_header E2;', 'proxy_hide_header None;'),
		some('proxy_pass_request_headers off;'),
		some('add_header_inherit merge;', 'add_header_inherit off;', 'add_header_inherit on;').map((lines) => lines.slice(0, 1)),
	)
	.map((parts) => parts.flat());
const responseHeaders = some('add_header R @ always;', 'add_header S @ always;');
const handler = fc.constantFrom<Lines>([], ['proxy_pass http://127.0.0.1:ECHO;']);

interface Level {
	readonly lines: Lines;
	readonly shape: 'location' | 'if' | 'limit_except';
	readonly inner: readonly Level[];
}

const nameless = (shape: 'if' | 'limit_except'): fc.Arbitrary<Level> =>
	fc.tuple(responseHeaders, handler).map(([headers, pass]) => ({
		shape,
		lines: shape === 'if' ? [...headers, ...pass] : pass,
		inner: [],
	}));

function location(depth: number): fc.Arbitrary<Level> {
	return fc
		.tuple(
			plain,
			responseHeaders,
			handler,
			fc.option(nameless('if')),
			fc.option(nameless('limit_except')),
			depth === 0 ? fc.constant([]) : fc.array(location(depth - 1), { maxLength: 2 }),
		)
		.map(([lines, headers, pass, branch, except, inner]) => ({
			shape: 'location' as const,
			lines: [...lines, ...headers, ...pass],
			inner: [...(branch === null ? [] : [branch]), ...(except === null ? [] : [except]), ...inner],
		}));
}

const configuration = fc.tuple(
	plain,
	responseHeaders,
	plain,
	responseHeaders,
	fc.array(location(2), { minLength: 2, maxLength: 4 }),
);

/** The text of a level and of all in it; `path` is its prefix. */
function write(level: Level, path: string): string {
	const own = level.lines.join(' ').replaceAll('@', path.replaceAll('/', '-'));
	if (level.shape === 'if') return `if ($arg_if) { ${own} }\n`;
	if (level.shape === 'limit_except') return `limit_except PUT { ${own} }\n`;
	return `location ${path} { ${own}\n${level.inner.map((inner, index) => write(inner, inner.shape === 'location' ? `${path}/${index}` : `${path}/${inner.shape}`)).join('')}}\n`;
}

/** The scopes that requests end in, with the requests that lead there. */
function targets(scope: Scope): { readonly uri: string; readonly method: string; readonly scope: Scope }[] {
	return (scope.byName.get('location') ?? []).flatMap((placed) => {
		const { body } = placed;
		const uri = placed.node.args[0]?.value ?? '';
		if (body === undefined || uri === '/') return [];
		const branch = body.byName.get('if')?.[0]?.body;
		const except = body.byName.get('limit_except')?.[0]?.body;
		return [
			{ uri, method: 'PUT', scope: body },
			...(except === undefined ? [{ uri, method: 'GET', scope: body }] : [{ uri, method: 'GET', scope: except }]),
			...(branch === undefined ? [] : [{ uri: `${uri}?if=1`, method: 'PUT', scope: branch }]),
			...targets(body),
		];
	});
}

/** What a client and a backend would see there, by what is in force. */
function expected(scope: Scope, version: NginxVersion): unknown {
	const lines = (name: string): readonly PlacedDirective[] => {
		const found = effective(scope, name, version);
		if (found.level === 'unknown') throw new Error(found.reason);
		return found.level === 'default' ? [] : found.directives;
	};
	const value = (name: string): string => {
		const found = effective(scope, name, version);
		return found.level === 'default' ? (found.value ?? '') : (lines(name).at(-1)?.node.args[0]?.value ?? '');
	};
	const pairs = (name: string, header: string): string =>
		lines(name)
			.filter(({ node }) => node.args[0]?.value.toLowerCase() === header)
			.map(({ node }) => node.args[1]?.value)
			.join(', ');
	const proxied = lines('proxy_pass').length > 0;
	// The backend is an nginx too: before 1.23 its `$http_a` is the first line of that name.
	const sent = pairs('proxy_set_header', 'a');
	const seen = isAtLeast(version, '1.23.0') ? sent : (sent.split(', ')[0] ?? '');
	const hidden = lines('proxy_hide_header').map(({ node }) => node.args[0]?.value);
	return {
		R: pairs('add_header', 'r'),
		S: pairs('add_header', 's'),
		proxied,
		...(proxied
			? {
					A: seen || (value('proxy_pass_request_headers') === 'on' ? 'sent' : ''),
					B: pairs('proxy_set_header', 'b'),
					protocol: `HTTP/${value('proxy_http_version')}`,
					E1: hidden.includes('E1') ? '' : 'e',
					E2: hidden.includes('E2') ? '' : 'e',
				}
			: {}),
	};
}

describe.each(binaries.map((nginx) => ({ name: nameOf(nginx), nginx })))('nginx $name', ({ nginx }) => {
	test('takes the same lines in random nested blocks (IN1–IN6, IN8, IN10)', async () => {
		const echo = await freePort();
		const knowsSwitch = isAtLeast(nginx.version, '1.29.3');
		const random = fc.sample(configuration, { numRuns: CONFIGURATIONS, seed: SEED });
		const disagreements: unknown[] = [];
		let compared = 0;
		for (const [http, httpHeaders, server, serverHeaders, locations] of random) {
			const port = await freePort();
			const marked = (lines: Lines, mark: string): string => lines.join(' ').replaceAll('@', mark);
			const text = `${marked(http, 'http')} ${marked(httpHeaders, 'http')}
server { listen 127.0.0.1:${port}; ${marked(server, 'server')} ${marked(serverHeaders, 'server')}
${locations.map((level, index) => write(level, `/${index}`)).join('')}}
server { listen 127.0.0.1:${echo}; add_header_inherit off; location / { if ($uri) { add_header E1 e; add_header E2 e; return 200 "$http_a|$http_b|$server_protocol"; } } }`
				.replaceAll('ECHO', String(echo))
				.replaceAll(/add_header_inherit \w+;/g, (line) => (knowsSwitch ? line : ''));
			const running = await startNginx(
				nginx,
				(folder) => ({ 'nginx.conf': `${globals(folder)} events {} http { ${PRIVATE_HTTP} access_log off; ${text} }` }),
				port,
			);
			try {
				const built = buildConfiguration('/nginx.conf', memoryFiles({ '/nginx.conf': `http { ${text} }` }));
				const scope = built.root.byName.get('http')?.[0]?.body?.byName.get('server')?.[0]?.body;
				if (scope === undefined) throw new Error('the configuration has no server');
				for (const target of targets(scope)) {
					const response = await sendRaw(port, {
						method: target.method,
						uri: target.uri,
						headers: [
							['Host', 'a'],
							['Connection', 'close'],
							['Content-Length', '0'],
							['A', 'sent'],
						],
					});
					const header = (name: string): string =>
						response.headers
							.filter(([key]) => key === name)
							.map(([, value]) => value)
							.join(', ');
					const [a, b, protocol] = response.body.toString('latin1').split('|');
					const proxied = protocol?.startsWith('HTTP/') === true;
					const seen = {
						R: header('R'),
						S: header('S'),
						proxied,
						...(proxied ? { A: a, B: b, protocol, E1: header('E1'), E2: header('E2') } : {}),
					};
					compared++;
					const ours = expected(target.scope, nginx.version);
					if (JSON.stringify(ours) !== JSON.stringify(seen))
						disagreements.push({ request: `${target.method} ${target.uri}`, ours, seen, text });
				}
			} finally {
				await running.stop();
			}
		}
		expect(disagreements.slice(0, 3)).toEqual([]);
		expect(compared).toBeGreaterThan(10 * CONFIGURATIONS);
	}, 60_000);
});
