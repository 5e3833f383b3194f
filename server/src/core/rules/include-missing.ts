import type { ConfigProblem } from '../config/model.ts';
import { defineRule } from './rule.ts';

export default defineRule({
	id: 'include-missing',
	summary: 'The file of an include is not there, or cannot be read.',
	severity: 'information',
	why: `nginx refuses to start when the file that an include names is missing (a pattern that fits no file is fine). A workspace often
holds a part of a configuration only, so this is no more than an information; a file that is there and cannot be read is a warning.
Whatever the file could set is not known, and nothing is claimed that depends on it.`,
	remedy: 'Mend the path, which starts at the folder of the main file, or add the file to the workspace.',
	ignore: 'The file exists where nginx runs and sets nothing that matters here.',
	rows: ['IC1', 'IC2'],
	sources: ['https://nginx.org/en/docs/ngx_core_module.html#include'],
	examples: [
		{
			title: 'the included file is not there',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«include snippets/websocket.conf»;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		include snippets/*websocket.conf;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const { code, path, span, message } of context.configuration.problems)
			if (code !== 'include-cycle')
				yield {
					severity: code === 'include-unreadable' || code === 'include-folder' ? 'warning' : 'information',
					at: { path, span },
					message: `${message} ${ADVICE[code] ?? 'Add the file, or mend the name if it is missing on the server too.'}`,
				};
	},
});

const ADVICE: Readonly<Partial<Record<ConfigProblem['code'], string>>> = {
	'include-unreadable': 'Make it readable.',
	'too-deep': 'Nothing is said of it here.',
	'include-folder': 'Name the files in it: write `/*.conf` behind it.',
};
