import type { TextDocument } from 'vscode';

/** The language id that this and most nginx extensions contribute. */
export const LANGUAGE = 'nginx';

/**
 * What the language server looks at: the language, under the spelling of every known extension, and nginx's own file name
 * where another extension has claimed it.
 */
export const DOCUMENTS = [{ language: LANGUAGE }, { language: 'NGINX' }, { pattern: '**/nginx.conf' }];

/** True for a document that the language server looks at. */
export function isNginx(document: TextDocument): boolean {
	return document.languageId.toLowerCase() === LANGUAGE || document.fileName.endsWith('/nginx.conf');
}
