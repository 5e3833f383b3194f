import type { Memento, SecretStorage } from 'vscode';
import { Uri, workspace } from 'vscode';
import type { HandshakeOptions, TestHandshakeParams } from '../../../server/src/protocol/requests.ts';
import { SETTINGS_SECTION } from '../../../server/src/protocol/settings.ts';
import { proxyFor } from './proxy.ts';
import type { RouteTarget } from './routeTarget.ts';

declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };
declare const crypto: { randomUUID(): string };

/** What a person wants of the handshakes with one host, beside what the configuration says; kept with the workspace. */
export interface PlainChoices {
	readonly origin?: string;
	readonly subprotocols?: readonly string[];
	/** Files, as URIs. */
	readonly ca?: string;
	readonly cert?: string;
	readonly key?: string;
	readonly followRedirects?: number;
	readonly message?: NonNullable<HandshakeOptions['message']>;
}

/** What nobody else may read: kept in the editor's secret storage, never in a setting or a file. */
export type SecretChoices = Pick<HandshakeOptions, 'headers' | 'cookies' | 'auth'>;

export interface Choices {
	readonly plain: PlainChoices;
	readonly secret: SecretChoices;
}

const CHOICES = 'nginxWebSocket.handshakeChoices';
/** Tells the secrets of this workspace from those of others: another folder that names the same host gets none of them. */
const WORKSPACE_ID = 'nginxWebSocket.workspaceId';

/** The options of handshakes, by host and port. */
export class HandshakeChoices {
	readonly #secrets: SecretStorage;
	readonly #state: Memento;

	constructor(secrets: SecretStorage, state: Memento) {
		this.#secrets = secrets;
		this.#state = state;
	}

	async of(host: string): Promise<Choices> {
		const kept = await this.#secrets.get(await this.#key(host));
		return { plain: this.#plain()[host] ?? {}, secret: kept === undefined ? {} : (JSON.parse(kept) as SecretChoices) };
	}

	async keep(host: string, { plain, secret }: Choices): Promise<void> {
		await this.#state.update(CHOICES, { ...this.#plain(), [host]: plain });
		const key = await this.#key(host);
		if (Object.values(secret).some((one) => one !== undefined)) await this.#secrets.store(key, JSON.stringify(secret));
		else await this.#secrets.delete(key);
	}

	/** Forgets what was chosen for every host of this workspace, secrets and all; how many hosts that were. */
	async forget(): Promise<number> {
		const hosts = Object.keys(this.#plain());
		for (const host of hosts) await this.#secrets.delete(await this.#key(host));
		await this.#state.update(CHOICES, undefined);
		return hosts.length;
	}

	/** The request for one handshake, with what was chosen for its host. */
	async params(target: RouteTarget): Promise<TestHandshakeParams> {
		const { plain, secret } = await this.of(hostOf(target.url));
		const { ca, cert, key, ...rest } = plain;
		const proxy = target.reach === 'any' ? proxyFor(target.connectTo ?? hostOf(target.url)) : undefined;
		return {
			uri: target.uri,
			routeId: target.routeId,
			url: target.url,
			options: {
				...rest,
				...secret,
				...(ca === undefined ? {} : { ca: await textOf(ca) }),
				...(cert === undefined ? {} : { cert: await textOf(cert) }),
				...(key === undefined ? {} : { key: await textOf(key) }),
				...(proxy === undefined ? {} : { proxy }),
				...(target.connectTo === undefined ? {} : { connectTo: target.connectTo }),
				...(target.insecure === true ? { insecure: true } : {}),
				reach: target.reach,
				timeoutMs: workspace.getConfiguration(SETTINGS_SECTION).get<number>('test.timeout', 10_000),
			},
		};
	}

	#plain(): Readonly<Record<string, PlainChoices>> {
		return this.#state.get(CHOICES, {});
	}

	async #key(host: string): Promise<string> {
		let id = this.#state.get<string>(WORKSPACE_ID);
		if (id === undefined) {
			id = crypto.randomUUID();
			await this.#state.update(WORKSPACE_ID, id);
		}
		return `nginxWebSocket.handshake:${id}:${host}`;
	}
}

/** The host and port of a URL, as it writes them. */
export function hostOf(url: string): string {
	return /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1]?.toLowerCase() ?? '';
}

/** A file that is gone since it was chosen ends the test with the editor's own message. */
async function textOf(file: string): Promise<string> {
	return new TextDecoder().decode(await workspace.fs.readFile(Uri.parse(file)));
}
