import type { Browser } from 'playwright-core';
import { isAtLeast } from '../../../server/src/core/reference/versions.ts';
import type { NginxBinary } from '../../../server/src/node/nginx/acquire.ts';
import type { Sample } from '../../sample/sample.ts';
import { startSample } from '../../sample/sample.ts';
import type { CodeServer } from '../../support/codeServer.ts';
import { startCodeServer } from '../../support/codeServer.ts';
import { generations } from '../../support/nginx.ts';
import { startBrowser } from './browser.ts';

/** What most editor tests stand on: the sample behind a live nginx, an editor, a browser. */
export interface Scene {
	readonly sample: Sample;
	readonly server: CodeServer;
	readonly browser: Browser;
	stop(): Promise<void>;
}

/** Brings up the sample with an nginx that still speaks HTTP/1.0 to backends, and an editor beside it. */
export async function startScene(editor: Parameters<typeof startCodeServer>[0]): Promise<Scene> {
	const [sample, server, browser] = await Promise.all([
		oldNginx().then((nginx) => startSample({ nginx, anyPorts: true })),
		startCodeServer(editor),
		startBrowser(),
	]);
	return {
		sample,
		server,
		browser,
		async stop() {
			await browser.close();
			await Promise.all([server.stop(), sample.stop()]);
		},
	};
}

async function oldNginx(): Promise<NginxBinary> {
	const nginx = (await generations()).filter(({ version }) => !isAtLeast(version, '1.29.7')).at(-1);
	if (nginx === undefined) throw new Error('The editor tests need an nginx before 1.29.7, and none is here.');
	return nginx;
}
