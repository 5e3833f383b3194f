import { compileRegex } from '../config/regex.ts';
import { replaceArgument } from './cures/editing.ts';
import { doorsOf, namesOf, type WrittenName } from './doors.ts';
import { defineRule, placeOfArgument, type Report } from './rule.ts';
import { evidenceOf, severityOf } from './wording.ts';

export default defineRule({
	id: 'server-name-odd',
	summary: 'A server_name is written in a way that no request has as its host: with a comma, a scheme, a port or a final dot.',
	severity: 'error',
	why: `server_name takes bare host names with blanks between them. \`nginx -t\` accepts \`a.example.com,\` and \`a.example.com:8080\` and takes
them letter by letter, so no Host header is ever equal to them: the handshake goes to the default server of the port. The same holds for a
dot at the end, which nginx takes off the Host and not off the name, for an expression without its \`~\`, and for letters beyond ASCII, which
browsers send as \`xn--…\`.`,
	remedy: 'Write the bare host names, with blanks between them.',
	ignore: 'The server is the default one of its port and needs no name.',
	rows: ['RT22'],
	sources: [
		'https://nginx.org/en/docs/http/server_names.html',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#server_name',
	],
	examples: [
		{
			title: 'commas between the names',
			within: 'http',
			bad: `server {
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
	listen 8080;
	server_name «localhost,» www.localhost;
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
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
	listen 8080;
	server_name localhost www.localhost;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 404 },
		},
		{
			title: 'a URL',
			within: 'http',
			bad: `server {
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
	listen 8080;
	server_name «http://localhost/»;
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
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
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
`,
			proof: { bad: 404 },
		},
		{
			title: 'the port',
			within: 'http',
			bad: `server {
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
	listen 8080;
	server_name «localhost:8080»;
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
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
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
`,
			proof: { bad: 404 },
		},
		{
			title: 'a dot at the end',
			within: 'http',
			bad: `server {
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
	listen 8080;
	server_name «localhost.»;
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
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
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
`,
			proof: { bad: 404 },
		},
		{
			title: 'an expression without its tilde',
			within: 'http',
			bad: `server {
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
	listen 8080;
	server_name «^local\\w+$»;
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
	listen 8080 default_server;
	location / {
		return 404;
	}
}
server {
	listen 8080;
	server_name ~^local\\w+$;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 404 },
		},
	],
	*check(context) {
		const servers = new Set(context.routes.filter(({ urls }) => urls.length > 0).map(({ server }) => server));
		if (servers.size === 0) return;
		const doors = doorsOf(context.configuration);
		for (const server of servers) {
			const own = doors.filter(({ residents }) => residents.some((resident) => resident.server === server));
			// The default server of all its ports gets the handshake by any name.
			const isDefault = context.configuration.fragment === undefined && own.every(({ fallback }) => fallback === server);
			const route = context.routes.find((one) => one.server === server && one.urls.length > 0);
			if (route === undefined) continue;
			for (const name of namesOf(server)) {
				const odd = oddity(name);
				if (odd === undefined) continue;
				yield {
					// No route: the handshake that the cure is for has this name, and that of the route's example has none.
					related: evidenceOf(route),
					severity: severityOf(route),
					...(isDefault ? { severity: 'information' as const } : {}),
					at: placeOfArgument(name.at, name.argument),
					message: `nginx takes "${name.text}" letter by letter, with the ${odd.part}, and no browser asks for such a host${isDefault ? '; handshakes arrive here only because this is the default server' : ', so the handshake goes to the default server of the port'}. ${odd.right === undefined ? 'Write it in the form that browsers send, which begins with xn--.' : `Write ${odd.right}.`}`,
					cures: () => {
						const edit = odd.right === undefined ? undefined : replaceArgument(name.at, name.argument, odd.right);
						return edit === undefined ? [] : [{ title: `Write ${odd.right}`, preferred: true, edits: [edit] }];
					},
				} satisfies Report;
			}
		}
	},
});

/** What is in a name that no host can have, and the name without it; undefined for good names, and where no good one can be told. */
function oddity({ text }: WrittenName): { readonly part: string; readonly right: string | undefined } | undefined {
	if (text.startsWith('~') || /[$"'{}]/.test(text.replace(/\$$/, ''))) return undefined;
	if (/^\^|\$$|\\\./.test(text)) return isExpression(text) ? { part: 'signs of an expression', right: `~${text}` } : undefined;
	if (/[^\0-\x7f]/.test(text)) return { part: 'letters beyond ASCII', right: undefined };
	const [, scheme] = /^((?:https?|wss?):\/\/)/i.exec(text) ?? [];
	const parts: string[] = [];
	if (scheme !== undefined) parts.push('scheme');
	const names = text
		.slice(scheme?.length ?? 0)
		.split(',')
		.filter((name) => name !== '')
		.map((name) => {
			const [, host = '', dot, port, path] = /^([^:/[\]]*?)(\.)?(:\d*)?(\/.*)?$/.exec(name) ?? [];
			if (port !== undefined) parts.push('port');
			if (path !== undefined) parts.push(path === '/' ? 'slash' : 'path');
			if (dot !== undefined) parts.push('dot at its end');
			return host;
		});
	if (text.includes(',')) parts.push('comma');
	const [part] = parts;
	if (part === undefined || names.length === 0 || !names.every((name) => /^(?:\*?\.)?[\w-]+(?:\.[\w-]+)*(?:\.\*)?$/.test(name)))
		return undefined;
	return { part, right: names.join(' ') };
}

function isExpression(text: string): boolean {
	return !('unsupported' in compileRegex(text, true));
}
