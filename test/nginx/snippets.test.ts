import { describe, expect, test } from 'vitest';
import { SNIPPETS } from '../../server/src/features/snippets.ts';
import { testCertificate } from '../support/certificate.ts';
import { generations, nameOf, PRIVATE_HTTP, testConfiguration } from '../support/nginx.ts';
import { inserted } from '../support/snippetText.ts';

/* Every snippet, inserted as it is, is taken by every generation of nginx in each of its contexts. */

const AROUND: Readonly<Record<string, (text: string) => string>> = {
	main: (text) => text.replace('http {', `http { ${PRIVATE_HTTP} access_log off;`),
	http: (text) => `events {}\nhttp {\n${PRIVATE_HTTP} access_log off;\n${text}\n}\n`,
	server: (text) => `events {}\nhttp {\n${PRIVATE_HTTP} access_log off;\nserver {\nlisten 8080;\n${text}\n}\n}\n`,
	location: (text) =>
		`events {}\nhttp {\n${PRIVATE_HTTP} access_log off;\nserver {\nlisten 8080;\nlocation / {\n${text}\n}\n}\n}\n`,
};
const binaries = await generations();
const { cert: certificate, key } = await testCertificate();

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	test.each(SNIPPETS.flatMap(({ name, contexts, body }) => contexts.map((context) => [name, context, body] as const)))(
		'takes %s in %s',
		async (_name, context, body) => {
			const text = (AROUND[context]?.(inserted(body)) ?? '')
				.replace('/etc/nginx/tls/example.com.crt', 'tls.crt')
				.replace('/etc/nginx/tls/example.com.key', 'tls.key')
				.replace(/listen 80;/, 'listen 8081;')
				.replace('listen 443 ssl;', 'listen 8443 ssl;');
			const verdict = await testConfiguration(nginx, { 'nginx.conf': text, 'tls.crt': certificate, 'tls.key': key });
			expect(verdict.output).toContain('test is successful');
		},
	);
});
