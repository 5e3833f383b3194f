import { definitionsOf } from '../reference/directives.ts';
import { namePlace, problemsOf } from './directiveRule.ts';
import { defineRule } from './rule.ts';

export default defineRule({
	id: 'directive-version',
	summary: 'A directive that this version of nginx does not have yet, or no more.',
	severity: 'warning',
	refused: true,
	why: `nginx refuses to start on a directive that came with a later version, and on one that was removed. The version is not in the
configuration: it is the one that the settings or the command line name, or else assumed. That is why a newer directive is
reported as information only.`,
	remedy: 'Use what the version has, or tell the version that really runs.',
	ignore: 'Another version than the one named here runs.',
	rows: ['TK18'],
	sources: ['https://nginx.org/en/CHANGES', 'https://nginx.org/en/docs/dirindex.html'],
	examples: [
		{
			title: 'ssl on, which 1.25.1 removed',
			within: 'http',
			checkVersion: '1.26.3',
			bad: `server {
	listen 8080;
	«ssl» off;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
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
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 'rejected', from: '1.25.1' },
		},
		{
			title: 'http2 on before 1.25.1',
			within: 'http',
			checkVersion: '1.22.1',
			bad: `server {
	listen 8080;
	«http2» on;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
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
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 'rejected', before: '1.25.1' },
		},
	],
	*check(context) {
		for (const problem of problemsOf(context, 'version')) {
			const wasRemoved = definitionsOf(problem.at.node.name.value).some(({ until }) => until !== undefined);
			yield {
				severity: wasRemoved ? 'warning' : 'information',
				at: namePlace(problem),
				message: `${problem.message} nginx refuses to start with it: ${
					wasRemoved ? 'remove the line' : 'leave it out'
				}, or say in the settings which version runs.`,
			};
		}
	},
});
