import { isOpenAddress } from '../config/address.ts';
import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOfArgument } from './rule.ts';
import { proxyPasses } from './scopes.ts';

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
		for (const line of proxyPasses(context.configuration.root)) {
			const address = line.node.args[0]?.value ?? '';
			if (line.node.end === 'missing' || isOpenAddress(address) || /^https?:\/\//i.test(address)) continue;
			const right = withScheme(address);
			const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[0];
			yield {
				severity: 'error',
				at: placeOfArgument(line, 0),
				message: `${
					scheme === undefined || /^https?:/i.test(scheme) ? 'This address has no scheme' : `proxy_pass knows no ${scheme}`
				}, so nginx refuses to start ("invalid URL prefix"). Write ${right ?? 'http:// or https://, the host and the port'}; a WebSocket starts as an HTTP request.`,
				cures: () => {
					const edit = right === undefined ? undefined : replaceArgument(line, 0, right);
					return edit === undefined ? [] : [{ title: `Write ${right}`, preferred: true, edits: [edit] }];
				},
			};
		}
	},
});

/** The address as nginx takes it; undefined when it cannot be known what is meant. */
function withScheme(written: string): string | undefined {
	const address = written.trim();
	const wrong = /^(wss?):\/\/(.+)$/i.exec(address);
	if (wrong !== null) return `${wrong[1]?.toLowerCase() === 'wss' ? 'https' : 'http'}://${wrong[2]}`;
	// Slashes or the colon are wrong: `http:/h`, `http:h`, `http//h`, `http:\\h`.
	const broken = /^(https?)(?::[/\\]{0,3}|[/\\]{2})((?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?(?:\/.*)?)$/i.exec(address);
	if (broken !== null && broken[2] !== undefined && !/^\d+$/.test(broken[2])) return `${broken[1]?.toLowerCase()}://${broken[2]}`;
	if (/^https?:\/\//i.test(address)) return address;
	if (/^unix:\/[^:]+(?::\/.*)?$/i.test(address)) return `http://${address}`;
	return /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?(?:\/[^$]*)?$/i.test(address) && !/^https?[:/]?/i.test(address)
		? `http://${address}`
		: undefined;
}
