import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

/** How nginx is started in the sandbox: a program here, or one in a container. */
export interface Launch {
	readonly program: string;
	readonly args: readonly string[];
	/** What ends it when its process alone is not enough: a container's name, and the program that knows it. */
	readonly container: { readonly docker: string; readonly name: string } | undefined;
}

export interface GuardedNginx {
	/** The process of the guard. */
	readonly pid: number | undefined;
	/** What nginx wrote so far. */
	written(): string;
	readonly hasEnded: boolean;
	/** Ends nginx and waits until it is gone. */
	stop(): Promise<void>;
}

/*
 * The guard stands between us and nginx. Its standard input is a pipe that we hold; when we are gone, however we went, the kernel closes
 * it: the reader ends nginx, and the guard removes the folder. $1 is the folder, $2 docker and $3 the container (or empty).
 */
const GUARD = `
folder=$1; docker=$2; container=$3; shift 3
exec 3<&0
"$@" </dev/null 3<&- &
nginx=$!
(
	trap '' HUP INT TERM
	read -r line <&3
	[ -n "$docker" ] && "$docker" rm -f "$container" >/dev/null 2>&1
	kill -KILL $nginx 2>/dev/null
	rm -rf -- "$folder"
) >/dev/null 2>&1 &
reader=$!
trap '' HUP INT
trap 'kill -KILL $nginx 2>/dev/null' TERM
exec 3<&-
wait $nginx
code=$?
if [ $code -lt 128 ]; then kill -KILL $reader 2>/dev/null; exit $code; fi
echo 'sandbox guard: nginx has ended' >&2
wait $reader
exit $code
`;

/** The guard's own line when somebody else ended nginx. */
const ENDED = 'sandbox guard: nginx has ended';

const MOST_WRITTEN = 64 * 1024;

/** Starts nginx under its guard. `folder` is removed by the guard when this process ends without stopping it. */
export function startGuarded(launch: Launch, folder: string): GuardedNginx {
	const child = spawn(
		'/bin/sh',
		['-c', GUARD, 'guard', folder, launch.container?.docker ?? '', launch.container?.name ?? '', launch.program, ...launch.args],
		{ stdio: ['pipe', 'ignore', 'pipe'], detached: true, cwd: '/', env: environment() },
	);
	let text = '';
	const decoder = new StringDecoder('utf8');
	child.stderr?.on('data', (chunk: Buffer) => {
		if (text.length < MOST_WRITTEN) text += decoder.write(chunk);
	});
	child.stdin?.on('error', () => undefined);
	let failed = false;
	child.on('error', () => {
		failed = true;
	});
	return {
		pid: child.pid,
		written: () => text,
		get hasEnded() {
			return failed || text.includes(ENDED) || child.exitCode !== null || child.signalCode !== null;
		},
		stop: () => ended(child, failed),
	};
}

function ended(child: ChildProcess, failed: boolean): Promise<void> {
	return new Promise((resolve) => {
		child.stdin?.destroy();
		if (failed || child.exitCode !== null || child.signalCode !== null) resolve();
		else child.once('exit', () => resolve());
	});
}

/**
 * Waits until nginx has written its process number to `folder`, which it does once it listens everywhere. False when it ended before, could
 * not bind, or the time is over. Connecting would prove nothing: somebody else may have taken the port.
 */
export async function hasStarted(
	nginx: GuardedNginx,
	folder: string,
	milliseconds: number,
	signal: AbortSignal | undefined,
): Promise<boolean> {
	const deadline = performance.now() + milliseconds;
	while (!nginx.hasEnded && performance.now() < deadline) {
		if (isWritten(join(folder, 'pid'))) return true;
		if (TAKEN.test(nginx.written()) || signal?.aborted === true) return false;
		await new Promise((resolve) => setTimeout(resolve, 4));
	}
	return false;
}

/** How nginx says that another process listens there: EADDRINUSE on Linux and macOS. */
export const TAKEN = /bind\(\) to .* failed \((?:98|48):/;

function isWritten(path: string): boolean {
	try {
		return statSync(path).size > 0;
	} catch {
		return false;
	}
}

export interface Verdict {
	readonly ok: boolean;
	readonly output: string;
}

/** `nginx -t`, and whatever else ends by itself: what it wrote. Without a shell. Never throws. `env`: little of our own unless said. */
export function runToEnd(
	program: string,
	args: readonly string[],
	signal: AbortSignal | undefined,
	env: NodeJS.ProcessEnv = environment(),
): Promise<Verdict> {
	return new Promise((resolve) => {
		execFile(
			program,
			[...args],
			{
				timeout: 20_000,
				killSignal: 'SIGKILL',
				maxBuffer: 4 * 1024 * 1024,
				cwd: '/',
				env,
				...(signal ? { signal } : {}),
			},
			(error, stdout, stderr) => resolve({ ok: error === null, output: `${stderr}${stdout}` || (error?.message ?? '') }),
		);
	});
}

/** nginx takes open sockets from NGINX, and OpenSSL reads a configuration that may load code: neither is handed on. */
function environment(): NodeJS.ProcessEnv {
	const { PATH, HOME, LANG, TMPDIR, DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, XDG_RUNTIME_DIR } = process.env;
	return { PATH, HOME, LANG, TMPDIR, DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, XDG_RUNTIME_DIR };
}
