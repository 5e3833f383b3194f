import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultOf, shownDefault } from '../../../server/src/core/reference/defaults.ts';
import {
	argumentsIn,
	type DirectiveDefinition,
	definitionsIn,
	definitionsOf,
	directiveNames,
	isIn,
	isKnownDirective,
	type ReferenceContext,
	suggestName,
} from '../../../server/src/core/reference/directives.ts';
import texts from '../../../server/src/core/reference/texts.generated.json';
import { directiveText } from '../../../server/src/core/reference/texts.ts';
import { isThirdPartyDirective } from '../../../server/src/core/reference/thirdParty.ts';
import { versionOf } from '../../support/analysed.ts';

function only(name: string, context: ReferenceContext): DirectiveDefinition {
	const found = definitionsOf(name).filter(({ contexts }) => contexts.includes(context));
	expect(found).toHaveLength(1);
	const [definition] = found;
	if (definition === undefined) throw new Error(`${name} is not in ${context}`);
	return definition;
}

describe('a directive', () => {
	test.each([
		['proxy_pass', ['location', 'if in location', 'limit_except'], 1, 1],
		['proxy_set_header', ['http', 'server', 'location'], 2, 2],
		['fastcgi_pass', ['location', 'if in location'], 1, 1],
		['add_header', ['http', 'server', 'location', 'if in location'], 2, 3],
		['set', ['server', 'location', 'if in server', 'if in location'], 2, 2],
		['return', ['server', 'location', 'if in server', 'if in location'], 1, 2],
		['try_files', ['server', 'location'], 2, Number.POSITIVE_INFINITY],
		['limit_except', ['location'], 1, Number.POSITIVE_INFINITY],
		['auth_basic', ['http', 'server', 'location', 'limit_except'], 1, 1],
		['merge_slashes', ['http', 'server'], 1, 1],
		['internal', ['location'], 0, 0],
		['ip_hash', ['upstream'], 0, 0],
		['random', ['upstream'], 0, 2],
		['worker_connections', ['events'], 1, 1],
		['map', ['http'], 2, 2],
	] as const)('%s stands where the catalogue says (semantics §12.3)', (name, contexts, min, max) => {
		const http = definitionsOf(name).filter((one) => !one.contexts.some((context) => /^(?:stream|mail)/.test(context)));
		expect(new Set(http.flatMap((one) => one.contexts))).toEqual(new Set(contexts));
		for (const one of http) expect({ min: one.min, max: one.max }).toEqual({ min, max });
	});

	test('of one name in several modules has a definition for each (SM5)', () => {
		expect(only('keepalive_timeout', 'location')).toMatchObject({ max: 2, documentedDefault: '75s', value: undefined });
		expect(only('keepalive_timeout', 'upstream')).toMatchObject({ max: 1, documentedDefault: '60s', value: 'time' });
		expect(only('proxy_next_upstream', 'http').value).toBe('words');
		expect(only('proxy_next_upstream', 'stream').value).toBe('flag');
		expect(only('server', 'http').block).toBe(true);
		expect(only('server', 'upstream').block).toBe(false);
		expect(only('map', 'stream').block).toBe(true);
	});

	test.each([
		['http2', 'server', '1.25.0', '1.25.1'],
		['add_header_inherit', 'location', '1.29.2', '1.29.3'],
		['resolver', 'upstream', '1.27.2', '1.27.3'],
		['sticky', 'upstream', '1.29.5', '1.29.6'],
		['tunnel_pass', 'location', '1.30.6', '1.31.0'],
		['pass', 'stream server', '1.25.4', '1.25.5'],
	] as const)('%s in %s came between %s and %s', (name, context, without, having) => {
		const definition = only(name, context);
		expect(isIn(definition, versionOf(without))).toBe(false);
		expect(isIn(definition, versionOf(having))).toBe(true);
		const names = (version: string): readonly string[] => definitionsIn(context, versionOf(version)).map((one) => one.name);
		expect(names(without)).not.toContain(name);
		expect(names(having)).toContain(name);
	});

	test('ssl went with 1.25.1, and resolver is in http in every version', () => {
		expect(isIn(only('ssl', 'server'), versionOf('1.25.0'))).toBe(true);
		expect(isIn(only('ssl', 'server'), versionOf('1.25.1'))).toBe(false);
		expect(only('resolver', 'http').since).toBeUndefined();
	});

	test('takes more in newer versions: keepalive from 1.29.7, proxy_http_version from 1.29.4', () => {
		const keepalive = only('keepalive', 'upstream');
		expect(argumentsIn(keepalive, versionOf('1.29.6'))).toMatchObject({ min: 1, max: 1 });
		expect(argumentsIn(keepalive, versionOf('1.29.7'))).toMatchObject({ min: 1, max: 2 });
		const version = only('proxy_http_version', 'location');
		expect(argumentsIn(version, versionOf('1.28.0')).words).toEqual(['1.0', '1.1']);
		expect(argumentsIn(version, versionOf('1.30.0')).words).toEqual(['1.0', '1.1', '2']);
		expect(argumentsIn(version, undefined).words).toEqual(['1.0', '1.1', '2']);
	});

	test('comes once or often as nginx says (DU1, DU2)', () => {
		for (const name of [
			'proxy_http_version',
			'proxy_read_timeout',
			'proxy_buffering',
			'proxy_pass',
			'root',
			'try_files',
			'auth_request',
		])
			expect({ name, once: only(name, 'location').once }).toEqual({ name, once: true });
		for (const name of ['proxy_set_header', 'add_header', 'error_page', 'return', 'include', 'access_log'])
			expect({ name, once: only(name, 'location').once }).toEqual({ name, once: false });
		expect(only('keepalive', 'upstream').once).toBe(true);
		expect(only('http', 'main').once).toBe(true);
	});

	test('that nobody documents is known all the same', () => {
		expect(only('post_action', 'location')).toMatchObject({ module: '', min: 1, max: 1, measured: true });
	});

	test('of a module that was not measured is vouched for by the documentation alone', () => {
		expect(only('js_content', 'location').measured).toBe(false);
		expect(only('geoip_country', 'http').measured).toBe(false);
	});

	test('is documented, unless it is obsolete or belongs to nobody', () => {
		const without = directiveNames().filter((name) =>
			definitionsOf(name).every(({ module, measured }) => measured && directiveText(texts, module, name) === undefined),
		);
		expect(without.length).toBeLessThan(25);
		expect(directiveText(texts, 'ngx_http_proxy_module', 'proxy_pass')).toMatch(
			/^Sets the protocol[\s\S]*```nginx\nproxy_pass http:/,
		);
	});
});

describe('a default', () => {
	test('is that of the version', () => {
		expect(defaultOf('proxy_http_version', versionOf('1.29.6'))).toBe('1.0');
		expect(defaultOf('proxy_http_version', versionOf('1.29.7'))).toBe('1.1');
		const told = (name: string, context: ReferenceContext, version: string): string =>
			shownDefault(only(name, context), versionOf(version));
		expect(told('keepalive', 'upstream', '1.28.0')).toBe('');
		expect(told('keepalive', 'upstream', '1.30.0')).toBe('32 local');
		expect(told('proxy_set_header', 'location', '1.28.0')).toBe('Host $proxy_host, Connection close');
		expect(told('proxy_set_header', 'location', '1.30.0')).toBe('Host $proxy_host');
		expect(told('ssl_protocols', 'server', '1.22.1')).toBe('TLSv1 TLSv1.1 TLSv1.2');
		expect(told('proxy_timeout', 'mail', '1.28.0')).toBe('24h');
		expect(told('proxy_timeout', 'stream', '1.28.0')).toBe('10m');
	});

	test('agrees with the documentation wherever no version changed it', () => {
		const newest = versionOf('1.30.6');
		const differing = directiveNames().filter((name) => {
			const own = defaultOf(name, newest);
			return own !== undefined && !definitionsOf(name).some(({ documentedDefault }) => documentedDefault === own);
		});
		expect(differing).toEqual([]);
	});
});

describe('a misspelt name', () => {
	const misspelt = directiveNames()
		.filter((name) => name.length > 6 && definitionsOf(name).every(({ measured }) => measured))
		.flatMap((name) =>
			[...name].flatMap((letter, at) => [
				name.slice(0, at) + name.slice(at + 1),
				name.slice(0, at) + name.charAt(at + 1) + letter + name.slice(at + 2),
				name.slice(0, at) + letter + name.slice(at),
			]),
		)
		.filter((wrong) => !isKnownDirective(wrong));

	test('is never taken for a third-party module’s', () => {
		expect(misspelt.length).toBeGreaterThan(10_000);
		expect(misspelt.filter(isThirdPartyDirective)).toEqual([]);
	});

	test('has a name near it', () => {
		fc.assert(
			fc.property(fc.constantFrom(...misspelt), (wrong) => suggestName(wrong, undefined) !== undefined),
			{ numRuns: 1_000 },
		);
	});

	test.each([
		['proxy_http_verion', 'location', 'proxy_http_version'],
		['Proxy_Pass', 'location', 'proxy_pass'],
		['proxy_set_headers', 'location', 'proxy_set_header'],
		['upsteam', 'http', 'upstream'],
		['loction', 'server', 'location'],
	] as const)('%s in %s means %s', (wrong, context, meant) => {
		expect(suggestName(wrong, context)).toBe(meant);
	});

	test('prefers what may stand there', () => {
		expect(suggestName('servers', 'upstream')).toBe('server');
		expect(suggestName('nothing_like_it_at_all', 'http')).toBeUndefined();
	});
});

describe('a name of a well-known module', () => {
	test.each(
		'more_set_headers access_by_lua_block lua_shared_dict brotli brotli_comp_level zstd modsecurity_rules_file passenger_enabled vhost_traffic_status_zone nchan_pubsub push_stream_subscriber upload_pass rtmp pagespeed coraza_rules set_by_lua_block echo_sleep geoip2 auth_ldap_servers naxsi_extensive_log redis2_pass subs_filter srcache_fetch fancyindex headers_more check check_http_send SecRulesEnabled opentelemetry otel_exporter'
			.split(' ')
			.filter((name) => name !== 'headers_more' && !isKnownDirective(name)),
	)('%s is no mistake', (name) => {
		expect(isThirdPartyDirective(name)).toBe(true);
	});

	test('is none of nginx’s own', () => {
		expect(
			directiveNames().filter((name) => definitionsOf(name).some(({ measured }) => measured) && isThirdPartyDirective(name)),
		).toEqual([]);
	});
});
