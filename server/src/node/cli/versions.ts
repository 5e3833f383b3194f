import {
	compareVersions,
	DEFAULT_VERSION,
	FIRST_WITH_TUNNELS,
	formatVersion,
	isAtLeast,
	type NginxVersion,
} from '../../core/reference/versions.ts';
import { UsageFailure } from './failure.ts';

/** One version, or the two ends of a range. */
export interface VersionRange {
	readonly from: NginxVersion;
	readonly to: NginxVersion;
	/** True when no range was asked about. */
	readonly isOne: boolean;
	/** As it is shown. */
	readonly text: string;
}

/** Reads `--nginx-version X[..Y]`; the default version when it is absent. */
export function readVersionRange(text: string | undefined): VersionRange {
	if (text === undefined)
		return { from: DEFAULT_VERSION, to: DEFAULT_VERSION, isOne: true, text: formatVersion(DEFAULT_VERSION) };
	const [first = '', second, third] = text.split('..');
	const from = third === undefined ? readVersion(first) : undefined;
	const to = second === undefined ? from : readVersion(second);
	if (from === undefined || to === undefined)
		throw new UsageFailure(`--nginx-version ${text} is not a version; write it like 1.26.3, or a range like 1.22..1.30.`);
	if (!isAtLeast(from, FIRST_WITH_TUNNELS))
		throw new UsageFailure(
			`--nginx-version ${text}: nginx passes no WebSocket on before ${FIRST_WITH_TUNNELS}, whatever is configured; name that version or a newer one.`,
		);
	if (compareVersions(from, to) > 0)
		throw new UsageFailure(`--nginx-version ${text}: the first version is newer than the second; write the older one first.`);
	return {
		from,
		to,
		isOne: second === undefined,
		text: second === undefined ? formatVersion(from) : `${formatVersion(from)}..${formatVersion(to)}`,
	};
}

function readVersion(text: string): NginxVersion | undefined {
	const match = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text.trim());
	return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}
