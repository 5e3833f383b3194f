import { readFileSync } from 'node:fs';
import type { ProbeOptions } from '../handshake/probe.ts';
import { UsageFailure } from './failure.ts';
import { readHeaders } from './headers.ts';

/** How a handshake shall be made, as it stands on the command line. Secrets come from the environment: a command line is seen by everybody. */
export interface HandshakeArguments {
	readonly headers: readonly string[];
	/** `name=value`. */
	readonly cookies: readonly string[];
	readonly user: string | undefined;
	/** The environment variable that holds the password. */
	readonly passwordEnv: string | undefined;
	/** The environment variable that holds the token. */
	readonly bearerEnv: string | undefined;
	/** `same`, `none`, or an origin. */
	readonly origin: string | undefined;
	readonly subprotocols: readonly string[];
	readonly connectTo: string | undefined;
	readonly insecure: boolean;
	readonly caFile: string | undefined;
	readonly certFile: string | undefined;
	readonly keyFile: string | undefined;
	readonly proxy: string | undefined;
	readonly message: string | undefined;
	readonly expected: string | undefined;
	/** How many redirects to follow. */
	readonly follow: string | undefined;
	readonly anywhere: boolean;
	/** Seconds. */
	readonly timeout: string | undefined;
}

/** What a probe is told, without its URL. @throws UsageFailure with the sentence for the person */
export function readHandshakeOptions(args: HandshakeArguments, environment: NodeJS.ProcessEnv): Omit<ProbeOptions, 'url'> {
	if (args.expected !== undefined && args.message === undefined)
		throw new UsageFailure('--expect needs a --message that it is the answer to.');
	if (args.keyFile !== undefined && args.certFile === undefined)
		throw new UsageFailure('--key needs the --cert that it belongs to.');
	if (args.proxy !== undefined && !/^http:\/\/[^/]+\/?$/.test(args.proxy))
		throw new UsageFailure(`--proxy ${args.proxy}: write it like http://proxy.example:3128.`);
	if (args.proxy !== undefined && !args.anywhere) throw new UsageFailure('A proxy is another machine: --proxy needs --anywhere.');
	const tls = {
		...(args.insecure ? { insecure: true } : {}),
		...(args.caFile === undefined ? {} : { ca: textOf('--cacert', args.caFile) }),
		...(args.certFile === undefined ? {} : { cert: textOf('--cert', args.certFile) }),
		...(args.keyFile === undefined ? {} : { key: textOf('--key', args.keyFile) }),
	};
	return {
		connectTo: args.connectTo,
		reach: args.anywhere ? 'any' : 'loopback',
		headers: readHeaders(args.headers),
		cookies: args.cookies.map(readCookie),
		auth: readAuth(args, environment),
		origin: args.origin,
		subprotocols: args.subprotocols,
		...(Object.keys(tls).length === 0 ? {} : { tls }),
		proxy: args.proxy,
		...(args.message === undefined ? {} : { message: { text: args.message, expected: args.expected } }),
		followRedirects: args.follow === undefined ? 0 : readCount('--follow', args.follow, 10),
		timeoutMs: args.timeout === undefined ? 10_000 : readSeconds('--timeout', args.timeout),
	};
}

/** A positive number of seconds, in milliseconds. */
export function readSeconds(option: string, text: string): number {
	const ms = Number(text) * 1000;
	if (!(ms > 0) || text.trim() === '')
		throw new UsageFailure(`${option} ${text}: write the seconds as a number, for example 10.`);
	return ms;
}

/** A whole number from 1 to `most`. */
export function readCount(option: string, text: string, most: number): number {
	const count = Number(text);
	if (!Number.isInteger(count) || count < 1 || count > most)
		throw new UsageFailure(`${option} ${text}: write a whole number from 1 to ${most}.`);
	return count;
}

function readCookie(text: string): readonly [string, string] {
	const sign = text.indexOf('=');
	if (sign < 1) throw new UsageFailure(`--cookie '${text}' is no cookie; write it like --cookie name=value.`);
	return [text.slice(0, sign).trim(), text.slice(sign + 1).trim()];
}

function readAuth(args: HandshakeArguments, environment: NodeJS.ProcessEnv): ProbeOptions['auth'] {
	const secret = (option: string, name: string): string => {
		const value = environment[name];
		if (value === undefined || value === '')
			throw new UsageFailure(
				`${option} ${name}: the environment has no variable of that name; set it first, so that no secret stands on the command line.`,
			);
		return value;
	};
	if (args.bearerEnv !== undefined) {
		if (args.user !== undefined) throw new UsageFailure('--user and --bearer-env are two ways to sign in; choose one.');
		return { kind: 'bearer', token: secret('--bearer-env', args.bearerEnv) };
	}
	if (args.user === undefined) return undefined;
	if (args.passwordEnv === undefined)
		throw new UsageFailure('--user needs --password-env NAME, the environment variable that holds the password.');
	return { kind: 'basic', user: args.user, password: secret('--password-env', args.passwordEnv) };
}

function textOf(option: string, path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch (error) {
		throw new UsageFailure(`${option} ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
	}
}
