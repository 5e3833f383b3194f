import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { formatVersion, parseVersion } from '../../core/reference/versions.ts';
import { isForeign, type SandboxNginx } from './nginxAbility.ts';

/** Asking the daemon takes no longer than this when there is one. */
const ASK_MS = 5_000;
/** An image may have to be fetched. */
const PULL_MS = 300_000;

/** True when a Docker daemon answers. A program of that name alone is no proof. */
export async function dockerRuns(docker = 'docker'): Promise<boolean> {
	const answer = await ask(docker, ['version', '--format', '{{.Server.Version}}'], ASK_MS);
	return answer !== undefined && /^\d+\./.test(answer.trim());
}

/** The official image of a version (`1.27`, `1.27.3`, `stable`), fetched when it is not there; undefined when it cannot be had. */
export async function dockerNginx(tag: string, docker = 'docker'): Promise<SandboxNginx | undefined> {
	const image = `nginx:${tag}`;
	const answer = await ask(docker, ['run', '--rm', '--network', 'none', '--entrypoint', 'nginx', image, '-V'], PULL_MS);
	const version = answer === undefined ? undefined : parseVersion(answer);
	if (version === undefined) return undefined;
	return {
		version,
		origin: `Docker image ${image} (${formatVersion(version)})`,
		modules: new Map(),
		isForeign: isForeign(answer ?? ''),
		launch: (folder, args) => {
			const name = `nginx-websocket-${randomBytes(6).toString('hex')}`;
			const user = process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`];
			return {
				program: docker,
				args: [
					...[
						'run',
						'--rm',
						'--name',
						name,
						'--network',
						'host',
						'--read-only',
						'--cap-drop',
						'ALL',
						'--security-opt',
						'no-new-privileges',
					],
					...user,
					...['--volume', `${folder}:${folder}`, '--entrypoint', 'nginx', image],
					...args,
				],
				container: { docker, name },
			};
		},
	};
}

/** What a command of Docker wrote; undefined when it failed or took too long. */
function ask(docker: string, args: readonly string[], timeout: number): Promise<string | undefined> {
	return new Promise((resolve) => {
		execFile(docker, [...args], { timeout, killSignal: 'SIGKILL' }, (error, stdout, stderr) =>
			resolve(error === null ? `${stdout}${stderr}` : undefined),
		);
	});
}
