import { generate } from 'selfsigned';

let made: Promise<{ readonly key: string; readonly cert: string }> | undefined;

/** A key and a certificate that signs itself, PEM, for `localhost` and `*.example.com`; made once per process. */
export function testCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
	made ??= generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', curve: 'P-256' }).then(
		({ private: key, cert }) => ({ key, cert }),
	);
	return made;
}
