import { describe, expect, test } from 'vitest';
import { afterFix, analysed, versionOf } from '../../support/analysed.ts';

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

describe('where a cure goes, and what it reuses', () => {
	const SITE = (lines: string): string => `server {
	listen 80;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		${lines}
	}
}
`;
	const map = (name: string): string => `map $http_upgrade $${name} { default upgrade; '' close; }\n`;

	/** The Connection line of a site's file after its preferred fix. */
	function written(site: string, others: Record<string, string>): string | undefined {
		const texts = {
			[MAIN]: 'events {}\nhttp {\ninclude sites/*;\n}\n',
			'/etc/nginx/sites/odoo': site,
			...Object.fromEntries(Object.entries(others).map(([name, text]) => [`/etc/nginx/sites/${name}`, text])),
		};
		const found = analysed(texts).findings.find(({ ruleId }) => ruleId === 'connection-not-upgrade');
		const fix = found?.fixes().find(({ preferred }) => preferred);
		const after = fix && afterFix(texts, fix)['/etc/nginx/sites/odoo'];
		return after === undefined ? undefined : /Connection (\S+);/.exec(after)?.[1];
	}

	test.each([
		['the map of the same file', map('of_odoo'), map('connection_upgrade'), '$of_odoo'],
		['the map with the usual name of the same file', map('of_odoo') + map('connection_upgrade'), '', '$connection_upgrade'],
		['the map with the usual name', '', map('gitlab') + map('connection_upgrade'), '$connection_upgrade'],
		['any map', '', map('gitlab'), '$gitlab'],
	])('a fix takes %s', (_, own, other, name) => {
		expect(written(own + SITE(''), { gitlab: other })).toBe(name);
	});

	test('a line that other locations have too is left to them, and the message says so', () => {
		const location = (path: string, more: string): string =>
			`location ${path} { include keep.conf; proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${more} }`;
		const texts = {
			[MAIN]: `events {}\nhttp {\n${map('cu')}server {\nlisten 80;\n${location('/a', '')}\n${location('/feed', UPGRADE)}\n}\n}\n`,
			'/etc/nginx/keep.conf': 'proxy_set_header Connection "";\n',
		};
		const found = analysed(texts).findings.find(({ ruleId }) => ruleId === 'connection-not-upgrade');
		const fix = found?.fixes().find(({ preferred }) => preferred);
		expect(found?.at.path).toBe(MAIN);
		expect(found?.message).toMatch(
			/Add `proxy_set_header Connection \$cu;` to this location, and leave the line of keep\.conf, line 1 to the others\.$/,
		);
		expect([...new Set(fix?.edits.map(({ path }) => path))]).toEqual([MAIN]);
	});

	test('a line of the server that is there for plain requests is left to them as well', () => {
		const texts = {
			[MAIN]: `events {}\nhttp {\n${map('cu')}server {\nlisten 80;\nproxy_http_version 1.1;\nproxy_set_header Connection "";\nproxy_set_header Upgrade $http_upgrade;\n# websocket\nlocation /feed { proxy_pass http://127.0.0.1:9000; }\nlocation /a { proxy_pass http://127.0.0.1:9000; }\n}\n}\n`,
		};
		const found = analysed(texts).findings.find(({ ruleId }) => ruleId === 'connection-not-upgrade');
		expect(found?.message).toMatch(/Write `proxy_set_header Connection \$cu;` in this location, and repeat there/);
	});

	test('Upgrade and Connection that were swapped are set right in one go, with the map that neither has', () => {
		const texts = {
			[MAIN]: `events {}\nhttp {\n${SITE('').replace('$http_upgrade;', '$connection_upgrade; proxy_set_header Connection $http_upgrade;')}}\n`,
		};
		const found = analysed(texts).findings.find(({ ruleId }) => ruleId === 'connection-not-upgrade');
		const fix = found?.fixes().find(({ preferred }) => preferred);
		const after = fix && afterFix(texts, fix)[MAIN];
		expect(after).toMatch(
			/map \$http_upgrade \$connection_upgrade[\s\S]*Upgrade \$http_upgrade;[\s\S]*Connection \$connection_upgrade;/,
		);
	});

	test('the host of its server is named for what is handed on to a named location', () => {
		const http = `server { listen 80; server_name app.test; location /app { try_files /none @ws; } location @ws { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${UPGRADE} proxy_set_header Connection upgrade; proxy_set_header Host $http_host; proxy_set_header Host $host; } }`;
		const found = analysed({ [MAIN]: `events {}\nhttp {\n${http}\n}\n` }, { version: versionOf('1.26.3') }).findings.find(
			({ ruleId }) => ruleId === 'host-repeated',
		);
		expect(found?.message).toMatch(/\("app\.test" and "app\.test"\)/);
	});
});
