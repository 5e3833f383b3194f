import { namePlace, problemsOf } from './directiveRule.ts';
import { defineRule } from './rule.ts';

export default defineRule({
	id: 'unknown-directive',
	summary: 'A directive that nginx does not have.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx refuses to start: \`unknown directive\`. Names are case-sensitive. A directive of a module that is not compiled in or loaded is
unknown too, so a name that resembles none of nginx's own is reported as information only, and names of well-known third-party
modules not at all. What no module can call a directive is an error: a bracket or a slash glued to the name, a blank that is none, a comment
as in another language, \`else\`.`,
	remedy: 'Correct the name, or load the module that brings it.',
	ignore: 'A module that you load brings it.',
	rows: ['TK17', 'TK18'],
	sources: ['https://nginx.org/en/docs/dirindex.html'],
	examples: [
		{
			title: 'a letter is missing',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_http_verion» 1.1;
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
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const problem of problemsOf(context, 'unknown')) {
			const { cure, certain, message, at } = problem;
			yield {
				severity: certain ? 'error' : 'information',
				at: namePlace(problem),
				message,
				cures: () =>
					cure === undefined
						? []
						: [
								{
									title: cure.title,
									preferred: true,
									edits: [{ path: at.file.path, span: cure.span, text: cure.text }],
								},
							],
			};
		}
	},
});
