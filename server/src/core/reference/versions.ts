/** An nginx version; three numbers, as `nginx -v` prints them. */
export interface NginxVersion {
	readonly major: number;
	readonly minor: number;
	readonly patch: number;
}

/** Reads `1.26`, `1.26.3` or `nginx/1.26.3 (Debian)`; undefined when there is no version in the text. A missing patch is 0. */
export function parseVersion(text: string): NginxVersion | undefined {
	const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
	if (match === null) return undefined;
	return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}

/** `1.26.3`. */
export function formatVersion(version: NginxVersion): string {
	return `${version.major}.${version.minor}.${version.patch}`;
}

/** Negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function compareVersions(a: NginxVersion, b: NginxVersion): number {
	return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** True when `version` is `first` (written `1.29.7`) or newer. */
export function isAtLeast(version: NginxVersion, first: string): boolean {
	const parsed = parseVersion(first);
	return parsed !== undefined && compareVersions(version, parsed) >= 0;
}

/**
 * The version that is assumed when nobody says which one runs: the last stable series with the old defaults
 * (HTTP/1.0 and `Connection: close` to the backend, semantics §0.2), which most distributions still ship.
 */
export const DEFAULT_VERSION: NginxVersion = { major: 1, minor: 28, patch: 0 };

/** The first version that tunnels: an older one answers 101 to nobody (CHANGES: "support for proxying of WebSocket connections"; semantics §0.2). */
export const FIRST_WITH_TUNNELS = '1.3.13';
