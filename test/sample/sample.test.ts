import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAtLeast } from '../../server/src/core/reference/versions.ts';
import { handshakeStatus } from '../support/handshakeStatus.ts';
import { generations } from '../support/nginx.ts';
import { type Sample, startSample } from './sample.ts';

let sample: Sample | undefined;

beforeAll(async () => {
	const nginx = (await generations()).filter(({ version }) => !isAtLeast(version, '1.29.7')).at(-1);
	if (nginx === undefined) console.warn('SKIPPED: the sample needs an nginx before 1.29.7, and none is here.');
	else sample = await startSample({ nginx, anyPorts: true });
});

afterAll(() => sample?.stop());

test('the sample chat does not connect; with the three directives and the map it does, over ws and wss', async (context) => {
	if (sample === undefined) return context.skip();
	expect(await (await fetch(sample.pages[0])).text()).toContain('<title>Chat behind nginx</title>');
	expect(await handshakeStatus(`ws://localhost:${sample.ports.http}/ws`)).toBe(426);

	const chat = join(sample.workspace, 'conf.d', 'chat.conf');
	const text = await readFile(chat, 'utf8');
	await writeFile(
		chat,
		text.replace(
			'proxy_set_header Upgrade $http_upgrade;',
			'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
		),
	);
	expect(await sample.reload()).toBeUndefined();
	expect(await handshakeStatus(`ws://localhost:${sample.ports.http}/ws`)).toBe(101);
	expect(await handshakeStatus(`wss://localhost:${sample.ports.https}/ws`)).toBe(101);
});

test('a reload of a configuration that nginx rejects says what nginx says', async (context) => {
	if (sample === undefined) return context.skip();
	const original = await readFile(sample.main, 'utf8');
	await writeFile(sample.main, original.replace('worker_processes 1;', 'worker_processses 1;'));
	expect(await sample.reload()).toContain('unknown directive "worker_processses"');
	await writeFile(sample.main, original);
});
