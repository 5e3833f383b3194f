import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Configuration } from '../core/config/model.ts';
import type { HandshakeTrace } from '../core/handshake/trace.ts';
import type { TrialTrace } from '../core/handshake/trial.ts';
import type { ReferenceTexts } from '../core/reference/texts.ts';
import type { UpstreamRequest } from '../core/request/prediction.ts';
import type { SandboxResult } from '../core/sandbox/result.ts';
import type { Cancellation, DiskFiles, DiskText, Host } from '../lsp/host.ts';
import type { HandshakeStage, TestHandshakeParams } from '../protocol/requests.ts';
import type { TryRouteParams } from '../protocol/trials.ts';
import type { ProbeOptions } from './handshake/probe.ts';

/** Files larger than this are not read. In bytes. */
const LARGEST = 64 * 1024 * 1024;

/** What a Node process can do for the server. */
export function nodeHost(): Host {
	return {
		files: disk,
		handshake,
		trial,
		sandbox,
		run,
		nginxVersion,
		defer: (callback) => void setImmediate(callback),
		delay: (milliseconds, callback) => void setTimeout(callback, milliseconds),
		referenceTexts,
	};
}

/** Beside the bundle, a file of its own. */
async function referenceTexts(): Promise<ReferenceTexts> {
	const { default: texts } = await import('../core/reference/texts.generated.json');
	return texts;
}

type DiskEntries = ReturnType<DiskFiles['list']>;

const disk: DiskFiles = {
	read(path): DiskText {
		try {
			const stat = statSync(path);
			if (!stat.isFile()) return { kind: 'unreadable', reason: 'it is not a file' };
			if (stat.size > LARGEST) return { kind: 'unreadable', reason: `it is larger than ${LARGEST / 1024 / 1024} MiB` };
			return { kind: 'text', text: readFileSync(path, 'utf8') };
		} catch (error) {
			const code = codeOf(error);
			if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
			return { kind: 'unreadable', reason: code === 'EACCES' || code === 'EPERM' ? 'reading it is not allowed' : code };
		}
	},
	list(folder) {
		try {
			return readdirSync(folder, { withFileTypes: true }).flatMap((entry): DiskEntries => {
				if (entry.isDirectory()) return [{ name: entry.name, kind: 'directory' }];
				if (entry.isFile()) return [{ name: entry.name, kind: 'file' }];
				return entry.isSymbolicLink() ? linked(folder, entry.name) : [];
			});
		} catch {
			return [];
		}
	},
};

/** A link to a file counts as that file; links to folders are not followed, they may lead round in circles. */
function linked(folder: string, name: string): DiskEntries {
	try {
		return statSync(`${folder}/${name}`).isFile() ? [{ name, kind: 'file' }] : [];
	} catch {
		return [];
	}
}

/** One handshake as the client asks for it. What speaks WebSocket and TLS is loaded with the first. */
async function handshake(
	params: TestHandshakeParams,
	onStage: (stage: HandshakeStage['stage']) => void,
	cancellation: Cancellation,
): Promise<HandshakeTrace> {
	const { probe } = await import('./handshake/probe.ts');
	return probe({ ...probeOptions(params), onStage, signal: signalOf(cancellation) });
}

async function trial(
	params: TryRouteParams,
	upstream: UpstreamRequest | undefined,
	onProgress: (text: string, share: number) => void,
	cancellation: Cancellation,
): Promise<TrialTrace> {
	const { runTrial } = await import('./handshake/trial.ts');
	return runTrial(params.trial, { ...probeOptions(params), signal: signalOf(cancellation) }, upstream, onProgress);
}

function probeOptions({ url, options = {} }: TestHandshakeParams): ProbeOptions {
	const { insecure, ca, cert, key, ...rest } = options;
	const given = Object.entries({ insecure, ca, cert, key }).filter(([, value]) => value !== undefined);
	return { url, ...rest, ...(given.length === 0 ? {} : { tls: Object.fromEntries(given) }) };
}

/** A configuration in a private nginx. */
async function sandbox(
	configuration: Configuration,
	{ program, version, routeId }: { readonly program: string; readonly version: string | undefined; readonly routeId?: string },
	onStage: (text: string) => void,
	cancellation: Cancellation,
): Promise<SandboxResult> {
	const { sandboxWith } = await import('./sandbox/sandboxWith.ts');
	return sandboxWith({ program, version, onStage }, configuration, {
		onStage,
		signal: signalOf(cancellation),
		...(routeId === undefined ? {} : { wanted: ({ id }) => id === routeId }),
	});
}

async function run([program = '', ...args]: readonly string[], cancellation: Cancellation) {
	const { runToEnd } = await import('./sandbox/guarded.ts');
	// The person's own command: it may need what their shell has set.
	return runToEnd(program, args, signalOf(cancellation), process.env);
}

function signalOf(cancellation: Cancellation): AbortSignal {
	const cancel = new AbortController();
	cancellation.onCancelled(() => cancel.abort());
	if (cancellation.isCancelled) cancel.abort();
	return cancel.signal;
}

/** Asks nginx for its version; it prints it to stderr. Two seconds are enough for a program that only prints. */
function nginxVersion(program: string): Promise<{ readonly text: string } | { readonly problem: string }> {
	return new Promise((resolve) => {
		execFile(program === '' ? 'nginx' : program, ['-v'], { timeout: 2_000, windowsHide: true }, (error, stdout, stderr) => {
			if (error === null) resolve({ text: `${stdout}${stderr}` });
			else
				resolve({
					problem: `${program === '' ? 'nginx' : program} -v did not answer (${codeOf(error)}); set nginxWebSocket.nginxVersion instead.`,
				});
		});
	});
}

function codeOf(error: unknown): string {
	return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
