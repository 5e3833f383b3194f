import { defineRule } from './rule.ts';

export default defineRule({
	id: 'include-cycle',
	summary: 'A file includes itself.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx puts an included file in the place of the include and reads on. A file that includes itself, straight or through others,
is never read to its end: nginx refuses to start when it can open no more files.`,
	remedy: 'Remove the include that leads back.',
	ignore: 'Never: nginx refuses the whole configuration.',
	rows: ['IC5'],
	sources: ['https://nginx.org/en/docs/ngx_core_module.html#include'],
	examples: [
		{
			title: 'the main file includes itself',
			within: 'main',
			bad: `events {}
http {
	«include nginx.conf»;
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
			good: `events {}
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
			fixed: '',
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const { code, path, span, message } of context.configuration.problems)
			if (code === 'include-cycle') yield { severity: 'error', at: { path, span }, message };
	},
});
