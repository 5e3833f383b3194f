import { insertInto } from './cures/editing.ts';
import { forwardEdits } from './cures/forward.ts';
import { ANCHORS } from './cures/headerLines.ts';
import { forwardingOf, headerNameOf, writtenLine } from './forwarding.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'headers-lost',
	summary: 'A proxy_set_header in the location cancels the upgrade headers of an outer level.',
	severity: 'error',
	why: `proxy_set_header lines are inherited all or not at all: as soon as a level has one line of its own, every line of the
levels around it is void there. One \`proxy_set_header Host\` in a location silently removes Upgrade and Connection that the server sets.`,
	remedy: 'Repeat the upgrade headers in the location, beside its own lines.',
	ignore: 'The location is meant to answer without WebSockets; mark it with the comment `# not websocket`.',
	rows: ['IN1', 'IN2', 'IC5'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header'],
	examples: [
		{
			title: 'Host in the location cancels Upgrade and Connection of the server',
			within: 'http',
			bad: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	proxy_read_timeout 1h;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_set_header Host $host»;
	}
}
`,
			good: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	proxy_read_timeout 1h;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Host $host;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const forwarding = forwardingOf(route, context.version);
			if (forwarding === undefined || forwarding.lost.length === 0) continue;
			if (forwarding.upgrade.problem !== 'missing' && forwarding.connection.problem !== 'missing') continue;
			const own = forwarding.lines;
			const gone = forwarding.lost.filter((line) => !own.some((mine) => headerNameOf(mine) === headerNameOf(line)));
			if (!gone.some((line) => ['upgrade', 'connection'].includes(headerNameOf(line)))) continue;
			const first = own[0];
			const outer = gone[0];
			if (first === undefined || outer === undefined) continue;
			const about = aboutRoute(route);
			yield {
				...about,
				at: first.via.length === route.at.via.length ? placeOf(first) : routePlace(route),
				message: `This location's own proxy_set_header cancels every one set around it, among them ${names(gone)} (${whereIs(outer, context.configuration)}), so the backend sees no WebSocket handshake. Repeat the upgrade headers here.`,
				related: [
					...gone.map((line) => ({ ...placeOf(line), message: `${writtenLine(line)} is void in this location.` })),
					...(about.related ?? []),
				],
				cures: () => {
					const edits = restored(route, gone) ?? forwardEdits(route, forwarding, context);
					return edits === undefined ? [] : [{ title: 'Repeat the lost upgrade headers here', preferred: true, edits }];
				},
			};

			function restored(subject: typeof route, lost: typeof gone) {
				const lines = lost.filter((line) => ['upgrade', 'connection'].includes(headerNameOf(line))).map(writtenLine);
				const edit = insertInto(
					subject.location,
					lines,
					first?.via.length === subject.at.via.length ? ANCHORS : ['include', ...ANCHORS],
				);
				return edit && [edit];
			}
		}
	},
});

function names(lines: readonly Parameters<typeof headerNameOf>[0][]): string {
	return lines.map((line) => line.node.args[0]?.value ?? '').join(' and ');
}
