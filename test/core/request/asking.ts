import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import type { Configuration } from '../../../server/src/core/config/model.ts';
import { type Explanation, toExplanation } from '../../../server/src/core/request/explanation.ts';
import { createPredictor, type Predictor } from '../../../server/src/core/request/predict.ts';
import type { ClientRequest, Prediction } from '../../../server/src/core/request/prediction.ts';
import { versionOf } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

/** What differs from a handshake for `/` at 127.0.0.1:8080 with `Host: localhost`. */
export interface Asked {
	readonly uri?: string;
	readonly method?: string;
	/** null: no Host header. */
	readonly host?: string | null;
	/** Beside Host and the handshake's own. */
	readonly headers?: readonly (readonly [string, string])[];
	readonly plain?: boolean;
	readonly listen?: string;
	readonly tls?: boolean;
	readonly httpVersion?: '1.0' | '1.1';
}

export const HANDSHAKE: readonly (readonly [string, string])[] = [
	['Upgrade', 'websocket'],
	['Connection', 'Upgrade'],
	['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
	['Sec-WebSocket-Version', '13'],
];

/** The request of a test. */
export function requestOf(asked: Asked): ClientRequest {
	const host =
		asked.host === undefined ? [['Host', 'localhost'] as const] : asked.host === null ? [] : [['Host', asked.host] as const];
	return {
		listen: asked.listen ?? '127.0.0.1:8080',
		tls: asked.tls ?? false,
		method: asked.method ?? 'GET',
		uri: asked.uri ?? '/',
		headers: [...host, ...(asked.plain ? [] : HANDSHAKE), ...(asked.headers ?? [])],
		httpVersion: asked.httpVersion ?? '1.1',
	};
}

export interface Model {
	readonly configuration: Configuration;
	readonly predictor: Predictor;
	predict(asked: Asked): Prediction;
	explain(asked: Asked): Explanation;
}

/** A predictor for the text of an http block, or of a whole file when it has an `events` block. */
export function modelOf(text: string, version = '1.26.3'): Model {
	const whole = text.includes('events') ? text : `events {}\nhttp {\n${text}\n}\n`;
	const configuration = buildConfiguration('/etc/nginx/nginx.conf', memoryFiles({ '/etc/nginx/nginx.conf': whole }));
	const predictor = createPredictor(configuration, versionOf(version));
	return {
		configuration,
		predictor,
		predict: (asked) => predictor.predict(requestOf(asked)),
		explain: (asked) => toExplanation(predictor.predict(requestOf(asked)), configuration),
	};
}

/** The answer in one line, for tables: `GET /x → 127.0.0.1:9000`, `301 http://…`, `404`, `file`, `refused`, `unknown`. */
export function inShort(prediction: Prediction): string {
	const { upstream } = prediction;
	if (prediction.outcome === 'proxied' && upstream !== null)
		return `${upstream.method} ${upstream.uri} → ${upstream.addresses.join(', ')}`;
	if (prediction.outcome === 'answered')
		return prediction.redirect === null ? String(prediction.status ?? 'file') : `${prediction.status} ${prediction.redirect}`;
	return prediction.outcome;
}

/** Forwarding that works on every version, for the backend on this port. */
export function forward(port: number, uri = ''): string {
	return `proxy_pass http://127.0.0.1:${port}${uri}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;`;
}
