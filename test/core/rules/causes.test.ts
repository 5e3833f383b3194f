import { describe, expect, test } from 'vitest';
import { afterFix, analysed } from '../../support/analysed.ts';

const MAIN = '/etc/nginx/nginx.conf';
const UPGRADE = 'proxy_set_header Upgrade $http_upgrade;';
const CONNECTION = 'proxy_set_header Connection $cu;';
const RIGHT = "map $http_upgrade $cu { default upgrade; '' ''; }";

function configuration(http: string, location: string): string {
	return `events {}
http {
${http}
server {
	listen 80;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_read_timeout 1h;
		${location}
	}
}
}
`;
}

/** The one finding about a configuration, and the text after its preferred fix. */
function finding(http: string, location: string, files: Record<string, string> = {}) {
	const texts = { [MAIN]: configuration(http, location), ...files };
	const { findings } = analysed(texts);
	const loud = findings.filter(({ severity }) => severity === 'error' || severity === 'warning');
	const found = loud.length > 0 ? loud : findings.filter(({ severity }) => severity === 'information');
	expect(found.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toHaveLength(1);
	const [first] = found;
	const fix = first?.fixes().find(({ preferred }) => preferred);
	return {
		rule: first?.ruleId,
		severity: first?.severity,
		message: first?.message ?? '',
		safe: fix?.safe,
		after: fix === undefined ? undefined : afterFix(texts, fix),
	};
}

describe('a map that is mended gives plain requests what they got', () => {
	test.each([
		['default close;', "default upgrade; '' close;"],
		["default '';", "default upgrade; '' '';"],
		['', " default upgrade; '' '';"],
		["default close; '' '';", "default upgrade; '' '';"],
		["default close; '' upgrade;", "default upgrade; '' '';"],
		['default close; ~WebSocket upgrade;', 'default close; ~*^websocket$ upgrade;'],
		["default ''; web-socket upgrade;", "default ''; ~*^websocket$ upgrade;"],
		['default close; h2c upgrade;', 'default close; h2c upgrade; websocket upgrade;'],
		['default upgrade; websocket close;', 'default upgrade; websocket upgrade;'],
	])('%s', (entries, mended) => {
		const { rule, safe, after } = finding(`map $http_upgrade $cu { ${entries} }`, `${UPGRADE} ${CONNECTION}`);
		expect(rule).toBe('map-wrong-value');
		expect(after?.[MAIN]).toContain(`map $http_upgrade $cu { ${mended} }`);
		expect(safe).toBe(true);
	});
});

describe('the cause is named', () => {
	test('a set in the way of a right map, and not the map', () => {
		const { rule, message } = finding(RIGHT, `set $cu close; ${UPGRADE} ${CONNECTION}`);
		expect(rule).toBe('connection-not-upgrade');
		expect(message).toContain('Remove the `set`');
	});
	test('a map of another source gets no advice for one from $http_upgrade', () => {
		const { message, after } = finding('map $request_method $cu { default close; POST upgrade; }', `${UPGRADE} ${CONNECTION}`);
		expect(message).toContain('Let the map look up $http_upgrade');
		expect(after).toBeUndefined();
	});
	test('the map that comes last, where an earlier one is right', () => {
		const { message, after } = finding(`${RIGHT}\nmap $http_upgrade $cu { default close; }`, `${UPGRADE} ${CONNECTION}`);
		expect(message).toContain('It takes the place of the map in nginx.conf, line 3');
		expect(after?.[MAIN]).not.toContain('default close');
	});
	test('a map that takes the place of the client’s header', () => {
		const { rule, severity } = finding(
			`${RIGHT}\nmap $request_method $http_upgrade { default none; }`,
			`${UPGRADE} ${CONNECTION}`,
		);
		expect([rule, severity]).toEqual(['request-header-redefined', 'error']);
	});
	test('words without a comma are a warning: five backends take them', () => {
		const { severity, message } = finding(RIGHT, `${UPGRADE} proxy_set_header Connection "keep-alive Upgrade";`);
		expect(severity).toBe('warning');
		expect(message).toContain('16 of 21');
	});
	test('a key that is a constant, also that of the RFC', () => {
		const { rule, message } = finding(
			RIGHT,
			`${UPGRADE} ${CONNECTION} proxy_set_header Sec-WebSocket-Key "dGhlIHNhbXBsZSBub25jZQ==";`,
		);
		expect(rule).toBe('handshake-key-missing');
		expect(message).toContain('the client closes the connection');
	});
	test('a line that nginx refuses is left to who says that', () => {
		const { rule } = finding(RIGHT, `proxy_set_header Upgrade; ${CONNECTION}`);
		expect(rule).toBe('directive-arguments');
	});
});

describe('a line of the location’s own goes where an included file sends the header too', () => {
	test.each([
		[
			'handshake-header-repeated',
			'warning',
			`include shared.conf; ${UPGRADE}`,
			`${UPGRADE} proxy_set_header Connection upgrade;`,
			UPGRADE,
		],
		[
			'host-repeated',
			'information',
			`include shared.conf; proxy_set_header Host $host; ${UPGRADE} ${CONNECTION}`,
			'proxy_set_header Host $http_host;',
			'proxy_set_header Host $host;',
		],
	])('%s', (id, grade, location, shared, gone) => {
		const path = '/etc/nginx/shared.conf';
		const { rule, after, severity } = finding(RIGHT, location, { [path]: `${shared}\n` });
		expect([rule, severity]).toEqual([id, grade]);
		expect(after?.[path] ?? `${shared}\n`).toBe(`${shared}\n`);
		expect(after?.[MAIN]).not.toContain(gone);
	});
});
