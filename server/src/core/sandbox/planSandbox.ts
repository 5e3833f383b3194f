import { type Listen, listensOf, parseListen } from '../config/listen.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import { baseName, isHarmlessStock } from '../config/paths.ts';
import { definitionsOf, variableTable } from '../config/variables.ts';
import { applyEdits, editsByFile } from '../engine/edits.ts';
import type { Route } from '../routes/route.ts';
import { CopyEdits } from './edits.ts';
import {
	type Dependence,
	FOLDER_MARK,
	placeOf,
	portMark,
	type Rewriting,
	type SandboxFile,
	type SandboxPlan,
	written,
} from './plan.ts';
import { Targets } from './targets.ts';
import { isPreparation, type Treatment, treatmentOf } from './treatment.ts';

export interface PlanOptions {
	/** Of the configuration, with their predictions: they tell where a variable leads. */
	readonly routes: readonly Route[];
	/** Directives that this nginx has turned out not to know. */
	readonly lacking: ReadonlySet<string>;
	/** Variables that nginx has turned out not to know, and that something else than the configuration's own lines defines. */
	readonly undefinedVariables: ReadonlySet<string>;
	/** This nginx was built with modules that are not its own: a directive that we do not know could do anything. */
	readonly isForeign: boolean;
	/** Modules in nginx's own module folder, by file name: their full path. */
	readonly modules: ReadonlyMap<string, string>;
}

/** Contexts whose entries are data, not directives. */
const DATA = /^(?:types|(?:stream )?(?:map|geo|split_clients))$/;
/** Behind it stand the keys of a person. */
const PEM = /^\s*-----BEGIN /m;
/** Modules that run code of the configuration, or connect outward. */
const CODE_MODULE = /lua|perl|js|ndk|passenger|otel|acme|mail/;

/** nginx's own module for `stream {}`, where it is not built in. */
const STREAM_MODULE = 'ngx_stream_module.so';

/** Plans how a configuration runs where it can do no harm: on loopback, in a private folder, against recording backends. */
export function planSandbox(configuration: Configuration, options: PlanOptions): SandboxPlan {
	return new Planner(configuration, options).plan();
}

class Planner {
	readonly #configuration: Configuration;
	readonly #options: PlanOptions;
	readonly #edits = new CopyEdits();
	readonly #rewritings = new Map<string, Rewriting>();
	readonly #dependences: Dependence[] = [];
	readonly #listens: string[] = [];
	readonly #targets: Targets;
	readonly #names = new Map<string, string>();
	readonly #included = new Map<string, string[]>();
	readonly #gone: PlacedDirective[] = [];
	readonly #zones = new Set<string>();
	#needsCertificate = false;
	#caches = 0;
	#http: PlacedDirective | undefined;

	constructor(configuration: Configuration, options: PlanOptions) {
		this.#configuration = configuration;
		this.#options = options;
		let count = 0;
		for (const path of configuration.files.keys()) this.#names.set(path, `${count++}-${baseName(path).replace(/[^\w.-]/g, '_')}`);
		this.#targets = new Targets(configuration, options.routes, (listen) => this.#listenIndex(listen));
	}

	plan(): SandboxPlan {
		const { root, files, main, fragment } = this.#configuration;
		if (main.tree.template) return this.#refused('The file is a template; nginx cannot run it before it is rendered.');
		this.#readIncludes(root);
		for (let scope: Scope | undefined = root; scope !== undefined; scope = scope.parent) this.#visit(scope);
		const wrapper = fragment === undefined ? undefined : this.#wrapper(root);
		if (fragment !== undefined && wrapper === undefined)
			return this.#refused(
				`What stands in a ${root.context} block alone makes no nginx that could be run; test the file that includes it.`,
			);
		if (this.#http !== undefined) this.#edits.open(this.#http, this.#httpText());

		const byFile = editsByFile(this.#edits.all);
		const made: SandboxFile[] = [];
		for (const file of files.values()) {
			const text = applyEdits(file.tree.source.text, byFile.get(file.path) ?? []);
			if (typeof text !== 'string') return this.#refused(`${file.path} could not be copied: two rewritings touch one place.`);
			const name = this.#names.get(file.path) ?? 'nginx.conf';
			const globals = wrapper === undefined && file.path === main.path ? `${this.#globals()} ` : '';
			made.push({ name, path: file.path, text: globals + text });
		}
		if (wrapper !== undefined) made.push({ name: 'nginx.conf', path: undefined, text: wrapper });
		return {
			main: wrapper === undefined ? (this.#names.get(main.path) ?? 'nginx.conf') : 'nginx.conf',
			files: made,
			listens: this.#listens.map((key) => ({ key })),
			backends: this.#targets.backends,
			aliases: this.#targets.aliases,
			needsCertificate: this.#needsCertificate,
			rewritings: [...this.#rewritings.values()],
			dependences: this.#dependences,
			problem: undefined,
		};
	}

	#refused(problem: string): SandboxPlan {
		return {
			main: '',
			files: [],
			listens: [],
			backends: [],
			aliases: [],
			needsCertificate: false,
			rewritings: [],
			dependences: [],
			problem,
		};
	}

	/** Which files each include brings, as the model read them. */
	#readIncludes(scope: Scope): void {
		for (const placed of scope.directives) {
			const include = placed.via.at(-1);
			if (include !== undefined) {
				const key = `${include.file.path}\0${include.node.span.start}`;
				const known = this.#included.get(key);
				if (known === undefined) this.#included.set(key, [placed.file.path]);
				else if (!known.includes(placed.file.path)) known.push(placed.file.path);
			}
			const [first] = placed.node.args;
			for (const { value } of placed.node.args) {
				const zone = /^(?:keys_)?zone=([^:]+)/.exec(value)?.[1];
				if (zone !== undefined && /_(?:zone|path)$/.test(placed.node.name.value)) this.#zones.add(zone);
			}
			if (first !== undefined && placed.node.name.value === 'limit_zone') this.#zones.add(first.value);
			if (placed.body !== undefined) this.#readIncludes(placed.body);
		}
	}

	#visit(scope: Scope): void {
		if (
			scope.context === 'server' &&
			!scope.byName.has('listen') &&
			scope.opener !== undefined &&
			this.#edits.isNew(scope.opener)
		) {
			const [listen] = listensOf(scope);
			if (listen !== undefined) this.#edits.open(scope.opener, `listen 127.0.0.1:${portMark('L', this.#listenIndex(listen))};`);
		}
		for (const placed of scope.directives) {
			const isData = DATA.test(scope.context) || (scope.context === 'other' && scope.opener !== undefined);
			if (placed.node.name.value === 'include' && placed.node.args.length === 1) this.#include(placed, scope);
			else if (isData) continue;
			else if (this.#directive(placed, scope) && placed.body !== undefined) this.#visit(placed.body);
		}
	}

	/** False when the directive is gone, with all that stands in it. */
	#directive(placed: PlacedDirective, scope: Scope): boolean {
		const { node } = placed;
		const name = node.name.value;
		const [first] = node.args;
		const treatment = treatmentOf(placed, {
			isForeign: this.#options.isForeign,
			lacking: this.#options.lacking,
			isFragment: this.#configuration.fragment !== undefined,
			zones: this.#zones,
		});
		if (treatment !== undefined) {
			this.#strip(placed, scope, treatment);
			return false;
		}
		switch (name) {
			case 'http':
				this.#http = placed;
				return true;
			case 'listen':
				this.#listen(placed);
				return true;
			case 'load_module':
				this.#loadModule(placed);
				return true;
			case 'root':
			case 'alias':
				if (first === undefined) return true;
				this.#edits.replaceWord(placed, first, written(`${FOLDER_MARK}/html${first.value.endsWith('/') ? '/' : ''}`));
				this.#say(placed, 'private', name, 'files are taken as absent');
				return true;
			case 'ssl_certificate':
			case 'ssl_certificate_key':
				if (first === undefined) return true;
				this.#needsCertificate = true;
				this.#edits.replaceWord(
					placed,
					first,
					written(`${FOLDER_MARK}/${name === 'ssl_certificate' ? 'certificate' : 'key'}.pem`),
				);
				this.#say(placed, 'private', name, 'a certificate made for the sandbox');
				return true;
			case 'server':
				if (scope.context === 'upstream' || scope.context === 'stream upstream') this.#upstreamServer(placed, scope);
				return true;
			default:
				if (/^(?:proxy|fastcgi|uwsgi|scgi)_cache_path$/.test(name) && first !== undefined) {
					this.#edits.replaceWord(placed, first, `${FOLDER_MARK}/cache/${this.#caches++}`);
					this.#say(placed, 'private', name, 'the cache goes to the private folder');
				} else if (/^(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass$/.test(name) && first !== undefined)
					this.#pass(placed, scope);
				return true;
		}
	}

	#strip(placed: PlacedDirective, scope: Scope, { kind, why, decides }: Treatment): void {
		if (this.#edits.isNew(placed)) this.#edits.replace(placed, '');
		const rewriting = this.#say(placed, kind, placed.node.name.value, why);
		const variables = definitionsOf(placed).map(({ name }) => name);
		this.#gone.push(placed);
		if (!decides) return;
		const isDefinition = /^(?:auth_request_set|js_set|js_var|perl_set|keyval|geoip_\w+|auth_jwt_\w+_set|otel_\w+)$/.test(
			placed.node.name.value,
		);
		if (!isDefinition || variables.length > 0 || /^geoip/.test(placed.node.name.value))
			this.#dependences.push({
				rewriting,
				scope: isDefinition || isPreparation(placed.node.name.value) ? undefined : (placed.body ?? scope),
				variables: /^geoip/.test(placed.node.name.value) ? ['geoip_country_code', 'geoip_city', 'geoip_org'] : variables,
			});
	}

	#include(placed: PlacedDirective, scope: Scope): void {
		const argument = placed.node.args[0]?.value ?? '';
		const paths = this.#included.get(`${placed.file.path}\0${placed.node.span.start}`) ?? [];
		const kept = paths.filter((path) => !PEM.test(this.#configuration.files.get(path)?.tree.source.text ?? ''));
		if (this.#edits.isNew(placed))
			this.#edits.replace(placed, kept.map((path) => `include ${this.#names.get(path) ?? 'none'};`).join(' '));
		if (kept.length < paths.length) {
			const rewriting = this.#say(
				placed,
				'stripped',
				`include ${argument}`,
				'the file holds a key or a certificate, no directives',
			);
			this.#dependences.push({ rewriting, scope, variables: [] });
		} else if (scope.unresolved.includes(placed) && !isHarmlessStock(argument)) {
			const rewriting = this.#say(placed, 'stripped', `include ${argument}`, 'there is no such file here');
			this.#dependences.push({ rewriting, scope, variables: [] });
		}
	}

	#listen(placed: PlacedDirective): void {
		const listen = parseListen(placed);
		if (listen === undefined) return;
		if (listen.quic) {
			if (this.#edits.isNew(placed)) this.#edits.replace(placed, '');
			this.#say(placed, 'stripped', 'listen … quic', 'WebSockets come over TCP');
			return;
		}
		const index = this.#listenIndex(listen);
		if (!this.#edits.isNew(placed)) return;
		const flags = placed.node.args
			.slice(1)
			.filter(
				({ value }) =>
					!/^(?:ipv6only=|reuseport$|proxy_protocol$|bind$|fastopen=|setfib=|accept_filter=|deferred$|spdy$)/.test(value),
			)
			.map(({ value }) => ` ${written(value)}`);
		this.#edits.replace(placed, `listen 127.0.0.1:${portMark('L', index)}${flags.join('')};`);
		this.#say(placed, 'moved', `listen ${placed.node.args[0]?.value ?? ''}`, 'a port of this machine alone');
	}

	#listenIndex({ address, port }: Pick<Listen, 'address' | 'port'>): number {
		const key = listenKey({ address, port });
		const known = this.#listens.indexOf(key);
		return known === -1 ? this.#listens.push(key) - 1 : known;
	}

	#loadModule(placed: PlacedDirective): void {
		const [word] = placed.node.args;
		const name = baseName(word?.value ?? '');
		const own = CODE_MODULE.test(name) ? undefined : this.#options.modules.get(name);
		if (own !== undefined && word !== undefined) {
			this.#edits.replaceWord(placed, word, written(own));
			return;
		}
		if (this.#edits.isNew(placed)) this.#edits.replace(placed, '');
		const why = CODE_MODULE.test(name) ? 'it runs code' : 'it is not in the module folder of this nginx';
		this.#say(placed, 'stripped', `load_module ${name}`, why);
	}

	#upstreamServer(placed: PlacedDirective, scope: Scope): void {
		const [address] = placed.node.args;
		if (address === undefined) return;
		const port = this.#targets.upstreamServer(placed, scope);
		if (!this.#edits.isNew(placed)) return;
		const flags = placed.node.args
			.slice(1)
			.filter(({ value }) => !/^(?:resolve$|service=)/.test(value))
			.map(({ value }) => ` ${written(value)}`);
		this.#edits.replace(placed, `server 127.0.0.1:${port}${flags.join('')};`);
		this.#say(placed, 'moved', `server ${address.value}`, 'a recording backend');
	}

	#pass(placed: PlacedDirective, scope: Scope): void {
		const [word] = placed.node.args;
		if (word === undefined) return;
		const target = this.#targets.passTo(placed, scope);
		if (target === undefined) return;
		if (this.#edits.isNew(placed)) this.#edits.replaceWord(placed, word, written(target.text));
		const rewriting = this.#say(placed, 'moved', placed.node.name.value, target.why);
		if (target.unknown) this.#dependences.push({ rewriting, scope, variables: [] });
	}

	/** Says it once for each place. */
	#say(placed: PlacedDirective, kind: Rewriting['kind'], what: string, why: string): Rewriting {
		const key = `${placed.file.path}\0${placed.node.span.start}`;
		const rewriting: Rewriting = this.#rewritings.get(key) ?? { kind, ...placeOf(placed), what, why };
		this.#rewritings.set(key, rewriting);
		return rewriting;
	}

	#assume(what: string, why: string): Rewriting {
		const rewriting: Rewriting = { kind: 'assumed', at: undefined, line: undefined, what, why };
		this.#rewritings.set(what, rewriting);
		return rewriting;
	}

	/** What the copy's http block says before the person's own lines. */
	#httpText(): string {
		const { lacking } = this.#options;
		const own = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
			.map((kind) => [`${kind}_temp_path`, `${kind}_temp_path ${written(`${FOLDER_MARK}/temp/${kind}`)};`] as const)
			.filter(([name]) => !lacking.has(name))
			.map(([, text]) => text);
		return [...own, 'access_log off;', ...this.#targets.blocks, ...this.#placeholders()].join(' ');
	}

	/** Variables that something stripped would have defined, or that a fragment takes from the file around it. */
	#placeholders(): readonly string[] {
		const table = variableTable(this.#configuration);
		const gone = new Set(this.#gone);
		const wanted = new Set<string>();
		for (const [name, definitions] of table.definitions)
			if (definitions.length > 0 && definitions.every(({ at, side }) => side === 'http' && gone.has(at))) wanted.add(name);
		for (const name of this.#options.undefinedVariables) {
			wanted.add(name);
			this.#dependences.push({
				rewriting: this.#assume(`$${name}`, 'what defines it is not here; it is empty'),
				scope: undefined,
				variables: [name],
			});
		}
		const texts = [...wanted].map((name) => `map $request_method $${name} { default ""; }`);
		if (this.#configuration.fragment === undefined) return texts;
		const used = new Set(table.uses.filter(({ side }) => side === 'http').map(({ name }) => name));
		if (used.has('connection_upgrade') && !table.definitions.has('connection_upgrade')) {
			texts.push('map $http_upgrade $connection_upgrade { default upgrade; "" close; }');
			this.#assume('map $http_upgrade $connection_upgrade', 'the file around this fragment is taken to hold the usual map');
		}
		return texts;
	}

	/** What stands before the copy. A `stream` block whose module is loaded elsewhere (packages do that in a folder of their own) gets it. */
	#globals(): string {
		const { root } = this.#configuration;
		const own = this.#options.modules.get(STREAM_MODULE);
		const isLoaded = (root.byName.get('load_module') ?? []).some(
			({ node }) => baseName(node.args[0]?.value ?? '') === STREAM_MODULE,
		);
		const needs = root.context === 'stream' || root.byName.has('stream');
		return needs && own !== undefined && !isLoaded ? `load_module ${written(own)}; ${GLOBALS}` : GLOBALS;
	}

	/** The main file around a fragment; undefined when there is no way to run one of its context. */
	#wrapper(root: Scope): string | undefined {
		const include = `include ${this.#names.get(this.#configuration.main.path) ?? ''};`;
		const http = (inside: string): string => `${GLOBALS} events {} http { ${this.#httpText()} ${inside} }`;
		const server = (inside: string): string => {
			if (!root.byName.has('listen'))
				return `server { listen 127.0.0.1:${portMark('L', this.#listenIndex({ address: '*', port: 80 }))}; ${inside} }`;
			return `server { ${inside} }`;
		};
		if (root.context === 'http') return http(include);
		if (root.context === 'server') return http(server(include));
		if (root.context === 'location') return http(server(`location / { ${include} }`));
		if (root.context === 'stream') return `${this.#globals()} events {} stream { ${include} }`;
		return undefined;
	}
}

/** `address:port` of a listen, as a run names it. */
export function listenKey({ address, port }: Pick<Listen, 'address' | 'port'>): string {
	if (/^unix:/i.test(address)) return address;
	return `${address === '0.0.0.0' ? '*' : address}:${port}`;
}

const GLOBALS = `daemon off; master_process off; pid ${FOLDER_MARK}/pid; lock_file ${FOLDER_MARK}/lock; error_log ${FOLDER_MARK}/error.log notice;`;
