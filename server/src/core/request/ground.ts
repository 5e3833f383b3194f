import type { Effective } from '../config/effective.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import { defaultOf } from '../reference/defaults.ts';
import { listFamily } from '../reference/inheritance.ts';
import { parseTime } from '../reference/values.ts';
import { isAtLeast, type NginxVersion } from '../reference/versions.ts';
import { type CompilePattern, sharedPatterns } from './pattern.ts';

/** What nginx versions do differently, as far as a request meets it. */
export interface Traits {
	/** 1.23.0: `$http_name` joins all lines of a header (docs CHANGES). */
	readonly joinsHeaders: boolean;
	/** 1.25.1: a plain listen with `http2` speaks HTTP/1.1 too (semantics PR6). */
	readonly detectsHttp2: boolean;
	/** 1.25.5: servers of one stream address are told apart by the name in the TLS greeting (docs CHANGES). */
	readonly namesStreamServers: boolean;
	/** Seen on 1.30.6 and not on 1.26.3: hosts as RFC 3986 has them, CONNECT with host:port alone, `$request_port`. */
	readonly strictHost: boolean;
	/** 1.29.7: no `Connection` header by default (semantics §0.2). */
	readonly dropsConnection: boolean;
	/** 1.31.4: one Host line, first, never empty (semantics IN13). */
	readonly oneHost: boolean;
}

export function traitsOf(version: NginxVersion): Traits {
	return {
		joinsHeaders: isAtLeast(version, '1.23.0'),
		detectsHttp2: isAtLeast(version, '1.25.1'),
		namesStreamServers: isAtLeast(version, '1.25.5'),
		strictHost: isAtLeast(version, '1.29.3'),
		dropsConnection: isAtLeast(version, '1.29.7'),
		oneHost: isAtLeast(version, '1.31.4'),
	};
}

/** A plain value in force. */
export interface Setting {
	/** Undefined when nothing sets it and there is no default. */
	readonly value: string | undefined;
	readonly at: PlacedDirective | undefined;
	/** Why it is not known. */
	readonly unknown: string | undefined;
}

/** A default, as each question about it is answered. */
export interface Absent {
	readonly effective: Effective;
	readonly setting: Setting;
	/** Milliseconds, where it is a time. */
	readonly duration: number | undefined;
}

/** What all blocks of a configuration share. */
export interface Ground {
	readonly version: NginxVersion;
	readonly traits: Traits;
	/** Names of all directives in it; undefined when there may be some that are not seen. What is not named has its default everywhere. */
	readonly named: ReadonlySet<string> | undefined;
	/** What is in force everywhere for a name that no line has; undefined for one that some line has, or may have. */
	absent(name: string): Absent | undefined;
	/** Compiles an expression; the same one, as it stands in a thousand servers, once. */
	readonly pattern: CompilePattern;
}

/** A configuration leaves hundreds of settings alone: each is looked up once, not once for each location. */
function absentIn(named: ReadonlySet<string> | undefined, version: NginxVersion): Ground['absent'] {
	if (named === undefined) return () => undefined;
	const known = new Map<string, Absent | undefined>();
	return (name) => {
		if (known.has(name)) return known.get(name);
		const value = listFamily(name).some((one) => named.has(one)) ? undefined : { value: defaultOf(name, version) };
		const made: Absent | undefined = value && {
			effective: { level: 'default', value: value.value },
			setting: { value: value.value, at: undefined, unknown: undefined },
			duration: value.value === undefined ? undefined : parseTime(value.value),
		};
		known.set(name, made);
		return made;
	};
}

/**
 * Linear in the configuration.
 * @param alsoNamed directives that blocks hold which are no part of it
 */
export function groundOf(configuration: Configuration, version: NginxVersion, alsoNamed: Iterable<string> = []): Ground {
	const named = new Set<string>(alsoNamed);
	let complete = configuration.fragment === undefined;
	const visit = (scope: Scope): void => {
		if (scope.unresolved.length > 0 || scope.assumed) complete = false;
		for (const { node, body } of scope.directives) {
			named.add(node.name.value);
			if (body !== undefined) visit(body);
		}
	};
	visit(configuration.root);
	const known = complete ? named : undefined;
	return { version, traits: traitsOf(version), named: known, absent: absentIn(known, version), pattern: sharedPatterns() };
}
