import type { PlacedDirective } from '../config/model.ts';
import { isAtLeast } from '../reference/versions.ts';
import type { Route } from '../routes/route.ts';
import { removeWord } from './cures/editing.ts';
import { type Door, doorsOf, unusedCertificate, withTls } from './doors.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'listen-http2-only',
	summary: 'A port without TLS speaks HTTP/2 only, and a handshake needs HTTP/1.1.',
	severity: 'error',
	why: `Before 1.25.1 a \`listen\` with \`http2\` and without \`ssl\` takes nothing but HTTP/2. A WebSocket handshake is an HTTP/1.1 request: nginx
cuts the connection ("invalid connection preface"). One such listen holds for every server of that address and port. Beside \`ssl\` the word does no harm, since client and server agree on the version.`,
	remedy: 'Take `http2` off the listen.',
	ignore: 'Nobody opens a WebSocket on that port.',
	rows: ['PR6'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_v2_module.html', 'https://nginx.org/en/CHANGES'],
	versions: { before: '1.25.1' },
	examples: [
		{
			title: 'http2 without ssl',
			within: 'http',
			checkVersion: '1.22.1',
			bad: `server {
	«listen 8080 http2»;
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
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails', before: '1.25.1' },
		},
		{
			title: 'http2 on the same port in another server',
			within: 'http',
			checkVersion: '1.22.1',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
server {
	«listen 8080 http2»;
	server_name other.example.com;
	location / {
		return 200;
	}
}
`,
			good: `server {
	listen 8080;
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
	server_name other.example.com;
	location / {
		return 200;
	}
}
`,
			proof: { bad: 'fails', before: '1.25.1' },
		},
	],
	*check(context) {
		if (context.routes.length === 0 || isAtLeast(context.version, '1.25.1')) return;
		const shut = doorsOf(context.configuration).filter(
			({ tls, residents }) => !tls && residents.some(({ listen }) => listen.http2),
		);
		const livesIn = ({ server }: Route, door: Door): boolean => door.residents.some((resident) => resident.server === server);
		for (const door of shut) {
			const lines = door.residents.flatMap(({ listen }) => (listen.http2 && listen.at !== undefined ? [listen.at] : []));
			const [line] = lines;
			const route = context.routes.find((one) => one.urls.length > 0 && livesIn(one, door));
			if (line === undefined || route === undefined) continue;
			const isOpenElsewhere = route.urls.length > shut.filter((other) => livesIn(route, other)).length;
			const isOwn = line.scope === route.server;
			// On a port of TLS it is not the http2 that is wrong.
			const isForTls = door.residents.some(({ server }) => unusedCertificate(door, server, context.version) !== undefined);
			const lacking = lines.length === 1 ? 'this listen' : `the ${lines.length} listens of that port`;
			yield {
				...aboutRoute(route),
				...(isOpenElsewhere ? { severity: 'warning' as const } : {}),
				at: placeOf(line),
				message: `nginx before 1.25.1 speaks nothing but HTTP/2 on ${door.port === 0 ? 'this socket' : `port ${door.port}`}${isOwn ? '' : ', for all servers on it,'} and cuts the HTTP/1.1 handshake for ${titleOf(route)}${isOwn ? '' : ` (${whereIs(route.at, context.configuration)})`}. ${isForTls ? 'Write `ssl` beside http2: over TLS clients choose between the two.' : `Take http2 off ${lacking}.`}`,
				cures: () => (isForTls ? [withTls(line)] : withoutHttp2(lines)),
			};
		}
	},
});

function withoutHttp2(lines: readonly PlacedDirective[]): readonly Cure[] {
	const edits = [...new Map(lines.map((line) => [line.node, line])).values()].flatMap((line) =>
		line.node.args.filter(({ value }) => value.toLowerCase() === 'http2').map((word) => removeWord(line, word)),
	);
	const which = edits.length === 1 ? 'this listen' : 'these listens';
	return [{ title: `Take http2 off ${which}, which shuts out HTTP/2 without TLS`, preferred: true, changes: 'listen', edits }];
}
