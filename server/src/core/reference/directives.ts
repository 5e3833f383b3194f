import { distance } from 'fastest-levenshtein';
import table from './directives.generated.json';

/** Contexts as the reference tells them apart: an `if` in a server takes other directives than one in a location (semantics §12.3). */
export type ReferenceContext =
	| 'main'
	| 'events'
	| 'http'
	| 'server'
	| 'location'
	| 'if in server'
	| 'if in location'
	| 'limit_except'
	| 'upstream'
	| 'stream'
	| 'stream server'
	| 'stream upstream'
	| 'mail'
	| 'mail server';

/** One way in which a directive may be written. The same name can mean different directives in different contexts (SM5). */
export interface DirectiveDefinition {
	readonly name: string;
	readonly contexts: readonly string[];
	/** True when it opens a block. */
	readonly block: boolean;
	readonly min: number;
	/** `Infinity` when nginx takes any number of arguments. */
	readonly max: number;
	readonly module: string;
	/** How the documentation writes its arguments, Markdown, one for each form. */
	readonly syntax: readonly string[];
	/** The documentation's default; empty when it has none. The newest version's: ask `defaultOf` for a version. */
	readonly documentedDefault: string;
}

type Row = readonly [readonly string[], number, number, number, string, readonly string[], string];

const DEFINITIONS: ReadonlyMap<string, readonly DirectiveDefinition[]> = new Map(
	Object.entries(table as unknown as Readonly<Record<string, readonly Row[]>>).map(([name, rows]) => [
		name,
		rows.map(
			([contexts, block, min, max, module, syntax, documentedDefault]): DirectiveDefinition => ({
				name,
				contexts,
				block: block === 1,
				min,
				max: max === -1 ? Number.POSITIVE_INFINITY : max,
				module,
				syntax,
				documentedDefault,
			}),
		),
	]),
);

const NONE: readonly DirectiveDefinition[] = Object.freeze([]);

/** Every definition of a name; empty for a name that nginx's own modules do not have. Names are case-sensitive (TK17). */
export function definitionsOf(name: string): readonly DirectiveDefinition[] {
	return DEFINITIONS.get(name) ?? NONE;
}

export function isKnownDirective(name: string): boolean {
	return DEFINITIONS.has(name);
}

/** All names, sorted. */
export function directiveNames(): readonly string[] {
	return [...DEFINITIONS.keys()];
}

/** The definitions that may stand in a context, by name. */
export function definitionsIn(context: ReferenceContext): readonly DirectiveDefinition[] {
	return directiveNames().flatMap((name) => definitionsOf(name).filter(({ contexts }) => contexts.includes(context)));
}

/** The known name that a misspelt one most likely means: at most two letters away, and none as near. Names of the context go first. */
export function suggestName(name: string, context: ReferenceContext | undefined): string | undefined {
	const lower = name.toLowerCase();
	let best: { name: string; score: number } | undefined;
	for (const candidate of directiveNames()) {
		if (Math.abs(candidate.length - name.length) > 2) continue;
		const letters = distance(lower, candidate);
		if (letters > (name.length < 5 ? 1 : 2)) continue;
		const fits = context === undefined || definitionsOf(candidate).some(({ contexts }) => contexts.includes(context));
		const score = letters + (fits ? 0 : 1.5);
		if (best === undefined || score < best.score) best = { name: candidate, score };
	}
	return best?.name;
}

/**
 * Names that well-known third-party modules bring, or that templates leave: unknown to nginx's own modules, and no mistake for that.
 */
export function mayBeForeignDirective(name: string): boolean {
	return /lua|^js_|^njs|^perl|^more_|^brotli|^zstd|^modsecurity|^passenger|^pagespeed|^vhost_traffic|^echo|^nchan|^push_|^rtmp|^upload|^geoip2|^coraza|^otel|^opentracing|^opentelemetry|^datadog|^set_(?:by|escape|unescape|quote|encode|decode|base|md5|sha|hex|random|local|misc|hashed|encrypt|decrypt|cookie|if_empty|formatted|form_input|rotate)|^drizzle|^redis|^memc|^srcache|^sticky|^check|^health_check|^upsync|^dyups|^vts|^naxsi|^auth_(?:pam|ldap|digest|spnego|gss|jwt|oidc)|^testcookie|^ngx_|^tcp_|^websocket|^dav_ext|^fancyindex|^subs_|^substitutions|^headers_|^cookie_flag|^security_|^ssl_(?:ct|ja|dyn|early|ech|trusted)|^proxy_(?:connect|upstream_tries|cache_purge|ssl_ech)|^cache_purge|^acme|^hls|^vod|^xslt|^image_filter|^bodytime|^nginx_|^app_protect|^keyval|^oidc|^mgmt|^status|^api|^zone_sync|^wasm|^live|^play|^record|^exec|^on_|^application|^chunk|^hdl|^trim|^concat|^aws_|^immutable|^rdns|^slowfs|^upstream_|^jdomain|^replace_filter|^encrypted|^iconv|^xss_|^array_|^eval|^lower|^ajp|^dynamic|^sysguard|^tfs|^server_(?:traffic|info|tag)|^unbuffered|^gunzip_|^slice_|^spdy|^limit_(?:upload|traffic|speed)|^req_status|^user_agent|^session_|^footer|^empty|^delay|^stream_|^haproxy|^gzip_(?:hash|window|no_buffer)|^tcp|^protocol|^pop3|^imap|^smtp|^xclient|^starttls/.test(
		name,
	);
}
