import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { ROOT, SCREENSHOTS } from '../../support/editorPaths.ts';

/** Once a run: builds and packs the extension, so that what is tested is what is installed. `NGINX_WEBSOCKET_PACKED=1` takes the one that lies there. */
export default function packExtension(): void {
	rmSync(SCREENSHOTS, { recursive: true, force: true });
	if (process.env.NGINX_WEBSOCKET_PACKED === '1') return;
	execFileSync('npm', ['run', '--silent', 'package'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}
