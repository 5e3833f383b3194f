import { fileURLToPath } from 'node:url';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The repository. */
export const ROOT = at('../..');
export const EDITOR_TESTS = at('../editor/');
export const SCREENSHOTS = at('../editor/screenshots/');
export const PICTURES = at('../editor/pictures/');
/** The packed extension, as `npm run package` leaves it. */
export const VSIX = at('../../nginx-websocket.vsix');
