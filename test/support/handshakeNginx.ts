import { buildConfiguration } from '../../server/src/core/config/build.ts';
import type { Configuration } from '../../server/src/core/config/model.ts';
import { createPredictor } from '../../server/src/core/request/predict.ts';
import type { Prediction } from '../../server/src/core/request/prediction.ts';
import { readUrl, requestOfUrl } from '../../server/src/features/requestOfUrl.ts';
import type { NginxBinary } from '../../server/src/node/nginx/acquire.ts';
import { memoryFiles } from './memoryFiles.ts';
import { freePort, globals, PRIVATE_HTTP, startNginx } from './nginx.ts';

export interface ModelledNginx {
	readonly url: string;
	readonly configuration: Configuration;
	readonly prediction: Prediction | undefined;
	stop(): Promise<void>;
}

/** A running nginx whose configuration is conf.d/chat.conf in its http block, and the model of the same text (or of `read`). */
export async function startModelledNginx(
	nginx: NginxBinary,
	chat: (port: number) => string,
	options: {
		readonly path?: string;
		readonly read?: (port: number) => string;
		readonly headers?: readonly (readonly [string, string])[];
		readonly main?: string;
		readonly events?: string;
	} = {},
): Promise<ModelledNginx> {
	const port = await freePort();
	const main = `${options.main ?? ''}events { ${options.events ?? ''} }\nhttp {\naccess_log off; ${PRIVATE_HTTP}\ninclude conf.d/*.conf;\n}\n`;
	const running = await startNginx(
		nginx,
		(folder) => ({ 'nginx.conf': `${globals(folder)}\n${main}`, 'conf.d/chat.conf': chat(port) }),
		port,
	);
	const url = `ws://localhost:${port}${options.path ?? '/ws/'}`;
	const files = memoryFiles({ '/n/nginx.conf': main, '/n/conf.d/chat.conf': (options.read ?? chat)(port) });
	const configuration = buildConfiguration('/n/nginx.conf', files);
	const parts = readUrl(url);
	const request = parts && requestOfUrl(configuration, parts, [['Origin', ''], ...(options.headers ?? [])]);
	return {
		url,
		configuration,
		prediction: request && createPredictor(configuration, nginx.version).predict(request),
		stop: () => running.stop(),
	};
}
