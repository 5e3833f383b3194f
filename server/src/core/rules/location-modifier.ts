import { isOpenAddress } from '../config/address.ts';
import { replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOfArgument } from './rule.ts';
import { directivesIn } from './scopes.ts';

export default defineRule({
	id: 'location-modifier',
	summary: 'A location has a modifier that nginx does not know.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `With two arguments the first one of \`location\` is \`=\`, \`~\`, \`~*\` or \`^~\`. nginx refuses to start with anything else ("invalid location
modifier").`,
	remedy: 'Write one of the four, or the prefix alone.',
	ignore: 'Never: nginx does not start.',
	rows: ['DU8'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#location'],
	examples: [
		{
			title: 'two tildes',
			within: 'http',
			bad: `server {
	listen 8080;
	location «~~» ^/ws {
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
	location ~ ^/ws {
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
		for (const at of directivesIn(context.configuration.root)) {
			const { node, file } = at;
			const [first, second] = node.args;
			if (node.name.value !== 'location' || node.block === undefined || node.args.length !== 2 || file.tree.template) continue;
			if (first === undefined || second === undefined || /^(?:=|~\*?|\^~)$/.test(first.value) || isOpenAddress(first.value))
				continue;
			const meant = MEANT.get(first.value);
			yield {
				severity: 'error',
				at: placeOfArgument(at, 0),
				message: `nginx refuses to start with invalid location modifier "${first.value}". Write ${meant === undefined ? '`=`, `~`, `~*`, `^~`, or the prefix alone' : `\`${meant}\``}.`,
				cures: (): readonly Cure[] => {
					const edit = meant === undefined ? undefined : replaceArgument(at, 0, meant);
					return edit === undefined ? [] : [{ title: `Write ${meant}`, preferred: true, edits: [edit], changes: 'path' }];
				},
			};
		}
	},
});

/** Modifiers as people write them. */
const MEANT: ReadonlyMap<string, string> = new Map([
	['~~', '~'],
	['=~', '~'],
	['==', '='],
	['~^', '^~'],
	['^', '^~'],
	['*~', '~*'],
	['~~*', '~*'],
]);
