import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { saidOf, upgrades } from '../support/agreement.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { generations, nameOf } from '../support/nginx.ts';

/* The headers-more module, as Debian builds it: what we say becomes of a handshake, and what does. */

const FORWARD = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
const PASS = 'proxy_pass http://127.0.0.1:9000;';

/** A server with these lines, and /ws with those. */
const server = (lines: string, location: string): string =>
	`server { listen 8080; ${lines} location /ws { ${location} ${PASS} } }`;
const at = (location: string): string => server('', `${FORWARD} ${location}`);
const named = (location: string): string =>
	`server { listen 8080; location /ws { ${location} } location @ws { ${FORWARD} ${PASS} } location /app { ${FORWARD} ${PASS} } }`;

/** What stands in the http block; `unsaid` where we do not follow it. */
const CASES: Readonly<Record<string, { readonly http: string; readonly unsaid?: true }>> = {
	'Upgrade cleared': { http: at('more_clear_input_headers Upgrade;') },
	'Upgrade cleared, a fixed word sent': {
		http: server('', `${FORWARD.replace('$http_upgrade', 'websocket')} more_clear_input_headers Upgrade;`),
	},
	'Connection cleared, a fixed word sent': { http: at('more_clear_input_headers Connection;') },
	'Connection set and passed on': {
		http: server('', `${FORWARD.replace('"upgrade"', '$http_connection')} more_set_input_headers "Connection: keep-alive";`),
	},
	'cleared in the server, something else in the location': {
		http: server('more_clear_input_headers Upgrade;', `${FORWARD} more_clear_input_headers X-A;`),
	},
	'cleared in the http block': { http: `more_clear_input_headers Upgrade; ${at('')}` },
	'cleared in the server, set in the location': {
		http: server('more_clear_input_headers Upgrade;', `${FORWARD} more_set_input_headers "Upgrade: websocket";`),
	},
	'the key cleared': { http: at('more_clear_input_headers Sec-WebSocket-Key;') },
	'a pattern': { http: at('more_clear_input_headers "Upgr*";') },
	'a pattern of the key': { http: at('more_clear_input_headers "Sec-*";') },
	'one of two': { http: at('more_clear_input_headers X-A Upgrade;') },
	'two in one word': { http: at('more_clear_input_headers "X-A Upgrade";') },
	'set to nothing': { http: at('more_set_input_headers "Upgrade:";') },
	'set to another protocol': { http: at('more_set_input_headers "Upgrade: h2c";') },
	'set only where it is there': { http: at('more_set_input_headers -r "Upgrade: websocket";') },
	'only for a type': { http: at('more_clear_input_headers -t text/html Upgrade;') },
	'another header': { http: at('more_set_input_headers "X-New: a";') },
	'in an if that holds, and reads it': { http: at('if ($http_upgrade) { more_clear_input_headers Upgrade; }'), unsaid: true },
	'in an if that does not hold': { http: at('if ($http_x) { more_clear_input_headers Upgrade; }') },
	'a map read later': {
		http: `map $http_upgrade $cu { default upgrade; '' close; } ${server('', `${FORWARD.replace('"upgrade"', '$cu')} more_clear_input_headers Upgrade;`)}`,
	},
	'before a rewrite': { http: named('more_clear_input_headers Upgrade; rewrite ^ /app last;') },
	'before try_files': { http: named('more_clear_input_headers Upgrade; try_files /none @ws;') },
	'before a return that jumps': { http: named('more_clear_input_headers Upgrade; error_page 418 = @ws; return 418;') },
	'before deny that jumps': { http: named('more_clear_input_headers Upgrade; deny all; error_page 403 = @ws;') },
	Host: { http: at('more_set_input_headers "Host: other";'), unsaid: true },
	'Upgrade of the answer cleared': { http: at('more_clear_headers Upgrade;') },
	'the accept key of the answer cleared': { http: at('more_clear_headers Sec-WebSocket-Accept;') },
	'Connection of the answer cleared': { http: at('more_clear_headers Connection;') },
	'of answers with 404 alone': { http: at('more_clear_headers -s 404 Upgrade;') },
	'of answers with 101 too': { http: at('more_clear_headers -s "101 404" Upgrade;') },
	'of answers of a type alone': { http: at('more_clear_headers -t text/html Upgrade;') },
	'a pattern of the answer': { http: at('more_clear_headers "Upg*";') },
	'of every answer of the server': { http: server('more_clear_headers Upgrade;', `${FORWARD} more_clear_headers X-B;`) },
	'of the server, written again in the location': {
		http: server('more_clear_headers Upgrade;', `${FORWARD} more_set_headers "Upgrade: websocket";`),
	},
	'another Upgrade in the answer': { http: at('more_set_headers "Upgrade: h2c";') },
	'an empty Upgrade in the answer': { http: at('more_set_headers "Upgrade:";') },
	'another header in the answer': { http: at('more_set_headers "Server: x" "X-Frame-Options: DENY";') },
};

const wholeOf = (http: string): string =>
	`load_module modules/ngx_http_headers_more_filter_module.so;\nevents {}\nhttp { ${http} }\n`;

const binaries = await generations();

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	let backend: Backend;
	beforeAll(async () => {
		backend = await startBackend(1);
	});
	afterAll(() => backend.stop());

	test.each(Object.entries(CASES))('headers-more: %s', async (_title, { http, unsaid }) => {
		const text = wholeOf(http);
		const said = saidOf(text, nginx);
		expect(said.outcome === 'unknown').toBe(unsaid === true);
		if (unsaid !== true) expect(said.upgrade).toBe(await upgrades(nginx, backend, text));
	});
});
