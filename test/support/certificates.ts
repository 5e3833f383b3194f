import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

function pem(name: string): string {
	return readFileSync(certificatePath(name), 'utf8');
}

/** Where a certificate or a key of test/support/certificates lies, for nginx. */
export function certificatePath(name: string): string {
	return fileURLToPath(new URL(`./certificates/${name}.pem`, import.meta.url));
}

export const TEST_CA = pem('ca');
/** For `localhost`, `secure.example` and 127.0.0.1. */
export const SERVER_CERTIFICATE = { cert: pem('server'), key: pem('server.key') };
export const CLIENT_CERTIFICATE = { cert: pem('client'), key: pem('client.key') };
