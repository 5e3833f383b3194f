import type { Configuration } from '../core/config/model.ts';
import type { HandshakeTrace } from '../core/handshake/trace.ts';
import type { TrialTrace } from '../core/handshake/trial.ts';
import type { ReferenceTexts } from '../core/reference/texts.ts';
import type { UpstreamRequest } from '../core/request/prediction.ts';
import type { SandboxResult } from '../core/sandbox/result.ts';
import type { HandshakeStage, TestHandshakeParams } from '../protocol/requests.ts';
import type { TryRouteParams } from '../protocol/trials.ts';

/** The text of a file as it is on disk. */
export type DiskText =
	| { readonly kind: 'text'; readonly text: string }
	| { readonly kind: 'missing' }
	| { readonly kind: 'unreadable'; readonly reason: string };

/** Files of the machine that the server runs on, by '/'-separated path. Never throws. */
export interface DiskFiles {
	read(path: string): DiskText;
	/** Names in a folder; empty when there is no such folder. */
	list(folder: string): readonly { readonly name: string; readonly kind: 'file' | 'directory' }[];
}

/** Tells a running piece of work that nobody wants it any more. */
export interface Cancellation {
	readonly isCancelled: boolean;
	onCancelled(listener: () => void): void;
}

/** What the machine around the server can do. All of it is optional but the log. */
export interface Host {
	/** Undefined in a browser: files are then asked of the client. */
	readonly files: DiskFiles | undefined;
	/** The texts of nginx's documentation. Read when they are first asked for; a rejected promise leaves hovers without them. */
	readonly referenceTexts: () => Promise<ReferenceTexts>;
	/** Makes one real handshake. Never throws: failures are in the trace. Only called in a trusted workspace. */
	readonly handshake?: (
		params: TestHandshakeParams,
		onStage: (stage: HandshakeStage['stage']) => void,
		cancellation: Cancellation,
	) => Promise<HandshakeTrace>;
	/** One of the longer trials of a route; `upstream` is where nginx passes it to. Never throws. Only called in a trusted workspace. */
	readonly trial?: (
		params: TryRouteParams,
		upstream: UpstreamRequest | undefined,
		onProgress: (text: string, share: number) => void,
		cancellation: Cancellation,
	) => Promise<TrialTrace>;
	/** Runs a configuration in a private nginx. Never throws; nothing is left behind. Only called in a trusted workspace. */
	readonly sandbox?: (
		configuration: Configuration,
		wish: { readonly program: string; readonly version: string | undefined; readonly routeId?: string },
		onStage: (text: string) => void,
		cancellation: Cancellation,
	) => Promise<SandboxResult>;
	/** Runs a program with its arguments to its end, without a shell. Only called in a trusted workspace. */
	readonly run?: (
		command: readonly string[],
		cancellation: Cancellation,
	) => Promise<{ readonly ok: boolean; readonly output: string }>;
	/** What `nginx -v` prints, or a sentence why there is none. `program` is empty for the one on PATH. Only called in a trusted workspace. */
	readonly nginxVersion?: (program: string) => Promise<{ readonly text: string } | { readonly problem: string }>;
	/** Runs a callback after the messages that have arrived. */
	readonly defer: (callback: () => void) => void;
	/** Runs a callback once, after some time. */
	readonly delay: (milliseconds: number, callback: () => void) => void;
}
