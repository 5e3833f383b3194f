import type { PlacedDirective, Scope } from '../config/model.ts';
import type { ClientHeader } from './clientHeaders.ts';
import type { Ground } from './ground.ts';
import type { Handler, Level } from './level.ts';
import type { OtherClients, Reason } from './prediction.ts';
import type { Address, Server } from './serverTable.ts';
import type { Backends, Target } from './target.ts';
import { Undecided, type Value } from './value.ts';
import type { VariableSources } from './variableSources.ts';

/** What of a configuration does not depend on the request, made once. */
export interface Model {
	readonly ground: Ground;
	readonly variables: VariableSources;
	readonly servers: readonly Server[];
	readonly serverByScope: ReadonlyMap<Scope, Server>;
	readonly addresses: readonly Address[];
	/** upstream blocks of the http side by lower-case name. */
	readonly upstreams: ReadonlyMap<string, Scope>;
	/** Literal targets that were taken apart already. */
	readonly resolved: Map<PlacedDirective, LiteralTarget>;
	/** `host:port` of every literal `…_pass`, lower case: known to nginx without a resolver. */
	readonly literalTargets: ReadonlySet<string>;
}

/** A `…_pass` without variables, taken apart. */
export interface LiteralTarget {
	readonly target: Target;
	readonly backends: Backends;
	readonly proxyHost: string;
	readonly proxyPort: string;
}

/** A value with the directives that gave it. */
export interface Held {
	readonly value: Value;
	readonly sources: readonly PlacedDirective[];
	/** Why another client may get another value, where `others` are thought of. */
	readonly chosen?: string | undefined;
}

/** One request on its way through the configuration: what nginx keeps in ngx_http_request_t. Lives for one prediction. */
export class RequestState {
	readonly model: Model;
	readonly tls: boolean;
	readonly httpVersion: '1.0' | '1.1';
	/** As the client sent it. */
	readonly requestLine: string;
	readonly sentMethod: string;
	/** As the client sent them, and as headers-more left them. */
	headers: readonly ClientHeader[];
	/** Names of client headers whose variables were read, in their form (`sec_websocket_key`). */
	readonly headersRead = new Set<string>();
	/** The headers of a handshake that headers-more changed, lower case, with the line that did. */
	readonly headersChanged = new Map<string, PlacedDirective>();
	/** `$request_uri`. */
	readonly unparsed: string;
	readonly localAddress: string | undefined;
	readonly localPort: number | undefined;
	/** The other end of the connection. */
	readonly peerAddress: string | undefined;
	/** Host of the request, valid and in lower case; '' when there is none. */
	readonly host: string;
	readonly quoted: boolean;
	readonly plus: boolean;
	/** Set where the question is what any client could get: values that a client chooses are then open wherever something is decided by them. */
	readonly others: OtherClients | undefined;
	/** How many variables are being read for one another. */
	depth = 0;
	/** Why the value that is being read is one that a client chooses. */
	chosen: string | undefined = undefined;

	/** The client's address: that of the peer, unless a trusted header says another. */
	remoteAddress: string | undefined;
	server: Server;
	level: Level;
	/** The location that was chosen; undefined for the server's own configuration. */
	location: Level | undefined = undefined;
	handler: Handler | undefined = undefined;
	method: string;
	path: string;
	args: string;
	/** The `set $args` that gave `args`. */
	argsBy: readonly PlacedDirective[] = [];
	internal = false;
	validLocation = true;
	validUnparsed: boolean;
	uriChanged = false;
	/** Internal jumps left (NGX_HTTP_MAX_URI_CHANGES). */
	jumpsLeft = 11;
	/** Overrides the status of the final answer (r->err_status); 0: does not. */
	errorStatus = 0;
	/** The error_page that set `errorStatus`. */
	errorStatusAt: PlacedDirective | undefined = undefined;
	/** An error page was looked for already (r->error_page). */
	errorPageUsed = false;
	redirect: string | null = null;
	/** The named location that a jump asked for and that is not there. */
	missing: string | undefined;
	captures: readonly Value[] = [];
	/** What `captures` came from. */
	capturedBy: readonly PlacedDirective[] = [];
	/** Variables that were set, captured or kept. */
	readonly held = new Map<string, Held>();
	/** `$proxy_host` and `$proxy_port`, once proxy_pass is evaluated. */
	proxyHost: Value | undefined = undefined;
	proxyPort: Value | undefined = undefined;
	/** True conditions around the instruction that is running. */
	readonly conditions: PlacedDirective[] = [];
	/** Directives that values were read from since the list was last emptied. */
	touched: PlacedDirective[] = [];
	readonly #because = new Map<PlacedDirective, string>();
	readonly #values = new Map<PlacedDirective, string>();
	readonly #answers: readonly boolean[];
	readonly #lineRead: boolean;
	#asked = 0;
	readonly undecided: string[] = [];

	constructor(fields: StateFields, answers: readonly boolean[]) {
		this.model = fields.model;
		this.tls = fields.tls;
		this.httpVersion = fields.httpVersion;
		this.requestLine = fields.requestLine;
		this.sentMethod = fields.method;
		this.method = fields.method;
		this.#lineRead = fields.lineRead;
		this.headers = fields.headers;
		this.unparsed = fields.unparsed;
		this.validUnparsed = fields.validUnparsed;
		this.localAddress = fields.localAddress;
		this.localPort = fields.localPort;
		this.remoteAddress = fields.remoteAddress;
		this.peerAddress = fields.remoteAddress;
		this.host = fields.host;
		this.path = fields.path;
		this.args = fields.args;
		this.quoted = fields.quoted;
		this.plus = fields.plus;
		this.others = fields.others;
		this.server = fields.server;
		this.level = fields.server.level;
		this.#answers = answers;
	}

	/** The method as nginx writes it: nothing where it had not read the line to its end; an error page makes GET of all but HEAD. */
	get methodName(): string {
		return this.#lineRead || this.method !== 'HEAD' ? this.method : '';
	}

	/** Names a directive as one that decided the answer. The first text for it stays. */
	cite(at: PlacedDirective | undefined, text: string): void {
		if (at !== undefined && !this.#because.has(at)) this.#because.set(at, text);
	}

	/** The same, with what the directive came to. */
	citeValue(at: PlacedDirective, text: string, value: string): void {
		this.cite(at, text);
		this.#values.set(at, value);
	}

	/** Names the conditions around the running instruction, then the instruction. */
	citeRunning(at: PlacedDirective, text: string): void {
		for (const condition of this.conditions)
			this.cite(
				condition,
				condition.node.name.value === 'if' ? 'the condition is true' : 'gives the value that the condition tests',
			);
		this.cite(at, text);
	}

	/** Starts the list of deciding directives anew. */
	forgetReasons(): void {
		this.#because.clear();
	}

	get because(): readonly Reason[] {
		return [...this.#because].map(([at, text]) => {
			const value = this.#values.get(at);
			return value === undefined ? { at, text } : { at, text, value };
		});
	}

	/** Answers a question that cannot be answered: as this following of the request was told to, or by stopping it. */
	suppose(reason: string): boolean {
		const answer = this.#answers[this.#asked++];
		if (answer === undefined) throw new Undecided(reason);
		this.undecided.push(reason);
		return answer;
	}

	/** Runs `read` and gives the directives that the value came from beside it. */
	tracking<T>(read: () => T): { readonly result: T; readonly sources: readonly PlacedDirective[] } {
		const saved = this.touched;
		this.touched = [];
		const result = read();
		const sources = this.touched;
		this.touched = sources.length === 0 ? saved : [...saved, ...sources];
		return { result, sources };
	}

	/** `args`, as a part of what is sent or answered. */
	citedArgs(): string {
		for (const source of this.argsBy) this.cite(source, 'sets the arguments');
		return this.args;
	}

	touch(sources: readonly PlacedDirective[]): void {
		if (sources.length > 0) this.touched.push(...sources);
	}
}

export interface StateFields {
	readonly model: Model;
	readonly tls: boolean;
	readonly httpVersion: '1.0' | '1.1';
	readonly requestLine: string;
	readonly method: string;
	/** False when nginx refused the request before the end of its line. */
	readonly lineRead: boolean;
	readonly headers: readonly ClientHeader[];
	readonly unparsed: string;
	readonly validUnparsed: boolean;
	readonly localAddress: string | undefined;
	readonly localPort: number | undefined;
	readonly remoteAddress: string | undefined;
	readonly host: string;
	readonly path: string;
	readonly args: string;
	readonly quoted: boolean;
	readonly plus: boolean;
	readonly others: OtherClients | undefined;
	readonly server: Server;
}
