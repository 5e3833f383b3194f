import { createSign, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

export interface Certificate {
	readonly certificate: string;
	readonly key: string;
}

/** A self-signed RSA certificate that lives as long as the sandbox (X.509 version 1, RFC 5280 §4.1), as PEM. */
export async function makeCertificate(): Promise<Certificate> {
	const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
	const now = Date.now();
	const signatureAlgorithm = sequence(SHA256_WITH_RSA, der(0x05));
	const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('nginx-websocket sandbox')))));
	const body = sequence(
		der(0x02, Buffer.from([1])),
		signatureAlgorithm,
		name,
		sequence(time(now - 86_400_000), time(now + 7 * 86_400_000)),
		name,
		publicKey.export({ type: 'spki', format: 'der' }),
	);
	const signature = createSign('sha256').update(body).sign(privateKey);
	const whole = sequence(body, signatureAlgorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
	const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
	return {
		certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
		key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
	};
}

/** 1.2.840.113549.1.1.11 (RFC 4055 §5). */
const SHA256_WITH_RSA = der(0x06, Buffer.from('2a864886f70d01010b', 'hex'));
/** 2.5.4.3 (RFC 5280, appendix A.1). */
const COMMON_NAME = der(0x06, Buffer.from('550403', 'hex'));

function sequence(...parts: readonly Buffer[]): Buffer {
	return der(0x30, Buffer.concat(parts));
}

/** One value with its tag and length (X.690 §8.1). */
function der(tag: number, content: Buffer = Buffer.alloc(0)): Buffer {
	const { length } = content;
	const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function time(milliseconds: number): Buffer {
	const digits = new Date(milliseconds).toISOString().replace(/[-:T]/g, '').slice(2, 14);
	return der(0x17, Buffer.from(`${digits}Z`));
}
