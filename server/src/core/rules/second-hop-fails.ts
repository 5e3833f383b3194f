import { listensOf } from '../config/listen.ts';
import { locationTitle } from '../config/location.ts';
import type { ClientRequest, Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { defineRule, placeOf, placeOfArgument, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'second-hop-fails',
	summary: 'The location passes the handshake to this nginx again, and there it fails.',
	severity: 'error',
	why: `An address of this machine on which the same configuration listens is nginx itself. The handshake then goes through a second
location, which has to forward it too; when that is the same location again, nginx calls itself until its connections are used up and
answers 500.`,
	remedy: 'Write the address of the backend, or make the second location forward the upgrade as well.',
	ignore: 'Another program listens on that address of another machine or network namespace.',
	rows: ['HD1', 'HD2'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass'],
	examples: [
		{
			title: 'nginx calls itself',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass «http://127.0.0.1:8080»;
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
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		const ports = portsOf(context);
		for (const route of context.routes) {
			const { handshake, handler } = route;
			const { upstream } = handshake;
			if (!handshake.upgrade || handshake.location !== route.location || handler === undefined || upstream?.module !== 'proxy')
				continue;
			const [address, ...others] = upstream.addresses;
			const port = Number(/^(?:127\.0\.0\.1|localhost):(\d+)$/.exec(address ?? '')?.[1]);
			const tls = ports.get(port);
			if (others.length > 0 || tls === undefined || tls !== (upstream.scheme === 'https')) continue;
			const second = context.predictor.predict(passedOn(route, port, tls));
			if (second.outcome === 'unknown' || second.location?.opener === undefined) continue;
			const isItself = second.location === route.location;
			if (!isItself && second.upgrade) continue;
			yield {
				...aboutRoute(route),
				at: placeOfArgument(handler, 0),
				related: [
					{ ...placeOf(second.location.opener), message: 'The handshake comes here next.' },
					...(aboutRoute(route).related ?? []),
				],
				message: isItself
					? `Port ${port} is this nginx again, and the handshake comes back to ${titleOf(route)}: nginx calls itself until its connections are used up and answers 500. Write the address of the backend.`
					: `Port ${port} is this nginx again, where the handshake fails in ${locationTitle(second.location.opener)} (${whereIs(second.location.opener, context.configuration)}): ${reasonOf(second)}. Mend that location, or write the address of the backend.`,
			};
		}
	},
});

/** The ports on which this configuration listens for connections from this machine, and whether with TLS. */
function portsOf(context: RuleContext): ReadonlyMap<number, boolean> {
	const { root } = context.configuration;
	const https = root.context === 'http' ? [root] : (root.byName.get('http') ?? []).flatMap(({ body }) => body ?? []);
	const ports = new Map<number, boolean>();
	for (const http of https)
		for (const { body } of http.byName.get('server') ?? [])
			for (const { address, port, tls, proxyProtocol } of body === undefined ? [] : listensOf(body))
				if (!proxyProtocol && /^(?:\*|0\.0\.0\.0|127\.0\.0\.1|localhost)$/.test(address)) ports.set(port, tls);
	return ports;
}

/** The request that this location sends, as the second server gets it. */
function passedOn(route: Route, port: number, tls: boolean): ClientRequest {
	const { upstream } = route.handshake;
	const sent = upstream?.headers ?? new Map<string, string>();
	const own = route.request.headers.filter(
		([name]) => !sent.has(name.toLowerCase()) && !/^(?:host|connection|upgrade)$/i.test(name),
	);
	return {
		listen: `127.0.0.1:${port}`,
		tls,
		method: upstream?.method ?? 'GET',
		uri: upstream?.uri ?? '/',
		httpVersion: upstream?.httpVersion === '1.0' ? '1.0' : '1.1',
		headers: [...[...sent].filter(([, value]) => value !== '').map(([name, value]) => [name, value] as const), ...own],
		remoteAddress: '127.0.0.1',
	};
}

function reasonOf({ obstacles, outcome, status }: Prediction): string {
	return obstacles[0]?.text ?? (outcome === 'answered' && status !== null ? `nginx answers ${status}` : 'nobody passes it on');
}
