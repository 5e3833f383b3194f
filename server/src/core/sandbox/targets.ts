import { listensOf } from '../config/listen.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import { parseTarget, proxyHostOf } from '../request/target.ts';
import type { Route } from '../routes/route.ts';
import { templateParts } from '../syntax/words.ts';
import { portMark, type SandboxBackend } from './plan.ts';

/** What a `…_pass` says in the copy. */
export interface CopiedTarget {
	readonly text: string;
	readonly why: string;
	/** Where it leads cannot be told, so that what happens here proves nothing. */
	readonly unknown: boolean;
}

/** Every address that the configuration passes to, and the recording backend in its place. */
export class Targets {
	readonly #backends: SandboxBackend[] = [];
	readonly #aliases = new Map<string, string>();
	readonly #blocks = new Map<string, string>();
	readonly #routes = new Map<Scope, Route>();
	readonly #upstreams = new Set<string>();
	/** Ports that the configuration itself listens on. */
	readonly #own = new Map<number, () => number>();
	readonly #servers = new Map<string, string>();
	#needsNowhere = false;
	#needsNothing = false;

	constructor(
		configuration: Configuration,
		routes: readonly Route[],
		listenIndex: (listen: { address: string; port: number }) => number,
	) {
		for (const route of routes) this.#routes.set(route.location, route);
		const visit = (scope: Scope): void => {
			for (const { body, node } of scope.directives) {
				if (body === undefined) continue;
				if (body.context === 'upstream') this.#upstreams.add((node.args[0]?.value ?? '').toLowerCase());
				if (body.context === 'server')
					for (const listen of listensOf(body))
						if (listen.port !== 0 && !listen.tls && /^(?:\*|0\.0\.0\.0|127\.0\.0\.1|localhost)$/.test(listen.address))
							this.#own.set(listen.port, () => listenIndex(listen));
				if (/^(?:http|stream)$/.test(body.context)) visit(body);
			}
		};
		visit(configuration.root);
	}

	get backends(): readonly SandboxBackend[] {
		return this.#backends;
	}

	get aliases(): readonly (readonly [string, string])[] {
		return [...this.#aliases];
	}

	/** Blocks for the copy's http block. */
	get blocks(): readonly string[] {
		return [
			...this.#blocks.values(),
			...(this.#needsNothing ? [`map $request_method $sandbox_nothing { default ""; }`] : []),
			...(this.#needsNowhere ? [`map $request_method ${NOWHERE} { default nowhere.invalid; }`] : []),
		];
	}

	/** The port, as a mark, of one server of an upstream block. */
	upstreamServer(placed: PlacedDirective, scope: Scope): string {
		const address = placed.node.args[0]?.value ?? '';
		const key = `${placed.file.path}\0${placed.node.span.start}`;
		const known = this.#servers.get(key);
		if (known !== undefined) return known;
		const port = this.#ownPort(address) ?? this.#backend({ address, upstream: scope.opener?.node.args[0]?.value });
		this.#servers.set(key, port);
		return port;
	}

	/** What to write in the place of a `…_pass`'s argument; undefined when it may stay: it names an upstream block. */
	passTo(placed: PlacedDirective, scope: Scope): CopiedTarget | undefined {
		const value = placed.node.args[0]?.value ?? '';
		const name = placed.node.name.value;
		if (scope.context === 'stream server') return this.#streamPass(value);
		const scheme = /^([a-z]+):\/\//i.exec(value)?.[0] ?? '';
		const plainScheme = name === 'proxy_pass' ? 'http://' : scheme.replace(/^grpcs/i, 'grpc').replace(/^suwsgi/i, 'uwsgi');
		const { authority, rest } = split(value.slice(scheme.length));
		if (authority.includes('$') || (name === 'proxy_pass' && value.startsWith('$')))
			return this.#variable(placed, scope, plainScheme, rest);
		if (this.#upstreams.has(authority.toLowerCase()))
			return scheme === plainScheme || scheme === ''
				? undefined
				: { text: plainScheme + authority + rest, why: 'without TLS', unknown: false };
		const own = this.#ownPort(authority);
		if (own !== undefined)
			return { text: `${plainScheme}127.0.0.1:${own}${rest}`, why: 'another server of this configuration', unknown: false };
		if (/^https?:\/\/.*$/is.test(value) === false && name === 'proxy_pass') return undefined;
		const module = name.slice(0, -'_pass'.length);
		const target = parseTarget(module, `${scheme}${authority}`);
		return {
			text: plainScheme + this.#alias(authority, target === undefined ? authority : proxyHostOf(target)) + rest,
			why: 'a recording backend',
			unknown: false,
		};
	}

	/** The model tells where a variable leads; the variable itself is not asked, it could lead anywhere. */
	#variable(placed: PlacedDirective, scope: Scope, scheme: string, rest: string): CopiedTarget {
		const route = this.#routes.get(scope) ?? this.#routes.get(scope.parent ?? scope);
		const prediction = route?.handshakeOfExample;
		if (prediction?.outcome === 'proxied' && prediction.upstream !== null) {
			const { upstream, addresses, uri } = prediction.upstream;
			const group = upstream?.node.args[0]?.value;
			const authority = group ?? this.#alias(addresses[0] ?? 'unknown', addresses[0] ?? 'unknown');
			// What the variable brings behind the address goes with it.
			const isOpen = rest === '' ? (placed.node.args[0]?.value.startsWith('$') ?? false) : /^\$(?!request_uri)/.test(rest);
			const path = isOpen ? uri.replace(/^(?!\/)/, '/') : rest;
			return {
				text: `${scheme}${authority}${this.#nothing()}${path.replace(/\$(?!\w|\{)/g, '')}`,
				why: `where the variables lead: ${group ?? addresses[0] ?? ''}`,
				unknown: false,
			};
		}
		if (prediction?.outcome === 'answered' && prediction.status === 500)
			return { text: `${scheme}${this.#nothing()}`, why: 'its variables are empty', unknown: false };
		if (prediction?.outcome === 'answered' && prediction.status === 502) {
			this.#needsNowhere = true;
			return { text: `${scheme}${NOWHERE}${rest}`, why: 'a name that nothing resolves', unknown: false };
		}
		return {
			text: `${scheme}${this.#alias(placed.node.args[0]?.value ?? '', 'a variable')}${this.#nothing()}${rest}`,
			why: 'where its variables lead is not known',
			unknown: route !== undefined,
		};
	}

	#streamPass(value: string): CopiedTarget | undefined {
		if (this.#upstreams.has(value.toLowerCase()) || (!/[:$]/.test(value) && !value.startsWith('unix'))) return undefined;
		const own = value.includes('$') ? undefined : this.#ownPort(value);
		const port = own ?? this.#backend({ address: value, upstream: undefined });
		return {
			text: `127.0.0.1:${port}`,
			why: own === undefined ? 'a recording backend' : 'another server of this configuration',
			unknown: value.includes('$'),
		};
	}

	/** An upstream block of the copy around a recording backend, so that `$proxy_host` stays a name. */
	#alias(authority: string, shown: string): string {
		for (const [inside, address] of this.#aliases) if (address === shown) return inside;
		const inside = `sandbox-${this.#aliases.size}.invalid`;
		this.#aliases.set(inside, shown);
		const port = this.#backend({ address: authority, upstream: undefined });
		this.#blocks.set(inside, `upstream ${inside} { server 127.0.0.1:${port}; }`);
		return inside;
	}

	/** Keeps a value one that is made for each request: nginx treats its URI in another way than that of a plain one. */
	#nothing(): string {
		this.#needsNothing = true;
		return NOTHING;
	}

	#backend(backend: SandboxBackend): string {
		return portMark('B', this.#backends.push(backend) - 1);
	}

	#ownPort(address: string): string | undefined {
		const port = /^(?:127\.0\.0\.1|localhost|0\.0\.0\.0|\[::1?\])(?::(\d+))?$/i.exec(address);
		if (port === null) return undefined;
		const index = this.#own.get(Number(port[1] ?? 80))?.();
		return index === undefined ? undefined : portMark('L', index);
	}
}

const NOWHERE = '$sandbox_nowhere';
/** Braces, since a letter may follow. */
const NOTHING = '${sandbox_nothing}';

/** Where the address ends and the URI begins. */
function split(text: string): { readonly authority: string; readonly rest: string } {
	if (/^unix:/i.test(text)) {
		const colon = text.indexOf(':', 5);
		return colon === -1 ? { authority: text, rest: '' } : { authority: text.slice(0, colon), rest: text.slice(colon + 1) };
	}
	let at = 0;
	for (const part of templateParts(text)) {
		if (part.kind === 'literal') {
			const slash = part.text.search(/[/?]/);
			if (slash !== -1) {
				at = part.start + slash;
				return { authority: text.slice(0, at), rest: text.slice(at) };
			}
		} else if (
			part.start > 0 &&
			(part.kind === 'capture' || (part.kind === 'variable' && /^(?:request_uri|uri|document_uri|is_args)$/.test(part.name)))
		)
			if (isWhole(text.slice(0, part.start), text.slice(part.end), part))
				return { authority: text.slice(0, part.start), rest: text.slice(part.start) };
		at = part.end;
	}
	return { authority: text, rest: '' };
}

/** Whether an address ends where a variable begins. What looks like the beginning of an address in numbers could go on in any variable but the request's own URI. */
function isWhole(before: string, behind: string, part: { readonly kind: string; readonly name?: string }): boolean {
	if (/^[.:]/.test(behind) || /[.:-]$/.test(before)) return false;
	return part.name === 'request_uri' || !/^[\d.:a-f[\]]+$/i.test(before);
}
