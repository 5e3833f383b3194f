import type { Route } from '../routes/route.ts';
import { removeDirective } from './cures/editing.ts';
import { forwardCures, isLeftAlone } from './cures/forward.ts';
import { blockInFile, connectionValue, equivalentMaps } from './cures/mapBlock.ts';
import { webSocketRouteCure } from './cures/webSocketRoute.ts';
import { type Forwarding, forwardingOf, isHeaderName, renamedBy } from './forwarding.ts';
import { type Cure, defineRule, placeOf, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { causeOf, causeText, redefinitionIn } from './valueCause.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'connection-not-upgrade',
	summary: 'The Connection header that reaches the backend does not say "upgrade".',
	severity: 'error',
	why: `The backend needs both headers: Upgrade says what to become, Connection says that it is meant for this hop. nginx replaces
the client's Connection by its own ("close" before 1.29.7, none since), so it has to be set. 19 of 21 tested backends refuse a
handshake without it. Words without a comma between them (\`Upgrade upgrade\`) are taken by 5 of the 21, so that is a warning.`,
	remedy: "Set `proxy_set_header Connection $connection_upgrade;` with the map `default upgrade; '' '';` from $http_upgrade.",
	ignore: 'The backend is known not to look at Connection (websockify and Mojolicious do not).',
	rows: ['HD2', 'HD7', 'HD10', 'HD11', 'HD17'],
	sources: ['https://nginx.org/en/docs/http/websocket.html', 'https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1'],
	examples: [
		{
			title: 'Upgrade is forwarded, Connection is forgotten',
			within: 'http',
			bad: `server {
    listen 8080;
    location /ws {
        «proxy_pass http://127.0.0.1:9000»;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; # from the client
        proxy_read_timeout 1h;
    }
}
`,
			good: `map $http_upgrade $connection_upgrade {
    default upgrade;
    ''      '';
}

server {
    listen 8080;
    location /ws {
        proxy_pass http://127.0.0.1:9000;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; # from the client
        proxy_set_header Connection $connection_upgrade;
        proxy_read_timeout 1h;
    }
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'Connection gets the value of Upgrade',
			within: 'http',
			bad: `map $http_upgrade $ws_connection {
	default upgrade;
	'' close;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «$http_upgrade»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $ws_connection {
	default upgrade;
	'' close;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $ws_connection;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'a letter is missing in the name',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header «Conection» $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: '$connection is the number of the connection',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «$connection-upgrade»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'a set stands in the way of the map',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		set $connection_upgrade close;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «$connection_upgrade»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'two words without a comma',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «"Upgrade $connection_upgrade"»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'the name of the site',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «$http_host»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'name and value the wrong way round',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header «$connection_upgrade» Connection;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const forwarding = forwardingOf(route, context.version);
			if (forwarding === undefined || forwarding.connection.problem === 'none') continue;
			// Where Upgrade is missing too, or wrong, the finding about that cures both.
			if (forwarding.upgrade.problem !== 'none' && !forwarding.upgrade.repeated) continue;
			const { misnamed, line } = forwarding.connection;
			if (forwarding.lost.length > 0 && line === undefined) continue;
			if (misnamed !== undefined && !isHeaderName(misnamed.node.args[0]?.value ?? '')) continue;
			const cause = line && causeOf(line);
			if (cause?.kind === 'map' || redefinitionIn(line) !== undefined) continue;
			yield report(route, forwarding, context);
		}
	},
});

function report(route: Route, forwarding: Forwarding, context: RuleContext): Report {
	const { misnamed, line } = forwarding.connection;
	const sent = route.handshake.upstream?.headers.get('connection');
	const reaches = sent === undefined ? 'no Connection header' : `"Connection: ${sent}"`;
	const value = connectionValue(route.location, context.variables());
	const wanted = `\`proxy_set_header Connection ${value.text};\`${value.edits.length > 0 ? ', with its map in the http block' : ''}`;
	const shared = { ...aboutRoute(route), cures: () => curesOf(route, forwarding, context) };
	if (misnamed !== undefined)
		return {
			...shared,
			at: placeOfArgument(misnamed, 0),
			message: `This line sets a header called "${misnamed.node.args[0]?.value}" and not Connection, so the backend gets ${reaches}, and ${REFUSED_WITHOUT}. Write ${wanted}.`,
		};
	if (line === undefined)
		return {
			...shared,
			at: routePlace(route),
			message: `The backend gets ${reaches} beside Upgrade, and ${REFUSED_WITHOUT}. Add ${wanted}.`,
		};
	const cause = causeOf(line);
	const why = causeText(line, context.configuration);
	const tested = isWordWithoutComma(sent ?? '');
	const gets = `The backend gets ${reaches}${why === undefined ? '' : `, because ${why}`}`;
	const isElsewhere = isLeftAlone(line, forwarding, context);
	const advice =
		cause.kind === 'set' && isRightWithout(cause.name, route)
			? `Remove the \`set\`: the map of $${cause.name} is right.`
			: !isElsewhere
				? `Write ${wanted}.`
				: forwarding.own
					? `Add ${wanted} to this location, and leave the line of ${whereIs(line.at, context.configuration)} to the others.`
					: `Write ${wanted} in this location, and repeat there the other proxy_set_header lines of ${whereIs(line.at, context.configuration)}, which it cancels.`;
	const message =
		cause.kind === 'made-up'
			? `$${cause.name} is a variable of nginx itself, a number, an address, a time or an identifier, so the Connection that the backend gets is never "upgrade", and 19 of 21 tested backends refuse that.`
			: tested
				? `${gets}: without a comma between the words that is no "upgrade", and 16 of 21 tested backends refuse it.`
				: /upgrade/i.test(sent ?? '')
					? `${gets}, which is not the word "upgrade", and a backend that keeps to RFC 6455 refuses the handshake.`
					: `${gets}, and ${REFUSED_WITHOUT}.`;
	return {
		...shared,
		...(tested ? { severity: 'warning' as const } : {}),
		...(isElsewhere
			? {
					at: routePlace(route),
					related: [{ ...placeOf(line.at), message: 'Sent from here.' }, ...(shared.related ?? [])],
				}
			: { at: placeOfArgument(line.at, 1) }),
		message: `${message} ${advice}`,
	};
}

const REFUSED_WITHOUT = '19 of 21 tested backends refuse a handshake whose Connection does not say "upgrade"';

/** `Upgrade upgrade`: words with blanks between them, which five of the tested backends take for the one (HD10). */
function isWordWithoutComma(value: string): boolean {
	return /(?:^|\s)upgrade(?:\s|$)/i.test(value) && /\s/.test(value.trim());
}

function curesOf(route: Route, forwarding: Forwarding, context: RuleContext): readonly Cure[] {
	const { line } = forwarding.connection;
	const cause = line && causeOf(line);
	if (cause?.kind === 'set' && isRightWithout(cause.name, route))
		return [{ title: `Remove the line that sets $${cause.name}`, preferred: true, edits: [removeDirective(cause.at)] }];
	const all = webSocketRouteCure(route, context);
	return [
		...forwardCures(route, forwarding, context, 'Set the Connection header to upgrade'),
		...(all === undefined ? [] : [all]),
	].map((cure) => ({ ...cure, ...renamedBy(forwarding) }));
}

/** Whether a variable that a `set` stands in the way of has a map that gives the right value by itself. */
function isRightWithout(name: string, route: Route): boolean {
	const http = blockInFile(route.location, 'http');
	return http !== undefined && equivalentMaps(http).some((map) => map.node.args[1]?.value.toLowerCase() === `$${name}`);
}
