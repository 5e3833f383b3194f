import type { Scope } from '../config/model.ts';
import { replaceArgument } from './cures/editing.ts';
import { doorsOf, namesOf, type WrittenName } from './doors.ts';
import { type Cure, defineRule, placeOfArgument, type Report } from './rule.ts';

export default defineRule({
	id: 'server-name-refused',
	summary: 'A server_name has a star or a dot where nginx takes none.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `In a \`server_name\` a \`*\` stands for whole parts only, the first (\`*.example.com\`) or the last (\`example.*\`), and no part is empty.
nginx refuses to start with others: with some always ("server name … is invalid"), with the rest as soon as two servers share the port
("invalid server name or wildcard").`,
	remedy: 'Write `*.example.com`, `.example.com` or `example.*`, or an expression: `~^chat.*\\.example\\.com$`.',
	ignore: 'Never: nginx does not start.',
	rows: ['DU4'],
	sources: [
		'https://nginx.org/en/docs/http/server_names.html#wildcard_names',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#server_name',
	],
	examples: [
		{
			title: 'a star within a part',
			within: 'http',
			bad: `server {
	listen 8080;
	server_name localhost;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
server {
	listen 8080;
	server_name «chat*.example.com»;
}
`,
			good: `server {
	listen 8080;
	server_name localhost;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
server {
	listen 8080;
	server_name ~^chat.*\\.example\\.com$;
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'a star without a dot behind it',
			within: 'http',
			bad: `server {
	listen 8080;
	server_name localhost «*localhost»;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	server_name localhost *.localhost;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		const servers = new Map<Scope, boolean>();
		for (const { residents } of doorsOf(context.configuration))
			for (const { server } of residents) servers.set(server, servers.get(server) === true || residents.length > 1);
		for (const [server, isShared] of servers)
			for (const name of namesOf(server)) {
				if (name.at.file.tree.template || name.at.node.end === 'missing') continue;
				const isAlways = isInvalid(name.text);
				if (!isAlways && !(isShared && isUnfit(name.text))) continue;
				const right = rightFor(name.text);
				yield {
					severity: 'error',
					at: placeOfArgument(name.at, name.argument),
					message: `nginx refuses to start: "${name.text}" is no server name${isAlways ? '' : ' where several servers share a port'}, since ${reason(name.text)}. ${right === undefined ? 'Write a whole host name.' : `Write ${right}.`}`,
					cures: () => curesOf(name, right),
				} satisfies Report;
			}
	},
});

/** What nginx refuses as soon as it reads it (src/http/ngx_http_core_module.c, ngx_http_core_server_name; measured). */
function isInvalid(text: string): boolean {
	return text === '~' || (text.startsWith('*') && (text.length < 3 || text[1] !== '.')) || text === '.';
}

/** What it refuses once it has to choose by name (src/core/ngx_hash.c, ngx_hash_add_key; measured). */
function isUnfit(text: string): boolean {
	if (text.startsWith('~')) return false;
	const stars = text.split('*').length - 1;
	if (stars > 1 || text.includes('..')) return true;
	return stars === 1 && !text.startsWith('*.') && !(text.length > 2 && text.endsWith('.*')) && !text.startsWith('.');
}

function reason(text: string): string {
	if (text === '~') return 'no expression stands behind the ~';
	if (text.includes('..') || text === '.') return 'a part of it is empty';
	return 'a * stands for the whole first or the whole last part only';
}

/** What was meant; undefined where that is open. */
function rightFor(text: string): string | undefined {
	if (/^\*?\.?$/.test(text)) return '_';
	if (/^\*[\w-]+(?:\.[\w-]+)*$/.test(text)) return `*.${text.slice(1)}`;
	return /^[\w.*-]+$/.test(text) && !text.includes('..') ? `~^${text.replaceAll('.', '\\.').replaceAll('*', '.*')}$` : undefined;
}

function curesOf(name: WrittenName, right: string | undefined): readonly Cure[] {
	const edit = right === undefined ? undefined : replaceArgument(name.at, name.argument, right);
	return edit === undefined ? [] : [{ title: `Write ${right}`, preferred: true, edits: [edit], changes: 'takes' }];
}
