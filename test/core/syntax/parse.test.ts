import { describe, expect, test } from 'vitest';
import { parse } from '../../../server/src/core/syntax/parse.ts';
import { forgottenCases, placed, type SyntaxCase, severalLines, tokenizerCases } from '../../support/syntaxCases.ts';
import { outline, problemsOutline } from '../../support/syntaxOutline.ts';

function expectRead(one: SyntaxCase): void {
	// Entries are only entries inside their block.
	const open = one.place === 'types' || one.place === 'map';
	const tree = parse(open ? `${one.place} {${one.text}` : one.text);
	if (!open) {
		expect(outline(tree)).toBe(one.outline);
		expect(problemsOutline(tree)).toEqual(one.problems ?? []);
		return;
	}
	expect(outline(tree)).toBe(`${one.place} { ${one.outline} ?`);
	expect(problemsOutline(tree).filter((line) => !line.startsWith('unclosed-block 1:"{"'))).toEqual(
		(one.problems ?? []).filter((line) => !line.startsWith('unclosed-block')),
	);
}

describe('a text is read as nginx reads it', () => {
	test.each(tokenizerCases)('$row: $name', expectRead);
	test('each row of the catalogue has its case', () => {
		const rows = new Set(tokenizerCases.map(({ row }) => row));
		// TK10 has its own list; TK13 counts arguments and TK17 – TK19 are about names: the reference decides those.
		for (const row of [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16]) expect(rows).toContain(`TK${row}`);
	});
});

describe('a forgotten ; or { is reported where it was forgotten, with the line that nginx names', () => {
	test.each(forgottenCases)('$row: $name', expectRead);
});

describe('several lines that nginx takes as one directive are one, without a problem', () => {
	test.each(severalLines)('$text', ({ text, place }) => {
		const tree = parse(placed(text, place));
		expect(tree.problems).toEqual([]);
	});
});

describe('a missing } is reported at the block that lacks it, and the rest keeps its place', () => {
	test.each([
		{
			name: 'a location typed into a laid-out file',
			text: 'http {\n  server {\n    location /ws {\n      proxy_pass http://b;\n\n    location / {\n      root /a;\n    }\n  }\n}\n',
			outline: 'http { server { location /ws { proxy_pass http://b; ? location / { root /a; } } }',
			problems: ['unclosed-block 3:"{" | 11: unexpected end of file, expecting "}"'],
		},
		{
			name: 'the last location of a server',
			text: 'http {\n  server {\n    location /ws {\n      root /a;\n  }\n  server {\n    listen 80;\n  }\n}\n',
			outline: 'http { server { location /ws { root /a; ? } server { listen 80; } }',
			problems: ['unclosed-block 3:"{" | 10: unexpected end of file, expecting "}"'],
		},
		{
			name: 'a file without indentation',
			text: 'http {\nserver {\nlocation / {\nroot /a;\n}\n}\n',
			outline: 'http { server { location / { root /a; } } ?',
			problems: ['unclosed-block 1:"{" | 7: unexpected end of file, expecting "}"'],
		},
		{
			name: 'a map, seen by the server behind it',
			text: "http {\n  map $http_upgrade $c {\n    default upgrade;\n    '' close\n\n  server {\n    listen 80;\n  }\n}\n",
			outline: 'http { map $http_upgrade $c { default upgrade; «» close! ? server { listen 80; } }',
			problems: ['missing-semicolon 4:"e" | 6: unexpected "{"', 'unclosed-block 2:"{" | 6: unexpected "{"'],
		},
		{
			name: 'everything, while it is being typed',
			text: 'http {\n  server {\n    location /ws {\n      proxy_pass ht',
			outline: 'http { server { location /ws { proxy_pass ht! ? ? ?',
			problems: [
				'missing-semicolon 4:"t" | 4: unexpected end of file, expecting ";" or "}"',
				'unclosed-block 3:"{" | 4: unexpected end of file, expecting "}"',
				'unclosed-block 2:"{" | 4: unexpected end of file, expecting "}"',
				'unclosed-block 1:"{" | 4: unexpected end of file, expecting "}"',
			],
		},
	])('$name', ({ text, outline: expected, problems }) => {
		const tree = parse(text);
		expect(outline(tree)).toBe(expected);
		expect(problemsOutline(tree)).toEqual(problems);
	});

	test('a } too many is reported, and what follows is read', () => {
		const tree = parse('server {\n}\n}\nserver {\n}\n');
		expect(outline(tree)).toBe('server { } server { }');
		expect(problemsOutline(tree)).toEqual(['unexpected-close 3:"}" | 3: unexpected "}"']);
	});
});

describe('templates are read around their marks, without false errors', () => {
	test.each([
		['server_name {{ name }};\nlisten {{ port }} ssl;', 'server_name «{{ name }}»; listen «{{ port }}» ssl;'],
		[
			'{% if tls %}\nlisten 443{% if h2 %} http2{% endif %};\n{% endif %}\nroot /a;',
			'listen «443{% if h2 %}» «http2{% endif %}»; root /a;',
		],
		['{{ extra }}\nroot "{{ a["b"] }}";', 'root «{{ a["b"] }}»;'],
		['<% if @a { -%>\nroot <%= @root %>;\n<% } -%>', 'root «<%= @root %>»;'],
		['${EXTRA}\nlisten 80;', '«${EXTRA}»! listen 80;'],
		['@@EXTRA@@\nserver_name a;', '@@EXTRA@@! server_name a;'],
		['{# a note } #}\nlisten {{ port }};', 'listen «{{ port }}»;'],
		['{{/* a note with ; and } */}}\nlisten {{ .Port }};', 'listen «{{ .Port }}»;'],
		['{{- /*\nseveral; lines {\n}\n*/ -}}\nlisten {{ .Port }}; {{/* ; */}}', 'listen «{{ .Port }}»;'],
		['{{! a note; }}{{!-- one with }} in it; --}}\nlisten {{{port}}};', 'listen «{{{port}}}»;'],
		[
			'listen {{ default "80;81" .Port }};\nroot {{`{{ dir }}`}};',
			'listen «{{ default "80;81" .Port }}»; root «{{`{{ dir }}`}}»;',
		],
		[
			'location / { {{- if .Tls }} listen 443; {{- end }} root {{ include "a"\n  (dict "b" 1) }}; }',
			'location / { listen 443; root «{{ include "a"\\n  (dict "b" 1) }}»; }',
		],
		['{{ if .A }}root /a;{{ else }}root /b;{{ end }}', 'root /a; root /b;'],
	])('%s', (text, expected) => {
		const tree = parse(text);
		expect(tree.template).toBe(true);
		expect(tree.problems).toEqual([]);
		expect(outline(tree)).toBe(expected);
	});

	test.each([
		'server_name a; # {{ name }} {% if %} @@A@@\n',
		'log_format j escape=json \'{"a":{"b":"$uri"}}\';',
		'return 200 "${host}";',
		'return 200 \'<?xml version="1.0"?>\';',
		'map $a $b { ${c} d; $E f; }',
		'location ~ "^/a{2}{3}" { }',
		'content_by_lua_block { local a = {{ 1, b }} }',
	])('%s is no template', (text) => {
		expect(parse(text).template).toBe(false);
	});

	test('a doubled brace is a mistake, not a template', () => {
		const tree = parse('http {{ server { listen 80; } }}');
		expect(tree.template).toBe(false);
		expect(tree.problems[0]?.code).toBe('unexpected-open');
	});
});

test('a directive that is known only to the caller is noticed behind a forgotten ;', () => {
	const text = 'root /a\nvhost_traffic_status on;';
	expect(parse(text).problems).toEqual([]);
	const shapes = (name: string) =>
		name === 'root' || name === 'vhost_traffic_status' ? [{ min: 1, max: 1, block: false }] : undefined;
	expect(outline(parse(text, { shapes }))).toBe('root /a! vhost_traffic_status on;');
});
