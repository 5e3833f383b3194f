import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, errors, type FrameLocator, type Locator, type Page } from 'playwright-core';
import type { CodeServer } from '../../support/codeServer.ts';
import { PICTURES, SCREENSHOTS } from '../../support/editorPaths.ts';

/** One window of the editor, seen and used as a person does: what is visible, the keyboard, the mouse. */
export class Workbench {
	readonly page: Page;
	readonly #context: BrowserContext;

	private constructor(page: Page, context: BrowserContext) {
		this.page = page;
		this.#context = context;
	}

	/** Opens a folder. `prepare` may rewrite the page on its way in (web extension host). */
	static async open(
		browser: Browser,
		server: CodeServer,
		folder: string,
		prepare?: (page: Page) => Promise<void>,
	): Promise<Workbench> {
		const context = await browser.newContext({ viewport: { width: 1180, height: 740 } });
		const page = await context.newPage();
		// A machine that does much else beside is slow, and not wrong.
		page.setDefaultTimeout(60_000);
		await prepare?.(page);
		await page.goto(`${server.url}/?folder=${encodeURIComponent(folder)}`, { waitUntil: 'domcontentloaded' });
		await page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
		return new Workbench(page, context);
	}

	close(): Promise<void> {
		return this.#context.close();
	}

	/** Opens a file of the folder by its name and puts the caret into it. */
	async openFile(name: string): Promise<void> {
		// A workbench that is still settling takes no keys, lists no files and does not look again, or shows the list of before.
		for (let attempt = 1; !(await this.#goesTo(name)); attempt++) {
			if (attempt === 8) throw new Error(`The list of files does not lead to ${name}.`);
			await this.page.keyboard.press('Escape');
		}
		await this.editor.locator('.view-line').first().waitFor();
	}

	/** Takes a file from the list of files; false when that does not bring it to the front. */
	async #goesTo(name: string): Promise<boolean> {
		const tab = this.page.locator('.tab.active', { hasText: name.slice(name.lastIndexOf('/') + 1) });
		try {
			await this.page.keyboard.press('Control+P');
			await this.quickInput.waitFor({ timeout: 5_000 });
			await this.quickInput.fill(name);
			await this.quickRow(name).first().click({ timeout: 10_000 });
			await this.page.locator('.quick-input-widget:visible').waitFor({ state: 'hidden', timeout: 5_000 });
			await tab.first().waitFor({ timeout: 10_000 });
			return true;
		} catch (error) {
			if (error instanceof errors.TimeoutError) return false;
			throw error;
		}
	}

	/** The editor that has, or last had, the caret. */
	get editor(): Locator {
		return this.page.locator('.editor-group-container.active .editor-instance .monaco-editor').first();
	}

	get quickInput(): Locator {
		return this.page.locator('.quick-input-widget:visible input').first();
	}

	/** Rows of the open quick pick. */
	quickRow(text: string | RegExp): Locator {
		return this.page.locator('.quick-input-widget:visible .monaco-list-row', { hasText: text });
	}

	/** Runs a command from the palette by its whole title. */
	async runCommand(title: string): Promise<void> {
		await this.page.keyboard.press('F1');
		await this.quickInput.fill(`>${title}`);
		await this.quickRow(title).first().click();
	}

	/** Puts the caret before the first character of a one-based line. */
	async goToLine(line: number, column = 1): Promise<void> {
		await this.page.keyboard.press('Control+G');
		await this.quickInput.fill(`:${line}:${column}`);
		await this.page.keyboard.press('Enter');
		await this.page.locator('.quick-input-widget:visible').waitFor({ state: 'hidden' });
	}

	/** Puts the caret behind the first occurrence of a text among the lines that can be seen. */
	async caretOn(text: string): Promise<void> {
		const deadline = Date.now() + 10_000;
		while (Date.now() < deadline) {
			const line = (await this.#lines()).find((one) => one.text.includes(text) && one.number > 0);
			if (line !== undefined) return this.goToLine(line.number, line.text.indexOf(text) + text.length + 1);
			await this.page.waitForTimeout(100);
		}
		throw new Error(`No visible line has the text "${text}".`);
	}

	/** A code lens in the active editor. */
	codeLens(text: string | RegExp): Locator {
		return this.editor.locator('.codelens-decoration', { hasText: text });
	}

	/** An entry of the open completion list. */
	suggestion(label: string | RegExp): Locator {
		return this.page.locator('.suggest-widget.visible .monaco-list-row', { hasText: label });
	}

	/** The open hover, when it has the text. */
	hover(text: string | RegExp): Locator {
		return this.page.locator('.monaco-hover:visible', { hasText: text });
	}

	/** Types at the caret, key by key, as a person does. */
	type(text: string): Promise<void> {
		return this.page.keyboard.type(text, { delay: 15 });
	}

	save(): Promise<void> {
		return this.page.keyboard.press('Control+S');
	}

	/** Squiggles that can be seen in the active editor. */
	squiggles(severity: 'error' | 'warning' | 'info'): Locator {
		return this.editor.locator(`.squiggly-${severity}`);
	}

	/** Opens the Problems view; its rows, each with its whole text. */
	async problems(): Promise<Locator> {
		const panel = this.page.locator('.markers-panel');
		if (!(await panel.isVisible())) await this.page.keyboard.press('Control+Shift+M');
		await panel.waitFor();
		return panel.locator('.monaco-list-row');
	}

	/** Waits for the light bulb at the caret and opens its menu; its entries. */
	async lightBulb(): Promise<Locator> {
		await this.editor.locator('[class*="lightbulb"]:visible').first().waitFor();
		await this.page.keyboard.press('Control+.');
		const entries = this.page.locator('.action-widget .monaco-list-row.action');
		await entries.first().waitFor();
		return entries;
	}

	notification(text: string | RegExp): Locator {
		return this.page.locator('.notification-toast', { hasText: text });
	}

	/** Opens the list of all notifications; the one with the text. A toast may have gone, or have found no room. */
	async notified(text: string | RegExp): Promise<Locator> {
		const list = this.page.locator('.notifications-center.visible');
		if (!(await list.isVisible())) await this.runCommand('Notifications: Show Notifications');
		await list.waitFor();
		return list.locator('.notification-list-item', { hasText: text });
	}

	/** The extension's item in the status bar, when its text matches. */
	statusItem(text: RegExp): Locator {
		return this.page.locator('[id="nginx-websocket.nginx-websocket.nginxWebSocket.status"]', { hasText: text });
	}

	/** Opens the Testing view. */
	async openTesting(): Promise<void> {
		const title = this.page.locator('.sidebar .composite.title', { hasText: 'Testing' });
		if (!(await title.isVisible())) await this.page.getByRole('tab', { name: 'Testing' }).click();
		await title.waitFor();
	}

	/** A row of the Testing view, by the beginning of its label and, when it is given, its state. */
	testRow(label: string, state?: 'passed' | 'failed'): Locator {
		const row = this.page.locator('.test-explorer .monaco-list-row', {
			has: this.page.locator('.label', { hasText: new RegExp(`(^|/)${label.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}`) }),
		});
		return state === undefined ? row : row.filter({ has: this.page.locator(`.codicon-testing-${state}-icon`) });
	}

	/** Shows all that is under the rows of the Testing view. */
	async expandAllTests(): Promise<void> {
		const closed = this.page.locator('.test-explorer .monaco-list-row[aria-expanded="false"]');
		await this.page.locator('.test-explorer .monaco-list-row[aria-expanded]').first().waitFor();
		while ((await closed.count()) > 0) await closed.first().locator('.monaco-tl-twistie').click();
	}

	/** The report that is shown beside the editor: a rendered page within the editor's frames. */
	report(): FrameLocator {
		return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
	}

	/** The lines that can be seen in the active editor, top to bottom. */
	async visibleText(): Promise<string> {
		return (await this.#lines()).map(({ text }) => text).join('\n');
	}

	/** Lines and numbers of one moment: a code lens that arrives moves both. A number is 0 until it is drawn. */
	async #lines(): Promise<readonly { readonly number: number; readonly text: string }[]> {
		const drawn = await this.editor.locator('.view-lines .view-line, .margin-view-overlays > div').evaluateAll((elements) =>
			elements.map((element) => ({
				isLine: element.classList.contains('view-line'),
				top: Number.parseFloat((element as HTMLElement).style.top),
				text: (element.textContent ?? '').replaceAll('\u00a0', ' '),
			})),
		);
		const numbers = new Map(drawn.filter((one) => !one.isLine).map(({ top, text }) => [top, Number(text) || 0]));
		return drawn
			.filter((one) => one.isLine)
			.sort((a, b) => a.top - b.top)
			.map(({ top, text }) => ({ number: numbers.get(top) ?? 0, text }));
	}

	/** Keeps what can be seen, for a person to judge. `picture`: also as a picture of the README. */
	screenshot(name: string, options: { readonly picture?: boolean } = {}): Promise<void> {
		return keepScreenshot(this.page, name, options);
	}
}

/** Keeps what a page shows. `picture`: also as a picture of the README, when the run is asked to take them (`--pictures`). */
export async function keepScreenshot(page: Page, name: string, options: { readonly picture?: boolean } = {}): Promise<void> {
	mkdirSync(SCREENSHOTS, { recursive: true });
	const path = join(SCREENSHOTS, `${name}.png`);
	await page.screenshot({ path });
	if (options.picture !== true || process.env.NGINX_WEBSOCKET_PICTURES !== '1') return;
	mkdirSync(PICTURES, { recursive: true });
	copyFileSync(path, join(PICTURES, `${name}.png`));
}
