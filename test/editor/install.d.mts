/** Puts code-server and its Node into this folder, when they are not there yet. Ends the process with a sentence when that fails. */
export function installEditor(): void;
