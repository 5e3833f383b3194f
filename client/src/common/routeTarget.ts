import { QuickPickItemKind, window, workspace } from 'vscode';
import type { RouteDescription, RouteReference, RouteUrlDescription } from '../../../server/src/protocol/requests.ts';
import { SETTINGS_SECTION } from '../../../server/src/protocol/settings.ts';
import { isLoopback, loopbackFor } from './loopback.ts';

/** Where one handshake goes. */
export interface RouteTarget {
	readonly uri: string;
	readonly routeId: string;
	readonly url: string;
	/** Set when the connection goes elsewhere than the URL says. */
	readonly connectTo?: string;
	/** Takes any certificate: only after one was found wanting and the person said so. */
	readonly insecure?: boolean;
	/** `any` once the person has agreed. */
	readonly reach: 'loopback' | 'any';
}

/** What is sent, for the question before another machine is contacted. */
export interface Errand {
	/** `one WebSocket handshake and one ping`. */
	readonly sends: string;
	/** Too much to be done again without asking: a host that was remembered is asked for all the same. */
	readonly heavy?: boolean;
}

export const ONE_HANDSHAKE: Errand = { sends: 'one WebSocket handshake and one ping' };

/**
 * Asks for what the configuration leaves open, and for leave to contact another machine. Undefined when the person leaves.
 * @param errand undefined when nothing is contacted: then nobody is asked for leave
 */
export async function askForTarget(route: RouteDescription, errand: Errand | undefined): Promise<RouteTarget | undefined> {
	const url = await askForUrl(route);
	const way = url && (await askWay(url, errand));
	return way && { uri: route.uri, routeId: route.routeId, url: url.text, ...way };
}

/** A URL with nothing left open, and the listen it comes to. */
interface ChosenUrl {
	readonly text: string;
	readonly host: string;
	readonly listenAddress: string;
}

/** Asks for what the configuration leaves open of a route's URL. Undefined when the person leaves. */
export async function askForUrl(route: RouteDescription): Promise<ChosenUrl | undefined> {
	const open = await pickUrl(route.urls);
	if (open === undefined) return undefined;
	const host = open.hostOpen ? await askHost(open) : open.host;
	if (host === undefined) return undefined;
	const path = open.pathOpen ? await askPath({ ...open, host }) : open.path;
	if (path === undefined) return undefined;
	return { text: urlText({ ...open, host, path }), host, listenAddress: open.listenAddress };
}

/** The URL as a person writes it: without the scheme's own port. */
export function urlText({ scheme, host, port, path }: Pick<RouteUrlDescription, 'scheme' | 'host' | 'port' | 'path'>): string {
	const usual = scheme === 'wss' ? 443 : 80;
	return `${scheme}://${host}${port === usual ? '' : `:${port}`}${path}`;
}

/**
 * Where a URL of a route is tested when nobody is asked for what the configuration leaves open: on this machine, where its `listen` can
 * be reached there. Another machine still takes a yes; undefined without it.
 */
export async function targetWithoutAsking(
	{ uri, routeId }: RouteReference,
	open: RouteUrlDescription,
): Promise<RouteTarget | undefined> {
	const url = urlText(open);
	if (isLoopback(open.host)) return { uri, routeId, url, reach: 'loopback' };
	const connectTo = loopbackFor(open.listenAddress);
	if (connectTo !== undefined) return { uri, routeId, url, connectTo, reach: 'loopback' };
	return (await confirmContact(url, open.host, ONE_HANDSHAKE)) ? { uri, routeId, url, reach: 'any' } : undefined;
}

async function pickUrl(urls: readonly RouteUrlDescription[]): Promise<RouteUrlDescription | undefined> {
	const [only] = urls;
	if (urls.length === 1) return only;
	const chosen = await window.showQuickPick(
		urls.map((url) => ({ label: urlText(url), description: `listen ${url.listenAddress}:${url.port}`, url })),
		{ title: 'Test WebSocket route', placeHolder: 'At which address?' },
	);
	return chosen?.url;
}

function askHost(url: RouteUrlDescription): Thenable<string | undefined> {
	return window.showInputBox({
		title: 'Test WebSocket route: host name',
		prompt: `The configuration leaves the host name open. ${urlText(url)}`,
		value: url.host,
		validateInput: (value) =>
			/^(\[[\da-f:.]+\]|[^\s/:?#@[\]]+)$/i.test(value) ? undefined : 'A host name or an address, without scheme, port and path.',
	});
}

function askPath(url: RouteUrlDescription): Thenable<string | undefined> {
	return window.showInputBox({
		title: 'Test WebSocket route: path',
		prompt: `The configuration leaves the path open. ${urlText(url)}`,
		value: url.path,
		valueSelection: [url.path.length, url.path.length],
		validateInput: (value) => (/^\/[^\s#]*$/.test(value) ? undefined : 'A path starts with / and has no space and no #.'),
	});
}

/** Which machine to connect to. Nothing is asked when the URL itself names this one. */
async function askWay(
	{ text: url, host, listenAddress }: ChosenUrl,
	errand: Errand | undefined,
): Promise<Pick<RouteTarget, 'connectTo' | 'reach'> | undefined> {
	if (isLoopback(host)) return { reach: 'loopback' };
	const here = loopbackFor(listenAddress);
	const chosen = await window.showQuickPick(
		[
			...(here === undefined
				? []
				: [
						{ label: 'This machine', description: here, detail: `Connects to ${here} and asks for ${host} there.`, there: false },
					]),
			{ label: '', kind: QuickPickItemKind.Separator, there: false },
			{ label: host, description: 'as DNS has it', detail: 'May leave this machine; asks first.', there: true },
		],
		{ title: `Test ${url}`, placeHolder: 'Where does this nginx run?' },
	);
	if (chosen === undefined) return undefined;
	if (!chosen.there && here !== undefined) return { connectTo: here, reach: 'loopback' };
	return errand === undefined || (await confirmContact(url, host, errand)) ? { reach: 'any' } : undefined;
}

/** Nothing but loopback is contacted without an explicit yes. */
async function confirmContact(url: string, host: string, { sends, heavy = false }: Errand): Promise<boolean> {
	const settings = workspace.getConfiguration(SETTINGS_SECTION);
	const confirmed = settings.get<readonly string[]>('test.confirmedHosts', []);
	if (!heavy && confirmed.some((name) => name.toLowerCase() === host.toLowerCase())) return true;
	const once = 'Connect';
	const always = 'Connect, and Remember This Host';
	const answer = await window.showWarningMessage(
		`Connect to ${host}?`,
		{ modal: true, detail: `This sends ${sends} to\n${url}\nand closes what it opened.` },
		once,
		...(heavy ? [] : [always]),
	);
	if (answer === always) await settings.update('test.confirmedHosts', [...confirmed, host], true);
	return answer !== undefined;
}
