import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { SNIPPETS, type Snippet, snippetsIn } from '../../server/src/features/snippets.ts';
import { analysed } from '../support/analysed.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { inserted } from '../support/snippetText.ts';

const AROUND: Readonly<Record<string, (text: string) => string>> = {
	main: (text) => text,
	http: (text) => `events {}\nhttp {\n${text}\n}\n`,
	server: (text) => `events {}\nhttp {\nserver {\nlisten 8080;\n${text}\n}\n}\n`,
	location: (text) => `events {}\nhttp {\nserver {\nlisten 8080;\nlocation / {\n${text}\n}\n}\n}\n`,
};

describe.each(SNIPPETS.flatMap((snippet) => snippet.contexts.map((context) => [snippet.name, context, snippet] as const)))(
	'%s in %s',
	(_, context, snippet: Snippet) => {
		test('is silent as inserted', () => {
			const text = AROUND[context]?.(inserted(snippet.body)) ?? '';
			expect(analysed({ '/etc/nginx/nginx.conf': text }).findings.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual(
				[],
			);
		});
	},
);

test('every snippet is offered in its contexts and nowhere else', () => {
	const text = 'events {} http { server { location / { } } upstream u { server 127.0.0.1:1; } }';
	const configuration = buildConfiguration('/n.conf', memoryFiles({ '/n.conf': text }));
	const http = configuration.root.byName.get('http')?.[0]?.body;
	const server = http?.byName.get('server')?.[0]?.body;
	const location = server?.byName.get('location')?.[0]?.body;
	const upstream = http?.byName.get('upstream')?.[0]?.body;
	if (http === undefined || server === undefined || location === undefined || upstream === undefined)
		throw new Error('no scopes');
	const names = (scope: typeof http) => snippetsIn(scope).map(({ name }) => name);
	expect(names(configuration.root)).toEqual(['nginx.conf for WebSockets']);
	expect(names(http)).toEqual([
		'WebSocket map',
		'WebSocket upstream',
		'socket.io upstream',
		'wss server with redirect',
		'Long-lived tunnel timeouts',
	]);
	expect(names(server)).toEqual(['WebSocket location', 'Origin check', 'Long-lived tunnel timeouts']);
	expect(names(location)).toEqual(['Origin check', 'Long-lived tunnel timeouts']);
	expect(names(upstream)).toEqual([]);
});

test('a location uses the map that the http block has, under its own name', () => {
	const text = "http { map $http_upgrade $ws { default upgrade; '' close; } server { } }";
	const configuration = buildConfiguration('/n.conf', memoryFiles({ '/n.conf': text }));
	const server = configuration.root.byName.get('http')?.[0]?.body?.byName.get('server')?.[0]?.body;
	const snippet = server && snippetsIn(server).find(({ name }) => name === 'WebSocket location');
	expect(inserted(snippet?.body ?? '')).toContain('proxy_set_header Connection $ws;');
});
