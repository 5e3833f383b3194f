import { expect, test } from 'vitest';
import type { DocumentHighlight, Location, WorkspaceEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { LspSession } from '../support/lspSession.ts';
import { uriOf } from '../support/lspSession.ts';
import { writeMarks } from '../support/marked.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';

/** Locations as the text of their files with marks around them, by path. */
function shown(session: LspSession, locations: readonly Location[]): Record<string, string> {
	const texts: Record<string, string> = {};
	for (const path of new Set(locations.map(({ uri }) => uri.replace('file://', '')))) {
		const text = session.disk.texts.get(path) ?? session.document(path).getText();
		const document = TextDocument.create(uriOf(path), 'nginx', 0, text);
		const spans = locations
			.filter(({ uri }) => uri === uriOf(path))
			.map(({ range }) => ({ start: document.offsetAt(range.start), end: document.offsetAt(range.end) }));
		texts[path] = writeMarks(text, spans);
	}
	return texts;
}

const TWO_FILES = {
	main: `events {}
http {
	map $http_upgrade $connection_upgrade {
		default upgrade;
		'' close;
	}
	upstream chat { server 127.0.0.1:9000; }
	include conf.d/*.conf;
}
`,
	site: `server {
	location /ws/ {
		proxy_pass http://ch‸at/x;
		proxy_set_header Connection $connection_upgrade;
		proxy_set_header X "\${connection_upgrade}";
		error_page 502 @down;
	}
	location @down { return 503; }
}
`,
};
const SITE = '/w/conf.d/site.conf';

test('an upstream leads to its block in another file', async () => {
	const session = await start({ files: { [MAIN]: TWO_FILES.main } });
	const { caret } = await session.open(SITE, TWO_FILES.site);
	const found = await session.at<Location[]>('textDocument/definition', SITE, caret);
	expect(shown(session, found)).toEqual({ [MAIN]: TWO_FILES.main.replace('upstream chat', 'upstream «chat»') });
});

test('a variable is found wherever it is written, in braces and quotes too', async () => {
	const session = await start({ files: { [MAIN]: TWO_FILES.main } });
	const site = TWO_FILES.site.replace('‸', '').replace('Connection $conn', 'Connection $co‸nn');
	const { caret, text } = await session.open(SITE, site);
	const found = await session.at<Location[]>('textDocument/references', SITE, caret, { context: { includeDeclaration: true } });
	expect(shown(session, found)).toEqual({
		[MAIN]: TWO_FILES.main.replace('$connection_upgrade', '$«connection_upgrade»'),
		[SITE]: text
			.replace('Connection $connection_upgrade', 'Connection $«connection_upgrade»')
			.replace('{connection_upgrade}', '{«connection_upgrade»}'),
	});
});

test('a named location is known in its own server only', async () => {
	const session = await start();
	const text = `http {
	server { error_page 502 @do‸wn; location @down { return 503; } }
	server { error_page 502 @down; location @down { return 504; } }
}
`;
	const { caret } = await session.open(MAIN, text);
	const found = await session.at<DocumentHighlight[]>('textDocument/documentHighlight', MAIN, caret);
	expect(found.map(({ range }) => range.start.line)).toEqual([1, 1]);
});

test('an include leads to every file that it brings', async () => {
	const session = await start({ files: { [SITE]: 'server { }\n', '/w/conf.d/other.conf': 'server { }\n' } });
	const { caret } = await session.open(MAIN, 'http { include conf.d/‸*.conf; }\n');
	const found = await session.at<Location[]>('textDocument/definition', MAIN, caret);
	expect(found.map(({ uri }) => uri).sort()).toEqual([uriOf('/w/conf.d/other.conf'), uriOf(SITE)].sort());
});

test('renaming a variable changes every file of the configuration, with the versions of those that are open', async () => {
	const session = await start({ files: { [MAIN]: TWO_FILES.main } });
	const site = TWO_FILES.site.replace('‸', '').replace('Connection $conn', 'Connection $co‸nn');
	const { caret, text } = await session.open(SITE, site);
	const edit = await session.at<WorkspaceEdit>('textDocument/rename', SITE, caret, { newName: '$ws' });
	expect(await session.applied({ title: '', edit })).toEqual({
		[MAIN]: TWO_FILES.main.replace('$connection_upgrade', '$ws'),
		[SITE]: text.replaceAll('connection_upgrade', 'ws'),
	});
});

test.each([
	['what nginx defines itself', 'set $a $ho‸st;', '$other', /\$host is not defined in this configuration/],
	['to a name that is taken', 'set $a‸a 1; set $b 2;', '$b', /There is a variable b already/],
	['to what is no name', 'set $a‸a 1;', '$b-c', /cannot be the name of a variable/],
	['what has no name', 'retu‸rn 200;', 'x', /Only what a configuration defines itself/],
])('renaming %s is refused with a sentence', async (_, line, newName, sentence) => {
	const session = await start();
	const { caret } = await session.open(MAIN, `events {}\nhttp { server { ${line} } }\n`);
	await expect(session.at('textDocument/rename', MAIN, caret, { newName })).rejects.toThrow(sentence);
});
