import type { Configuration } from '../../core/config/model.ts';
import type { SandboxResult } from '../../core/sandbox/result.ts';
import { chooseNginx, type Wish } from './chooseNginx.ts';
import { runSandbox, type SandboxOptions } from './runSandbox.ts';

/** Runs a configuration in the nginx that a wish leads to; a result that says why when there is none. Never throws. */
export async function sandboxWith(
	wish: Wish,
	configuration: Configuration,
	options: Omit<SandboxOptions, 'nginx'>,
): Promise<SandboxResult> {
	const choice = await chooseNginx(wish);
	if (choice.kind === 'nginx') return runSandbox(configuration, { ...options, nginx: choice.nginx });
	return {
		nginxVersion: '',
		origin: '',
		outcome: 'failed',
		problems: [{ severity: 'error', message: choice.reason, path: undefined, line: undefined }],
		routes: [],
		rewritings: [],
		milliseconds: 0,
	};
}
