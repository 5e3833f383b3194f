import { effective } from '../config/effective.ts';
import type { PlacedDirective } from '../config/model.ts';
import type { HeaderLine } from '../request/prediction.ts';
import { HANDLERS } from '../routes/handlers.ts';
import type { Route } from '../routes/route.ts';
import { insertInto, replaceArgument } from './cures/editing.ts';
import { headerEdits } from './cures/headerLines.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'handshake-key-missing',
	summary: 'Sec-WebSocket-Key or Sec-WebSocket-Version does not reach the backend.',
	severity: 'error',
	why: `A handshake needs the client's Sec-WebSocket-Key and Sec-WebSocket-Version. \`proxy_pass_request_headers off\` drops all of the
client's headers, and \`proxy_set_header Sec-WebSocket-Key ""\` drops one: 20 of 21 tested backends refuse a handshake without the key, and 18 one
without the version, which is a warning. A key of your own opens nothing either: the client checks the answer against its own.`,
	remedy:
		'Pass the handshake headers on: `proxy_set_header Sec-WebSocket-Key $http_sec_websocket_key;` and so on for Version, Protocol and Extensions.',
	ignore: 'Never on a WebSocket route.',
	rows: ['HD27', 'HD28'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass_request_headers',
		'https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1',
	],
	examples: [
		{
			title: "the client's headers are not passed",
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_pass_request_headers off»;
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
		proxy_pass_request_headers off;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_set_header Sec-WebSocket-Key $http_sec_websocket_key;
		proxy_set_header Sec-WebSocket-Version $http_sec_websocket_version;
		proxy_set_header Sec-WebSocket-Protocol $http_sec_websocket_protocol;
		proxy_set_header Sec-WebSocket-Extensions $http_sec_websocket_extensions;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'a key that is not the client’s',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		«proxy_set_header Sec-WebSocket-Key "x3JJHMbDL1EzLkh9GBhXDw=="»;
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
		proxy_set_header Sec-WebSocket-Key $http_sec_websocket_key;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.location !== route.location) continue;
			const obstacle = route.handshake.obstacles.find(({ code }) => code === 'key-missing');
			const line = obstacle?.at[0];
			if (obstacle === undefined || line === undefined) continue;
			const own = line.scope === route.location && line.file === route.at.file;
			const sent = route.handshake.upstream?.lines.find(({ at }) => at === line);
			yield {
				...aboutRoute(route),
				...(sent?.name === 'sec-websocket-version' && sent.value === '' ? { severity: 'warning' as const } : {}),
				at: own ? placeOf(line) : routePlace(route),
				message: messageFor(line, sent, own ? '' : ` (${whereIs(line, context.configuration)})`),
				cures: () => [...passedOn(route, line, context), ...letThrough(route, line)],
			};
		}
	},
});

/** What becomes of the header, for whom that is the end, and what to do. */
function messageFor(line: PlacedDirective, sent: HeaderLine | undefined, place: string): string {
	const name = line.node.args[0]?.value ?? '';
	if (sent === undefined)
		return `${line.node.name.value} ${name}${place} keeps all of the client's headers from the backend, Sec-WebSocket-Key and Sec-WebSocket-Version among them, and it answers 400. Pass these on.`;
	const isKey = sent.name === 'sec-websocket-key';
	const own = isKey ? '$http_sec_websocket_key' : '$http_sec_websocket_version';
	const advice = `Remove the line, or write \`proxy_set_header ${name} ${own};\`.`;
	if (sent.value === '')
		return `This line${place} keeps the client's ${name} from the backend, and ${isKey ? '20' : '18'} of 21 tested backends refuse a handshake without it. ${advice}`;
	return isKey
		? `This line${place} sends the backend another Sec-WebSocket-Key than the client's, so the Sec-WebSocket-Accept in the answer does not fit and the client closes the connection. ${advice}`
		: `This line${place} sends "Sec-WebSocket-Version: ${sent.value}" in place of the client's 13, and a backend that speaks 13 refuses the handshake with 400 or 426. ${advice}`;
}

const HANDSHAKE_HEADERS: readonly string[] = ['Key', 'Version', 'Protocol', 'Extensions'];

/** Sends the handshake's own headers and no other: an absent one is an empty value, and nginx sends none. */
function passedOn(route: Route, line: PlacedDirective, context: RuleContext): readonly Cure[] {
	const dropped = line.node.args[0]?.value.toLowerCase() ?? '';
	const headers = effective(route.location, 'proxy_set_header', context.version);
	if (headers.level === 'unknown' || route.handler?.node.name.value !== 'proxy_pass') return [];
	const lines = headers.level === 'default' ? [] : headers.directives;
	const wanted = new Map(
		HANDSHAKE_HEADERS.map((name): [string, string] => [
			`sec-websocket-${name.toLowerCase()}`,
			`$http_sec_websocket_${name.toLowerCase()}`,
		]).filter(([name]) => line.node.name.value === 'proxy_pass_request_headers' || name === dropped),
	);
	const edits = headerEdits(route, { lines, own: headers.level === 'own' }, wanted, context);
	return edits === undefined ? [] : [{ title: 'Pass the handshake headers on', preferred: true, edits }];
}

/** Sends whatever the client sends, cookies and all. */
function letThrough(route: Route, line: PlacedDirective): readonly Cure[] {
	const name = line.node.name.value;
	if (!name.endsWith('_pass_request_headers')) return [];
	const edit =
		line.scope === route.location ? replaceArgument(line, 0, 'on') : insertInto(route.location, [`${name} on;`], HANDLERS);
	return edit === undefined
		? []
		: [{ title: "Let all of the client's headers through", preferred: name !== 'proxy_pass_request_headers', edits: [edit] }];
}
