import type { PlacedDirective } from '../config/model.ts';
import { definitionsOf } from '../reference/directives.ts';
import { appendWord, removeDirective } from './cures/editing.ts';
import { namePlace, problemsOf } from './directiveRule.ts';
import { type Cure, defineRule } from './rule.ts';

export default defineRule({
	id: 'directive-version',
	summary: 'A directive that this version of nginx does not have yet, or no more.',
	severity: 'warning',
	refused: true,
	why: `nginx refuses to start on a directive that came with a later version, and on one that was removed. The version is not in the
configuration: it is the one that the settings or the command line name, and then this is an error, or else assumed, and then a
warning. What only modules outside nginx's own packages bring is mere information.`,
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
			proof: { bad: 'rejected', before: '1.25.1' },
		},
		{
			title: 'ssl as a directive',
			within: 'http',
			checkVersion: '1.26.3',
			bad: `server {
	listen 8080;
	«ssl» on;
	ssl_certificate cert.pem;
	ssl_certificate_key key.pem;
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
			fixed: `server {
	listen 8080 ssl;
	ssl_certificate cert.pem;
	ssl_certificate_key key.pem;
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
		for (const problem of problemsOf(context, 'version')) {
			const definitions = definitionsOf(problem.at.node.name.value);
			const wasRemoved = definitions.some(({ until }) => until !== undefined);
			// Only the documentation vouches for what no nginx with the module was asked about.
			const isCertain = definitions.every(({ measured }) => measured);
			const plain = problem.at.node.name.value === 'ssl' && wasRemoved ? plainListens(problem.at) : [];
			const advice =
				plain.length > 0
					? `add \`ssl\` to the listen${plain.length === 1 ? '' : 's'} of this server and remove the line (without \`ssl\` ${plain.length === 1 ? 'it' : 'they'} would speak plain HTTP)`
					: wasRemoved
						? 'remove the line'
						: 'leave it out';
			yield {
				severity: !isCertain ? 'information' : context.isVersionStated ? 'error' : 'warning',
				at: namePlace(problem),
				message: `${problem.message} nginx refuses to start with it: ${advice}${
					context.isVersionStated ? '.' : ', or say in the settings which version runs.'
				}`,
				cures: () =>
					plain.length === 0
						? http2Cures(problem.at)
						: [
								{
									title: `Write ssl on the listen${plain.length === 1 ? '' : 's'} instead`,
									preferred: true,
									edits: [...plain.map((line) => appendWord(line, 'ssl')), removeDirective(problem.at)],
								},
							],
			};
		}
	},
});

/** What stands for `http2` before 1.25.1; on a plain port its parameter would refuse HTTP/1.1, and with it every WebSocket. */
function http2Cures(at: PlacedDirective): readonly Cure[] {
	const { node, scope } = at;
	if (node.name.value !== 'http2' || at.file.tree.template) return [];
	const listens = scope.context === 'server' ? (scope.byName.get('listen') ?? []) : [];
	const has = (line: PlacedDirective, word: string): boolean => line.node.args.some(({ value }) => value.toLowerCase() === word);
	const isOn = node.args[0]?.value.toLowerCase() === 'on';
	const edits =
		isOn && listens.length > 0 && listens.every((line) => has(line, 'ssl'))
			? listens.filter((line) => !has(line, 'http2')).map((line) => appendWord(line, 'http2'))
			: [];
	return [
		{
			title: edits.length === 0 ? 'Leave http2 out' : `Write http2 on the listen${edits.length === 1 ? '' : 's'} instead`,
			preferred: true,
			edits: [...edits, removeDirective(at)],
		},
	];
}

/** The listens of a server with `ssl on` that do not say `ssl` themselves. */
function plainListens({ node, scope }: PlacedDirective): readonly PlacedDirective[] {
	if (scope.context !== 'server' || node.args[0]?.value.toLowerCase() !== 'on') return [];
	return (scope.byName.get('listen') ?? []).filter((line) => !line.node.args.some(({ value }) => /^(?:ssl|quic)$/i.test(value)));
}
