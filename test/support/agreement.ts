import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { createPredictor } from '../../server/src/core/request/predict.ts';
import type { Prediction } from '../../server/src/core/request/prediction.ts';
import type { NginxBinary } from '../../server/src/node/nginx/acquire.ts';
import type { Backend } from './backend.ts';
import { handshake, isIntact } from './exampleNginx.ts';
import { memoryFiles } from './memoryFiles.ts';
import { handshakeHeaders } from './rawClient.ts';

/** What we say of a handshake for /ws at port 8080 of a whole configuration. */
export function saidOf(text: string, nginx: NginxBinary): Prediction {
	const configuration = buildConfiguration('/nginx.conf', memoryFiles({ '/nginx.conf': text }));
	return createPredictor(configuration, nginx.version).predict({
		listen: '127.0.0.1:8080',
		tls: false,
		method: 'GET',
		uri: '/ws',
		headers: handshakeHeaders('localhost:8080'),
	});
}

/** Whether a client gets its 101 from a real nginx; where that makes no tunnel for the backend's 101 the client gets nothing at all. */
export async function upgrades(nginx: NginxBinary, backend: Backend, text: string): Promise<boolean> {
	try {
		return isIntact(await handshake(nginx, backend, text, { within: 'main', path: '/ws' }));
	} catch (error) {
		if (/^Error: no answer to \/ws/.test(String(error))) return false;
		throw error;
	}
}
