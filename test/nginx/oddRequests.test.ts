import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { saidOf, upgrades } from '../support/agreement.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { generations, nameOf } from '../support/nginx.ts';

/* What the generator of configurations does not write: what we say becomes of a handshake, and what does. */

const UPGRADE = 'proxy_set_header Upgrade $http_upgrade;';
const PASS = `proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Connection upgrade;`;

/** What stands in the http block. */
const CASES: Readonly<Record<string, string>> = {
	'a map that asks for itself': `map $http_upgrade $a { default $a; none x; } server { listen 8080; location /ws { ${PASS} proxy_set_header Upgrade $a; } }`,
	'a map of a variable that it redefines': `map $http_upgrade $http_upgrade { default ''; websocket websocket; } server { listen 8080; location /ws { ${PASS} ${UPGRADE} } }`,
	'two maps that ask for one another': `map $http_x $a { default $b; } map $http_x $b { default $a; } server { listen 8080; location /ws { ${PASS} ${UPGRADE} proxy_set_header X-A $a; } }`,
	'a rewrite that leaves no slash': `server { listen 8080; location /ws { rewrite ^/(.*)$ $1 break; ${PASS} ${UPGRADE} } }`,
	'a rewrite that leaves the slash': `server { listen 8080; location /ws { rewrite ^/(.*)$ /$1 break; ${PASS} ${UPGRADE} } }`,
};

const binaries = await generations();

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	let backend: Backend;
	beforeAll(async () => {
		backend = await startBackend(1);
	});
	afterAll(() => backend.stop());

	test.each(Object.entries(CASES))('%s', async (_title, http) => {
		const text = `events {}\nhttp { ${http} }\n`;
		expect(saidOf(text, nginx).upgrade).toBe(await upgrades(nginx, backend, text));
	});
});
