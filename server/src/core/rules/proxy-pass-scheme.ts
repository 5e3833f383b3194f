import type { PlacedDirective, Scope } from '../config/model.ts';
import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOfArgument } from './rule.ts';

export default defineRule({
	id: 'proxy-pass-scheme',
	summary: 'The address in proxy_pass does not start with http:// or https://.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `A WebSocket starts as an HTTP request, so nginx passes it to \`http://\` or \`https://\`. It knows no \`ws://\` and no \`wss://\`, and
without a scheme it does not start either ("invalid URL prefix").`,
	remedy: 'Write `http://` in place of `ws://`, and `https://` in place of `wss://`.',
	ignore: 'Never: nginx does not start.',
	rows: ['PR15', 'DU7'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass'],
	examples: [
		{
			title: 'ws:// in proxy_pass',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass «ws://127.0.0.1:9000»;
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
			proof: { bad: 'rejected' },
		},
		{
			title: 'no scheme at all',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass «127.0.0.1:9000»;
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
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const line of handlersOf(context.allRoutes.map(({ location }) => location))) {
			const address = line.node.args[0]?.value ?? '';
			const right = line.node.args.length === 1 && !address.includes('$') ? withScheme(address) : undefined;
			if (right === undefined) continue;
			const scheme = /^wss?:/i.exec(address)?.[0];
			yield {
				severity: 'error',
				at: placeOfArgument(line, 0),
				message: `${
					scheme === undefined ? 'This address has no scheme' : `proxy_pass knows no ${scheme}//`
				}, so nginx refuses to start ("invalid URL prefix"). Write ${right}; a WebSocket starts as an HTTP request.`,
				cures: () => {
					const edit = replaceArgument(line, 0, right);
					return edit === undefined ? [] : [{ title: `Write ${right}`, preferred: true, edits: [edit] }];
				},
			};
		}
	},
});

/** The address as nginx takes it; undefined when it is right, or when it cannot be known. */
function withScheme(address: string): string | undefined {
	const wrong = /^(wss?):\/\/(.+)$/i.exec(address);
	if (wrong !== null) return `${wrong[1]?.toLowerCase() === 'wss' ? 'https' : 'http'}://${wrong[2]}`;
	return /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?(?:\/[^$]*)?$/i.test(address) && !/^https?:?\/?/i.test(address)
		? `http://${address}`
		: undefined;
}

/** The proxy_pass lines of locations, and of the blocks in them that hold one. */
function handlersOf(locations: readonly Scope[]): readonly PlacedDirective[] {
	return locations
		.filter(({ context }) => context === 'location')
		.flatMap((location) => [location, ...innerBlocks(location)].flatMap((scope) => scope.byName.get('proxy_pass') ?? []));
}

function innerBlocks(location: Scope): readonly Scope[] {
	return ['if', 'limit_except'].flatMap((name) => (location.byName.get(name) ?? []).flatMap(({ body }) => body ?? []));
}
