import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

const USUAL = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** The machine's Chromium (`CHROMIUM` names another), headless, with a fresh profile and no traffic of its own. */
export function startBrowser(): Promise<Browser> {
	const executablePath = process.env.CHROMIUM ?? USUAL.find((path) => existsSync(path));
	if (executablePath === undefined)
		throw new Error('No Chromium found. Install one (Debian: apt-get install chromium) or name it in CHROMIUM.');
	return chromium.launch({
		executablePath,
		args: [
			'--headless',
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
}
