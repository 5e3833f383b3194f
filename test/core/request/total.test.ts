import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toExplanation, toSteps } from '../../../server/src/core/request/explanation.ts';
import { modelOf, requestOf } from './asking.ts';

/** Directives thrown together, valid or not. */
const directive = fc.constantFrom(
	'listen 8080;',
	'server_name a *.b ~c(.)$ .d;',
	'return 301 /$1$host;',
	'return 404;',
	'rewrite ^/(.*)$ /$1/x?$args;',
	'rewrite (a+)+$ http://$host/$1 redirect;',
	'rewrite',
	'set $x "$uri-$1-$y";',
	'set $args $x;',
	'if ($x ~ ^(a|b)*$) { set $y $1; }',
	'if ($http_upgrade) { proxy_pass http://127.0.0.1:2; }',
	'if (',
	'break;',
	'proxy_pass http://$x;',
	'proxy_pass http://127.0.0.1:1/u;',
	'proxy_pass ;',
	'error_page 404 403 =200 /x$uri;',
	'error_page 404 @n;',
	'try_files $uri @n;',
	'try_files $uri /y$uri;',
	'proxy_set_header Connection $x;',
	'proxy_set_header',
	'limit_except GET { deny all; }',
	'allow 127.0.0.1; deny all;',
	'auth_request /auth;',
	'internal;',
	'valid_referers none x;',
	'recursive_error_pages on;',
	'proxy_http_version 1.1;',
	'proxy_read_timeout x;',
	'include none.conf;',
	'alias /x;',
);
const location = fc
	.tuple(
		fc.constantFrom('/', '/a', '= /a', '^~ /a/', '~ ^/(a)(b)?', '~* \\.x$', '@n', '~ (', 'a b c', ''),
		fc.array(directive, { maxLength: 5 }),
	)
	.map(([match, body]) => `location ${match} { ${body.join(' ')} }`);
const server = fc
	.tuple(fc.array(directive, { maxLength: 4 }), fc.array(location, { maxLength: 4 }))
	.map(([own, locations]) => `server { ${[...own, ...locations].join(' ')} }`);

it('never throws, whatever the configuration and the request, and always says something', () => {
	fc.assert(
		fc.property(
			fc.array(server, { maxLength: 3 }),
			fc.stringMatching(/^[/a-b.%0-9?&=x-]{0,12}$/),
			fc.constantFrom('a', 'x.b', 'c1', '', 'a..b', '[::1]'),
			fc.boolean(),
			(servers, uri, host, plain) => {
				const model = modelOf(`map $uri $y { default $x; ~(.)$ $1; } ${servers.join('\n')}`);
				const prediction = model.predictor.predict(requestOf({ uri, host, plain }));
				expect(['proxied', 'answered', 'refused', 'unknown']).toContain(prediction.outcome);
				expect(prediction.unknown === null).toBe(prediction.outcome !== 'unknown');
				if (prediction.upgrade) expect(prediction.obstacles).toEqual([]);
				else expect(prediction.outcome === 'unknown' || prediction.obstacles.length > 0).toBe(true);
				toExplanation(prediction, model.configuration);
				toSteps(prediction);
			},
		),
		{ numRuns: 1_500 },
	);
});
