import type { PlacedDirective, Scope } from '../config/model.ts';
import { type Cure, defineRule, placeOfArgument } from './rule.ts';

export default defineRule({
	id: 'stream-target-refused',
	summary: 'proxy_pass in a stream server takes host and port, no URL.',
	severity: 'error',
	refused: true,
	why: `In \`stream\` nginx passes bytes on and knows no scheme: \`proxy_pass http://…\` is "invalid host", and an address without a port is
"no port in upstream". nginx refuses to start.`,
	remedy: 'Write `host:port`, or the name of an upstream of the stream block.',
	ignore: 'Never: nginx does not start.',
	rows: ['SM3'],
	sources: ['https://nginx.org/en/docs/stream/ngx_stream_proxy_module.html#proxy_pass'],
	examples: [
		{
			title: 'a URL',
			within: 'main',
			bad: `events {
}
stream {
	server {
		listen 8081;
		proxy_pass «http://127.0.0.1:9000»;
	}
}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			good: `events {
}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			fixed: `events {
}
stream {
	server {
		listen 8081;
		proxy_pass 127.0.0.1:9000;
	}
}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		const { root } = context.configuration;
		const streams = (root.byName.get('stream') ?? []).flatMap(({ body }) => body ?? []);
		for (const stream of root.context === 'stream' ? [root] : streams) {
			const upstreams = new Set((stream.byName.get('upstream') ?? []).map(({ node }) => node.args[0]?.value));
			if (stream.unresolved.length > 0) continue;
			for (const at of targetsOf(stream)) {
				const value = at.node.args[0]?.value ?? '';
				if (value.includes('$') || value.startsWith('unix:') || upstreams.has(value)) continue;
				const isUrl = /^[a-z]+:\/\//i.test(value);
				if (!isUrl && /:\d+$/.test(value)) continue;
				if (!isUrl && /:/.test(value.replace(/^\[.*\]/, ''))) continue;
				yield {
					severity: 'error',
					at: placeOfArgument(at, 0),
					message: isUrl
						? `nginx refuses to start: proxy_pass in stream passes bytes on and takes no URL. Write host and port alone.`
						: `nginx refuses to start with no port in upstream "${value}": no upstream of the stream block has this name, and an address needs its port. Write \`${value}:PORT\`.`,
					cures: () => curesOf(at, value),
				};
			}
		}
	},
});

function targetsOf(stream: Scope): readonly PlacedDirective[] {
	return (stream.byName.get('server') ?? []).flatMap(({ body }) => body?.byName.get('proxy_pass') ?? []);
}

function curesOf(at: PlacedDirective, value: string): readonly Cure[] {
	const [, scheme, host, port] = /^(https?|wss?|tcp):\/\/([^/:]+|\[[^\]]+\])(:\d+)?\/?$/i.exec(value) ?? [];
	const word = at.node.args[0];
	if (scheme === undefined || host === undefined || word === undefined) return [];
	const known = /^(?:https|wss)$/i.test(scheme) ? ':443' : /^tcp$/i.test(scheme) ? undefined : ':80';
	const text = port ?? known;
	return text === undefined
		? []
		: [
				{
					title: `Pass bytes to ${host}${text}`,
					preferred: true,
					edits: [{ path: at.file.path, span: word.span, text: `${host}${text}` }],
				},
			];
}
