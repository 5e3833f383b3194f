import type { DocumentEdits, DocumentPlace } from './requests.ts';

/** Client command: proves the routes of a document in a private nginx; its one argument is a `RouteReference`, a URI, or absent. */
export const TEST_IN_SANDBOX_COMMAND = 'nginxWebSocket.testInSandbox';
/** Client command beside a fix: shows what happens before and after it; its one argument is a `ProveFixParams`. */
export const PROVE_FIX_COMMAND = 'nginxWebSocket.proveFix';

/**
 * Client → server: runs the configuration of a document, as it is in the editor, in a private nginx on loopback, with a handshake on each
 * WebSocket route. Can be cancelled. Answered with an error (`InvalidRequest`) in an untrusted workspace and in a browser.
 */
export const SANDBOX = 'nginxWebSocket/sandbox';

export interface SandboxParams {
	readonly uri: string;
	/** Only this route. */
	readonly routeId?: string;
	/** Versions of nginx, such as `1.26`; absent or empty: the one that is here. */
	readonly versions?: readonly string[];
	/** When given, `SANDBOX_STAGE` is sent with it. */
	readonly progressToken?: string;
}

/** Client → server: the same before and after a change that nobody has made yet. */
export const PROVE_FIX = 'nginxWebSocket/proveFix';

export interface ProveFixParams {
	readonly uri: string;
	/** What the fix is called in the light bulb. */
	readonly title: string;
	readonly edits: readonly DocumentEdits[];
	readonly progressToken?: string;
}

export interface SandboxReport {
	readonly headline: string;
	/** Every WebSocket route upgraded; for a fix: afterwards. */
	readonly proved: boolean;
	/** All of it as Markdown. */
	readonly report: string;
}

/** Server → client, a notification: how far it has come. */
export const SANDBOX_STAGE = 'nginxWebSocket/sandboxStage';

export interface SandboxStage {
	readonly progressToken: string;
	readonly text: string;
}

/**
 * Client → server: runs a command of the person's, such as `nginx -t`, without a shell, and puts what nginx complains of on its lines.
 * Answered with an error (`InvalidRequest`) in an untrusted workspace and in a browser.
 */
export const RUN_NGINX = 'nginxWebSocket/runNginx';

export interface RunNginxParams {
	/** A document of the configuration. */
	readonly uri: string;
	/** The program and its arguments. */
	readonly command: readonly string[];
}

export interface RunNginxResult {
	readonly ok: boolean;
	/** What it wrote. */
	readonly output: string;
	readonly problems: readonly NginxDiagnostic[];
}

export interface NginxDiagnostic extends DocumentPlace {
	readonly severity: 'error' | 'warning';
	readonly message: string;
}
