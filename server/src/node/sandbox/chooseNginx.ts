import { homedir } from 'node:os';
import { join } from 'node:path';
import { formatVersion, type NginxVersion } from '../../core/reference/versions.ts';
import { askVersion, installedNginx, type NginxBinary, unpackDebianNginx } from '../nginx/acquire.ts';
import { dockerNginx, dockerRuns } from './docker.ts';
import { localNginx, type SandboxNginx } from './nginxAbility.ts';

export interface Wish {
	/** The program that the person set; empty: none. */
	readonly program: string;
	/** `1.26`, `1.26.3`; undefined: any. */
	readonly version: string | undefined;
	/** Where packages are unpacked to and kept; the person's cache unless said. */
	readonly cache?: string;
	/** In place of `docker`: for tests. */
	readonly docker?: string;
	/** In place of the nginx on PATH: for tests. */
	readonly installed?: () => Promise<NginxBinary | undefined>;
	/** In place of Debian's packages: for tests. */
	readonly unpack?: typeof unpackDebianNginx;
	/** Hears what is being fetched. */
	readonly onStage?: (text: string) => void;
}

export type Choice =
	| { readonly kind: 'nginx'; readonly nginx: SandboxNginx }
	| { readonly kind: 'none'; readonly reason: string };

/** Which of Debian's suites brings a series; the newest one has whatever is newest. */
const SUITES: readonly (readonly [suite: string, series: string])[] = [
	['trixie', '1.26'],
	['bookworm', '1.22'],
	['sid', ''],
];

/** An nginx for the sandbox: the one that is set, else on PATH, else an image where Docker runs, else an unpacked package, else why not. */
export async function chooseNginx(wish: Wish): Promise<Choice> {
	const { program, version: wanted, docker, onStage } = wish;
	if (program !== '') {
		const version = await askVersion(program);
		if (version === undefined) return { kind: 'none', reason: `${program} does not start; set the path of an nginx, or none.` };
		if (fits(version, wanted)) return found({ path: program, version, origin: program });
	}
	const installed = await (wish.installed ?? installedNginx)();
	if (installed !== undefined && fits(installed.version, wanted)) return found(installed);
	if (await dockerRuns(docker)) {
		onStage?.(`Docker image nginx:${wanted ?? 'stable'}`);
		const nginx = await dockerNginx(wanted ?? 'stable', docker);
		if (nginx !== undefined) return { kind: 'nginx', nginx };
	}
	const reasons: string[] = [];
	for (const [suite, series] of SUITES) {
		if (wanted !== undefined && series !== '' && !isOf(wanted, series)) continue;
		onStage?.(`the nginx of Debian ${suite}`);
		const acquired = await (wish.unpack ?? unpackDebianNginx)(suite, wish.cache ?? cacheFolder());
		if (acquired.kind === 'none') reasons.push(acquired.reason);
		else if (fits(acquired.nginx.version, wanted)) return found(acquired.nginx);
		else reasons.push(`Debian ${suite} has nginx ${formatVersion(acquired.nginx.version)}.`);
		if (wanted === undefined) break;
	}
	const here = installed === undefined ? 'none is on PATH' : `the one on PATH is ${formatVersion(installed.version)}`;
	return {
		kind: 'none',
		reason: `There is no nginx${wanted === undefined ? '' : ` ${wanted}`} to run the sandbox with: ${here}, no Docker daemon has an image of it, and no package could be unpacked. ${reasons.join(' ')} Install nginx or start Docker.`,
	};
}

async function found(binary: NginxBinary): Promise<Choice> {
	return { kind: 'nginx', nginx: await localNginx(binary) };
}

function fits(version: NginxVersion, wanted: string | undefined): boolean {
	return wanted === undefined || isOf(formatVersion(version), wanted);
}

/** True when `version` is `series` or one of its patches. */
function isOf(version: string, series: string): boolean {
	return version === series || version.startsWith(`${series}.`) || series.startsWith(`${version}.`);
}

function cacheFolder(): string {
	const base = process.env.XDG_CACHE_HOME;
	return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'nginx-websocket', 'nginx');
}
