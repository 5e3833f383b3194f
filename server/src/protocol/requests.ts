import type { Picture } from '../core/handshake/report.ts';
import type { Station } from '../core/handshake/station.ts';
import type { HandshakeTrace } from '../core/handshake/trace.ts';
import type { Position } from '../core/text/span.ts';

/*
 * The requests and notifications that LSP does not have. Both sides import the names and the types from here.
 * Positions are LSP's: zero-based lines, zero-based UTF-16 characters. Documents are named by URI, as text.
 */

/** Client → server, `initializationOptions`. Every field may be absent: another editor sends none. */
export interface InitializationOptions {
	/** True when the person trusts the workspace: only then may a process be started or a connection be made. Absent: false. */
	readonly trusted?: boolean;
	/** True when files must be read through the client (`FILE_READ` …): a web or a virtual workspace. */
	readonly filesThroughClient?: boolean;
	/** Commands that the client offers; the server puts no other into code lenses and code actions. */
	readonly commands?: readonly string[];
}

/** Server → client, `capabilities.experimental.nginxWebSocket`. */
export interface ExperimentalCapabilities {
	/** True when this server can make connections (Node); false in a browser. */
	readonly handshake: boolean;
	/** True when this server can start an nginx (Node); false in a browser. */
	readonly sandbox: boolean;
	/** True when `EXPLAIN_ROUTE` is answered. */
	readonly explain: boolean;
}

/** Client command behind the code lens; its one argument is a `RouteReference`. */
export const TEST_ROUTE_COMMAND = 'nginxWebSocket.testRoute';
/** Client command that shows what nginx would do with a handshake on the route; its one argument is a `RouteReference`. */
export const EXPLAIN_ROUTE_COMMAND = 'nginxWebSocket.explainRoute';

/** Client → server, a notification without parameters: the person has come to trust the workspace. */
export const TRUST_GRANTED = 'nginxWebSocket/trustGranted';

export interface Range {
	readonly start: Position;
	readonly end: Position;
}

export interface DocumentPlace {
	readonly uri: string;
	readonly range: Range;
}

/** Names a route of a document, as the document stood when it was listed. */
export interface RouteReference {
	readonly uri: string;
	readonly routeId: string;
}

// ---- routes -------------------------------------------------------------------------------------------------------

/** Client → server: the WebSocket routes of a document, or of the whole configuration that it belongs to. */
export const ROUTES = 'nginxWebSocket/routes';

export interface RoutesParams {
	readonly uri: string;
	/** Only the routes whose location encloses this position. When there is none, all routes of the document. */
	readonly position?: Position;
}

export interface RoutesResult {
	/** In the order of the file; routes whose intent is certain or likely only. */
	readonly routes: readonly RouteDescription[];
	/** The version that the verdicts stand on. */
	readonly nginxVersion: string;
	/** The main file of the configuration. */
	readonly mainUri: string;
}

/** A route as a person picks it. */
export interface RouteDescription extends RouteReference {
	/** `location /ws/`, as written. */
	readonly title: string;
	/** The server it stands in: its names, or `server on port 8080`. */
	readonly server: string;
	/** The location's name and arguments. */
	readonly range: Range;
	readonly intent: 'certain' | 'likely' | 'none';
	readonly evidence: readonly string[];
	readonly verdict: 'upgrades' | 'fails' | 'unknown';
	/** One clause: why. */
	readonly reason: string;
	/** One for each listen; empty when no request from outside gets there. */
	readonly urls: readonly RouteUrlDescription[];
}

export interface RouteUrlDescription {
	readonly scheme: 'ws' | 'wss';
	readonly host: string;
	readonly port: number;
	readonly path: string;
	/** The address that the `listen` names: `*`, an IPv4 address, `[…]`, a host name, or `unix:/path`. */
	readonly listenAddress: string;
	/** True when the host name is only an example: the person is asked for it. */
	readonly hostOpen: boolean;
	/** True when the path is only an example: the person is asked for it. */
	readonly pathOpen: boolean;
}

/** Client → server, without parameters: the WebSocket routes of every main file, and of open documents that no main file includes. */
export const WORKSPACE_ROUTES = 'nginxWebSocket/workspaceRoutes';

export interface WorkspaceRoutesResult {
	/** By configuration, in the order of its files; one that two configurations share is there once. */
	readonly routes: readonly WorkspaceRoute[];
}

/** Without a verdict, so that listing the routes of a large workspace while somebody types evaluates none of them. */
export interface WorkspaceRoute extends Omit<RouteDescription, 'verdict' | 'reason'> {
	/** The `server` line, when it stands in the same file. */
	readonly serverRange?: Range;
}

// ---- the test -----------------------------------------------------------------------------------------------------

/**
 * Client → server: one real WebSocket handshake on a route. The request can be cancelled.
 * Answered with an error (`InvalidRequest`) by a server that may not make connections: untrusted workspace, browser.
 */
export const TEST_HANDSHAKE = 'nginxWebSocket/testHandshake';

export interface TestHandshakeParams {
	/** A document of the configuration. */
	readonly uri: string;
	/** The route that was picked; the URL decides when it is absent or gone (the document has changed since). */
	readonly routeId?: string;
	/** The whole URL, with what the configuration leaves open filled in. */
	readonly url: string;
	readonly options?: HandshakeOptions;
	/** When given, `HANDSHAKE_STAGE` is sent with it. */
	readonly progressToken?: string;
}

export interface HandshakeOptions {
	/** Host or address to connect to, in place of the URL's; the Host header and SNI stay the URL's. */
	readonly connectTo?: string;
	/** Headers to send in addition; a name that the handshake sets itself is replaced, save the Sec-WebSocket- ones. */
	readonly headers?: readonly (readonly [string, string])[];
	readonly subprotocols?: readonly string[];
	/** Milliseconds for the whole test. */
	readonly timeoutMs?: number;
	readonly cookies?: readonly (readonly [string, string])[];
	/** Masked in every report. */
	readonly auth?:
		| { readonly kind: 'basic'; readonly user: string; readonly password: string }
		| { readonly kind: 'bearer'; readonly token: string };
	/** `same`: as a page of the URL's own host sends it. `none` (also when absent): none. Else what to send. */
	readonly origin?: string;
	/** Take any certificate. */
	readonly insecure?: boolean;
	/** Certificates to trust in addition, the client's certificate and its key: the texts of PEM files. */
	readonly ca?: string;
	readonly cert?: string;
	readonly key?: string;
	/** `http://[user:password@]host:port`; not used under reach `loopback`. */
	readonly proxy?: string;
	/** Sent once the WebSocket is open; `expected` is a text that a reply must hold. */
	readonly message?: { readonly text: string; readonly expected?: string };
	/** How many redirects to follow, at most 10; absent: a redirect is shown only. */
	readonly followRedirects?: number;
	/**
	 * `loopback` (also when absent): the test ends with failure code `NOT_LOOPBACK`, stage `tcp`, before any packet leaves
	 * this machine. `any`: the person has agreed.
	 */
	readonly reach?: 'loopback' | 'any';
}

/** Server → client, a notification: how far a test has come. */
export const HANDSHAKE_STAGE = 'nginxWebSocket/handshakeStage';

export interface HandshakeStage {
	readonly progressToken: string;
	readonly stage: 'dns' | 'tcp' | 'tls' | 'upgrade' | 'ping' | 'close';
}

export interface HandshakeReport {
	readonly trace: HandshakeTrace;
	/** One sentence for a notification: what happened. */
	readonly headline: string;
	/** Why, joined with the model; the first line is the cause. */
	readonly explanation: readonly ExplanationLine[];
	/** Proved cures, the preferred one first. */
	readonly fixes: readonly FixReference[];
	/** The whole report as Markdown, secrets masked; the same words as `test --format pretty`. */
	readonly report: string;
	/** The stations of the way and where it broke; empty when the model has no way for it. */
	readonly path: readonly ReportStation[];
	/** The same report in parts, in the order of the text. */
	readonly parts: readonly ReportPart[];
}

export interface ExplanationLine {
	readonly text: string;
	readonly at?: DocumentPlace;
	/** `conf.d/ws.conf, line 7`: what `at` is called in the text. */
	readonly where?: string;
}

export interface ReportStation extends ExplanationLine, Pick<Station, 'kind' | 'state'> {}

export type ReportPart =
	| { readonly kind: 'lines'; readonly title: string; readonly picture?: Picture; readonly lines: readonly ExplanationLine[] }
	| {
			readonly kind: 'rows';
			readonly title: string;
			readonly picture?: Picture;
			readonly rows: readonly (readonly [string, string])[];
	  }
	| { readonly kind: 'code'; readonly title: string; readonly text: string };

export interface FixReference {
	readonly title: string;
	/** Empty for the cure of several findings at once. */
	readonly ruleId: string;
	readonly safe: boolean;
	readonly preferred: boolean;
	readonly edits: readonly DocumentEdits[];
}

export interface DocumentEdits {
	readonly uri: string;
	/** The version that the edits were made for; null for a document that was not open. */
	readonly version: number | null;
	readonly edits: readonly { readonly range: Range; readonly newText: string }[];
}

// ---- explanation without a connection -----------------------------------------------------------------------------

/** Client → server: what nginx would do with a handshake on the route, step by step. */
export const EXPLAIN_ROUTE = 'nginxWebSocket/explainRoute';

export interface ExplainRouteParams extends RouteReference {
	/** In place of the route's example URL. */
	readonly url?: string;
}

export interface ExplainRouteResult {
	readonly headline: string;
	readonly explanation: readonly ExplanationLine[];
	/** The whole explanation as Markdown. */
	readonly report: string;
}

// ---- another version of nginx -------------------------------------------------------------------------------------

/** Client → server: which routes end a handshake differently with another version of nginx. */
export const UPGRADE_REPORT = 'nginxWebSocket/upgradeReport';

export interface UpgradeReportParams {
	readonly uri: string;
	/** Versions such as `1.26.3`, in either order. */
	readonly from: string;
	readonly to: string;
}

export interface UpgradeReport {
	readonly headline: string;
	readonly routes: readonly ChangedRoute[];
	/** All of it as Markdown, with a link to the line of each route. */
	readonly report: string;
}

export interface ChangedRoute {
	/** `location /ws/`, as written. */
	readonly title: string;
	readonly server: string;
	/** The location's name and arguments. */
	readonly at?: DocumentPlace;
	/** At least two, oldest first. */
	readonly verdicts: readonly {
		readonly from: string;
		readonly verdict: 'upgrades' | 'fails' | 'unknown';
		readonly reason: string;
	}[];
}

// ---- snippets -----------------------------------------------------------------------------------------------------

/** Client → server: the snippets that fit at a position, for the palette. The same come as completions, by prefix. */
export const SNIPPETS = 'nginxWebSocket/snippets';

export interface SnippetsParams {
	readonly uri: string;
	readonly position: Position;
}

export interface SnippetsResult {
	readonly snippets: readonly {
		readonly name: string;
		readonly description: string;
		/** In LSP's snippet syntax, tabs for indentation; the editor indents the lines after the first as the caret's line. */
		readonly body: string;
	}[];
	/** The context that the position is in, as a person says it: `http`, `location /ws` … */
	readonly context: string;
}

// ---- state --------------------------------------------------------------------------------------------------------

/** Server → client, a notification: sent after start and whenever it changes. */
export const STATUS = 'nginxWebSocket/status';

export interface Status {
	/** `1.26.3`. */
	readonly nginxVersion: string;
	/** `setting`: the person set it. `nginx`: the local nginx said so. `default`: nobody knows. */
	readonly versionSource: 'setting' | 'nginx' | 'default';
	/** A sentence for the person when something is not as they asked (a version that cannot be read, a nginx that does not start). */
	readonly problem?: string;
}

// ---- files, read through the client -------------------------------------------------------------------------------

/** Server → client: the text of a file as it is on disk. Open documents are the server's own to prefer. */
export const FILE_READ = 'nginxWebSocket/fs/read';

export interface FileReadParams {
	readonly uri: string;
}

export type FileReadResult =
	| { readonly kind: 'text'; readonly text: string }
	| { readonly kind: 'missing' }
	| { readonly kind: 'unreadable'; readonly reason: string };

/** Server → client: what a folder holds, sorted by name; empty when there is no such folder. */
export const FILE_LIST = 'nginxWebSocket/fs/list';

export interface FileListParams {
	readonly uri: string;
}

export interface FileListResult {
	readonly entries: readonly { readonly name: string; readonly kind: 'file' | 'directory' }[];
}

/** Server → client: the files under a folder that match a glob as VS Code writes it (`**` included), at most `limit`. */
export const FILE_FIND = 'nginxWebSocket/fs/find';

export interface FileFindParams {
	/** The workspace folder. */
	readonly uri: string;
	readonly pattern: string;
	readonly limit: number;
}

export interface FileFindResult {
	readonly uris: readonly string[];
}
