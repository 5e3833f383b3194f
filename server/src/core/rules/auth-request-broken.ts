import { locationTitle } from '../config/location.ts';
import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'auth-request-broken',
	summary: 'The location that auth_request asks does not exist or redirects, and nginx answers 500.',
	severity: 'error',
	why: `auth_request takes 2xx for yes, and 401 or 403 for no. Whatever else its subrequest gets, a 404 because no location takes it or a 301
to a login page, becomes 500 for the client, so no handshake ever passes.`,
	remedy: 'Let auth_request ask a location that passes the question on to a service, and let that answer 2xx, 401 or 403.',
	ignore: 'Never: nobody gets through.',
	rows: ['RT25'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_auth_request_module.html'],
	examples: [
		{
			title: 'no such location',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«auth_request /auth»;
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
		auth_request /auth;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location = /auth {
		internal;
		return 204;
	}
}
`,
			fixed: '',
			proof: { bad: 500 },
		},
		{
			title: 'the slash is missing',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«auth_request /auth»;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location /auth/ {
		proxy_pass http://127.0.0.1:9000;
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
			fixed: `server {
	listen 8080;
	location /ws {
		auth_request /auth/;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location /auth/ {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			proof: { bad: 500 },
		},
		{
			title: 'the location holds nothing that answers',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«auth_request /auth»;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location = /auth {
		internal;
		proxy_pass_request_body off;
		proxy_set_header Content-Length "";
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		auth_request /auth;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location = /auth {
		internal;
		return 204;
	}
}
`,
			fixed: '',
			proof: { bad: 500 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { handshake } = route;
			if (handshake.location !== route.location || handshake.outcome !== 'answered') continue;
			const reason = handshake.because.find(({ at, value }) => at.node.name.value === 'auth_request' && value !== undefined);
			if (reason?.value === undefined || ['401', '403'].includes(reason.value)) continue;
			const { at, value } = reason;
			const uri = at.node.args[0]?.value ?? '';
			const taker = handshake.because.find(({ at: line }) => line !== route.at && line.body?.context === 'location')?.at;
			const addsSlash = taker?.node.args.at(-1)?.value === `${uri}/`;
			const hasAnswer = taker?.body?.byName.has('return') ?? false;
			const answer =
				taker === undefined
					? 'no location takes that, so it gets 404'
					: addsSlash
						? `${locationTitle(taker)} (${whereIs(taker, context.configuration)}) redirects that to ${uri}/ with 301`
						: `${locationTitle(taker)} (${whereIs(taker, context.configuration)}) ${hasAnswer ? '' : 'passes it to nobody, finds no file and '}answers ${value}`;
			yield {
				...aboutRoute(route),
				at: placeOf(at),
				message: `auth_request asks ${uri}, and ${answer}: nginx makes 500 of everything but 2xx, 401 and 403, and no handshake gets to ${titleOf(route)}. ${
					taker === undefined
						? 'Add the location, or ask one that there is.'
						: addsSlash
							? `Ask ${uri}/.`
							: hasAnswer
								? 'Let it answer 2xx, 401 or 403.'
								: 'Pass it to the service that checks, with proxy_pass.'
				}`,
				cures: () => {
					const edit = !addsSlash ? undefined : replaceArgument(at, 0, `${uri}/`);
					return edit === undefined ? [] : [{ title: `Ask ${uri}/`, preferred: true, edits: [edit] }];
				},
			};
		}
	},
});
