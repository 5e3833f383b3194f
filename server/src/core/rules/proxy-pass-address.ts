import { addressFaultText, isOpenAddress, readAddress } from '../config/address.ts';
import { replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOfArgument } from './rule.ts';
import { proxyPasses } from './scopes.ts';

export default defineRule({
	id: 'proxy-pass-address',
	summary: 'proxy_pass names no host, or a port that is none.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx cuts host and port out of the address when it reads the configuration, and refuses to start without a host, with a port that is no
number from 1 to 65535, or with a bracket that is not closed. What a variable holds is looked at only when a request comes.`,
	remedy: 'Write `proxy_pass http://host:port;`.',
	ignore: 'Never: nginx does not start.',
	rows: ['UP16', 'DU7'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass'],
	examples: [
		{
			title: 'a port that is none',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass «http://127.0.0.1:99000»;
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
			fixed: '',
			proof: { bad: 'rejected' },
		},
		{
			title: 'a blank in the quotes',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass «"http://127.0.0.1:9000 "»;
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
		for (const at of proxyPasses(context.configuration.root)) {
			const value = at.node.args[0]?.value ?? '';
			const address = /^https?:\/\/(.*)$/is.exec(value)?.[1];
			if (address === undefined || at.node.end === 'missing' || isOpenAddress(value)) continue;
			const { fault } = readAddress(address, 'url');
			if (fault === undefined) continue;
			const trimmed = address.trimEnd();
			const isCured = trimmed !== address && readAddress(trimmed, 'url').fault === undefined;
			yield {
				severity: 'error',
				at: placeOfArgument(at, 0),
				message: `nginx refuses to start: ${
					isCured ? `a blank stands behind the port of "${trimmed}", inside the quotes` : addressFaultText(fault, address)
				}. Write \`http://host:port\`${isCured ? ' without it' : ''}.`,
				cures: (): readonly Cure[] => {
					const edit = isCured ? replaceArgument(at, 0, value.trimEnd()) : undefined;
					return edit === undefined
						? []
						: [{ title: `Write ${value.trimEnd()}`, preferred: true, edits: [edit], changes: 'backend' }];
				},
			};
		}
	},
});
