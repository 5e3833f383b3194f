import { describe, expect, it } from 'vitest';
import { forward, inShort, modelOf } from './asking.ts';

/** Marks which location took the request by the port of its backend. */
const at = (port: number): string => `proxy_pass http://127.0.0.1:${port};`;

interface Row {
	readonly row: string;
	readonly says: string;
	readonly locations: string;
	readonly answers: Readonly<Record<string, string>>;
}

const to = (uri: string, port: number): string => `GET ${uri} → 127.0.0.1:${port}`;

const ROWS: readonly Row[] = [
	{
		row: 'RT1',
		says: 'a proxying location that ends in a slash redirects its name without it, with the arguments',
		locations: `location /ws/ { ${at(9001)} } location / { ${at(9002)} }`,
		answers: { '/ws': '301 http://localhost:8080/ws/', '/ws?a=1': '301 http://localhost:8080/ws/?a=1', '/ws/': to('/ws/', 9001) },
	},
	{
		row: 'RT1',
		says: 'not when proxy_pass stands only in an if',
		locations: `location /ws/ { if ($http_none) { ${at(9001)} } return 204; } location / { ${at(9002)} }`,
		answers: { '/ws': to('/ws', 9002) },
	},
	{
		row: 'RT2',
		says: 'the slash redirect comes before regex locations; an exact location prevents it',
		locations: `location ~ ^/ws { ${at(9003)} } location /ws/ { ${at(9001)} } location /x/ { ${at(9001)} } location = /x { ${at(9004)} }`,
		answers: { '/ws': '301 http://localhost:8080/ws/', '/ws/a': to('/ws/a', 9003), '/x': to('/x', 9004) },
	},
	{
		row: 'RT3',
		says: 'exact, then the longest prefix, then regexes in file order unless ^~',
		locations: `location = /a { ${at(9001)} } location /a { ${at(9002)} } location ^~ /a/b { ${at(9003)} } location ~ b$ { ${at(9004)} } location ~ a { ${at(9005)} }`,
		answers: { '/a': to('/a', 9001), '/a/b': to('/a/b', 9003), '/xb': to('/xb', 9004), '/a/c': to('/a/c', 9005), '/c': 'file' },
	},
	{
		row: 'RT4',
		says: 'a regex steals a path from a plain prefix',
		locations: `location /socket.io/ { ${at(9001)} } location ~* \\.(js|css)$ { ${at(9002)} }`,
		answers: { '/socket.io/': to('/socket.io/', 9001), '/socket.io/a.JS': to('/socket.io/a.JS', 9002) },
	},
	{
		row: 'RT5',
		says: 'an outer regex beats a nested prefix, also one with ^~; a nested regex wins; ^~ on the outer one protects',
		locations: `location /a { ${at(9001)} location ^~ /a/b { ${at(9002)} } location ~ nested { ${at(9003)} } }
			location ^~ /p { ${at(9005)} location /p/b { ${at(9006)} } } location ~ \\.php { ${at(9004)} }`,
		answers: {
			'/a/b/x.php': to('/a/b/x.php', 9004),
			'/a/b/x': to('/a/b/x', 9002),
			'/a/nested.php': to('/a/nested.php', 9003),
			'/p/b/x.php': to('/p/b/x.php', 9006),
		},
	},
	{
		row: 'RT6',
		says: 'prefixes are text, and see the decoded path without dots and double slashes',
		locations: `location /ws { ${at(9001)} } location / { ${at(9002)} }`,
		answers: {
			'/wsabc': to('/wsabc', 9001),
			'/%77s': to('/%77s', 9001),
			'/x/../ws': to('/x/../ws', 9001),
			'//ws': to('//ws', 9001),
			'/WS': to('/WS', 9002),
		},
	},
	{
		row: 'RT13',
		says: 'internal is 404 from outside, and comes down to nested locations',
		locations: `location /ws { internal; ${at(9001)} location /ws/x { ${at(9002)} } }`,
		answers: { '/ws': '404', '/ws/x': '404' },
	},
	{
		row: 'DU8',
		says: 'a name without a leading slash never matches; modifiers may be glued',
		locations: `location ws { ${at(9001)} } location =/a { ${at(9002)} } location ~*B$ { ${at(9003)} }`,
		answers: { '/ws': 'file', '/a': to('/a', 9002), '/b': to('/b', 9003) },
	},
	{
		row: 'IN8',
		says: 'a nested location without a handler serves files',
		locations: `location /a { ${at(9001)} location /a/b { } }`,
		answers: { '/a/b': 'file', '/a/c': to('/a/c', 9001) },
	},
];

describe('the location search', () => {
	for (const { row, says, locations, answers } of ROWS)
		it(`${row}: ${says}`, () => {
			const model = modelOf(`server { listen 8080; ${locations} }`);
			for (const [uri, answer] of Object.entries(answers))
				expect(`${uri}: ${inShort(model.predict({ uri }))}`).toBe(`${uri}: ${answer}`);
		});

	it('RT21: merge_slashes off keeps double slashes apart', () => {
		const model = modelOf(`server { listen 8080; merge_slashes off; location /ws { ${at(9001)} } location / { ${at(9002)} } }`);
		expect(inShort(model.predict({ uri: '//ws' }))).toBe('GET //ws → 127.0.0.1:9002');
	});

	it('puts the redirect where the configuration says', () => {
		const redirect = (settings: string, host = 'A.example:8080', listen = '127.0.0.1:8080'): string | null =>
			modelOf(
				`server { listen 8080; listen 80; server_name first.example second.example; ${settings} location /ws/ { ${at(9001)} } }`,
			).predict({ uri: '/ws', host, listen }).redirect;
		expect(redirect('')).toBe('http://a.example:8080/ws/');
		expect(redirect('', 'a.example', '127.0.0.1:80')).toBe('http://a.example/ws/');
		expect(redirect('absolute_redirect off;')).toBe('/ws/');
		expect(redirect('server_name_in_redirect on;')).toBe('http://first.example:8080/ws/');
		expect(redirect('port_in_redirect off;')).toBe('http://a.example/ws/');
	});

	it('enters a location that no request from outside reaches', () => {
		const model = modelOf(`server { listen 8080; location @ws { ${forward(9001)} } location /x { internal; ${forward(9002)} } }`);
		const server = model.configuration.root.byName.get('http')?.[0]?.body?.byName.get('server')?.[0]?.body;
		const answers = server?.byName.get('location')?.map(({ body }) => {
			if (body === undefined) throw new Error('a location has a block');
			const { outcome, upgrade } = model.predictor.predictIn(body, {
				listen: undefined,
				tls: false,
				method: 'GET',
				uri: '/',
				headers: [
					['Host', 'localhost'],
					['Upgrade', 'websocket'],
					['Connection', 'Upgrade'],
					['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
					['Sec-WebSocket-Version', '13'],
				],
			});
			return `${outcome} ${upgrade}`;
		});
		expect(answers).toEqual(['proxied true', 'proxied true']);
	});
});
