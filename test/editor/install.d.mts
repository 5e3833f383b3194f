/** Puts code-server and its Node into this folder, when they are not there yet. Throws a sentence when that fails. */
export function installEditor(): void;
