import type { QuickPickItem } from 'vscode';
import { commands, QuickPickItemKind, Uri, window } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { RouteReference } from '../../../server/src/protocol/requests.ts';
import { TEST_ROUTE_COMMAND } from '../../../server/src/protocol/requests.ts';
import { type Choices, type HandshakeChoices, hostOf, type SecretChoices } from './handshakeChoices.ts';
import { chooseRoute, whyNothingArrives } from './routeChoice.ts';
import { askForUrl } from './routeTarget.ts';
import { mayTest } from './routeTest.ts';

/** One row of the menu: what it is about, what is chosen, and how to choose anew. */
interface Row extends QuickPickItem {
	readonly edit?: (now: Choices) => Promise<Choices | undefined>;
	readonly end?: 'test' | 'forget';
}

/** "NGINX: Set Handshake Options": what the tests of a host send beside the handshake itself. Each row is changed in place until the person leaves. */
export async function setHandshakeOptions(client: BaseLanguageClient, choices: HandshakeChoices, from: unknown): Promise<void> {
	if (!(await mayTest(client))) return;
	const route = await chooseRoute(client, from, 'Handshake Options');
	if (route === undefined) return;
	if (route.urls.length === 0) {
		window.showInformationMessage(whyNothingArrives(route));
		return;
	}
	const url = await askForUrl(route);
	if (url === undefined) return;
	const host = hostOf(url.text);
	for (;;) {
		const now = await choices.of(host);
		const chosen = await window.showQuickPick<Row>(rows(now), {
			title: `Handshake options for ${host}`,
			placeHolder: 'What is to be changed? Escape keeps it as it is.',
		});
		if (chosen === undefined) return;
		if (chosen.end === 'forget') await choices.keep(host, { plain: {}, secret: {} });
		if (chosen.end === 'test') {
			const reference: RouteReference = { uri: route.uri, routeId: route.routeId };
			await commands.executeCommand(TEST_ROUTE_COMMAND, reference);
			return;
		}
		const next = await chosen.edit?.(now);
		if (next !== undefined) await choices.keep(host, next);
	}
}

/** "NGINX: Forget Handshake Options": of all hosts of this workspace. */
export async function forgetHandshakeOptions(choices: HandshakeChoices): Promise<void> {
	const count = await choices.forget();
	window.showInformationMessage(
		count === 0
			? 'There were no handshake options in this workspace.'
			: `The handshake options of ${count === 1 ? 'one host' : `${count} hosts`} are forgotten, secrets included.`,
	);
}

function rows(now: Choices): readonly Row[] {
	const { plain, secret } = now;
	return [
		{ label: 'Origin', description: plain.origin ?? 'none', edit: editOrigin },
		{ label: 'Sign-in', description: signIn(secret), edit: editSignIn },
		{ label: 'Cookies', description: names(secret.cookies), edit: editCookies },
		{ label: 'Headers', description: names(secret.headers), edit: editHeaders },
		{ label: 'Subprotocols', description: plain.subprotocols?.join(', ') ?? 'none', edit: editSubprotocols },
		{ label: 'Certificate Authority', description: fileName(plain.ca), edit: editAuthority },
		{ label: 'Client Certificate', description: fileName(plain.cert), edit: editCertificate },
		{ label: 'Message', description: messageText(now), edit: editMessage },
		{
			label: 'Redirects',
			description: plain.followRedirects === undefined ? 'shown, not followed, as browsers do' : 'followed',
			edit: async ({ plain: { followRedirects, ...rest }, ...others }) => ({
				...others,
				plain: followRedirects === undefined ? { ...rest, followRedirects: 5 } : rest,
			}),
		},
		{ label: '', kind: QuickPickItemKind.Separator },
		{ label: '$(play) Test Now', end: 'test' },
		{ label: '$(trash) Forget All of This', end: 'forget' },
	];
}

function signIn({ auth }: SecretChoices): string {
	if (auth === undefined) return 'none';
	return auth.kind === 'basic' ? `Basic, as ${auth.user}` : 'Bearer token';
}

function names(pairs: readonly (readonly [string, string])[] | undefined): string {
	return pairs === undefined || pairs.length === 0 ? 'none' : pairs.map(([name]) => name).join(', ');
}

function fileName(uri: string | undefined): string {
	return uri === undefined ? 'none' : Uri.parse(uri).fsPath;
}

function messageText({ plain: { message } }: Choices): string {
	if (message === undefined) return 'none';
	return message.expected === undefined ? `“${message.text}”` : `“${message.text}”, expecting “${message.expected}”`;
}

async function editOrigin({ plain, secret }: Choices): Promise<Choices | undefined> {
	const chosen = await window.showQuickPick(
		[
			{ label: 'none', detail: 'As programs that are no browsers do.' },
			{ label: 'same', detail: 'As a page of the same host sends it.' },
			{ label: 'other', detail: 'An origin to be typed: does the backend refuse it, as it should?' },
		],
		{ title: 'Origin', placeHolder: 'Which Origin does the handshake send?' },
	);
	if (chosen === undefined) return undefined;
	const { origin: _, ...rest } = plain;
	if (chosen.label === 'none') return { plain: rest, secret };
	if (chosen.label === 'same') return { plain: { ...rest, origin: 'same' }, secret };
	const typed = await window.showInputBox({
		title: 'Origin',
		value: plain.origin?.includes(':') ? plain.origin : 'https://',
		validateInput: (value) =>
			/^(?:https?:\/\/[^\s/?#]+|null)$/i.test(value) ? undefined : 'A scheme and a host, without a path: https://example.com',
	});
	return typed === undefined ? undefined : { plain: { ...rest, origin: typed }, secret };
}

async function editSignIn({ plain, secret: { auth, ...others } }: Choices): Promise<Choices | undefined> {
	const chosen = await window.showQuickPick(['none', 'Basic: user and password', 'Bearer: a token'], {
		title: 'Sign-in',
		placeHolder: 'Kept in the editor’s secret storage, and masked in every report.',
	});
	if (chosen === undefined) return undefined;
	if (chosen === 'none') return { plain, secret: others };
	if (chosen.startsWith('Bearer')) {
		const token = await secretText('Bearer token', 'The token, without the word Bearer.');
		return token === undefined ? undefined : { plain, secret: { ...others, auth: { kind: 'bearer', token } } };
	}
	const user = await window.showInputBox({
		title: 'Basic sign-in: user',
		value: auth?.kind === 'basic' ? auth.user : '',
		validateInput: (value) => (value === '' || value.includes(':') ? 'A user name, without a colon.' : undefined),
	});
	if (user === undefined) return undefined;
	const password = await secretText(`Basic sign-in: password of ${user}`, '');
	return password === undefined ? undefined : { plain, secret: { ...others, auth: { kind: 'basic', user, password } } };
}

async function editCookies({ plain, secret: { cookies: _, ...others } }: Choices): Promise<Choices | undefined> {
	const typed = await secretText('Cookies', 'As a browser sends them: name=value; name2=value2. Empty: none.', (value) =>
		value === '' || value.split(';').every((one) => /^\s*[^\s=;,]+=[^;]*$/.test(one))
			? undefined
			: 'name=value, several with a semicolon between them.',
	);
	if (typed === undefined) return undefined;
	const cookies = typed.split(';').flatMap((one) => {
		const equals = one.indexOf('=');
		return equals === -1 ? [] : [[one.slice(0, equals).trim(), one.slice(equals + 1).trim()] as const];
	});
	return { plain, secret: cookies.length === 0 ? others : { ...others, cookies } };
}

async function editHeaders({ plain, secret: { headers = [], ...others } }: Choices): Promise<Choices | undefined> {
	const chosen = await window.showQuickPick(
		[{ label: '$(add) Add a Header', at: -1 }, ...headers.map(([name], at) => ({ label: `$(trash) Remove ${name}`, at }))],
		{ title: 'Headers', placeHolder: 'Their values are kept like passwords.' },
	);
	if (chosen === undefined) return undefined;
	if (chosen.at >= 0) {
		const left = headers.filter((_, index) => index !== chosen.at);
		return { plain, secret: left.length === 0 ? others : { ...others, headers: left } };
	}
	const typed = await secretText('Header', 'Name: value', (value) =>
		/^[!#$%&'*+\-.^_`|~\w]+:\s*\S/.test(value) ? undefined : 'A name, a colon and a value: X-Api-Key: abc',
	);
	if (typed === undefined) return undefined;
	const colon = typed.indexOf(':');
	const header = [typed.slice(0, colon), typed.slice(colon + 1).trim()] as const;
	return { plain, secret: { ...others, headers: [...headers, header] } };
}

async function editSubprotocols({ plain: { subprotocols, ...rest }, secret }: Choices): Promise<Choices | undefined> {
	const typed = await window.showInputBox({
		title: 'Subprotocols',
		prompt: 'The most wanted first, with commas between them. Empty: none.',
		value: subprotocols?.join(', ') ?? '',
		validateInput: (value) =>
			value.trim() === '' || value.split(',').every((one) => /^[!#$%&'*+\-.^_`|~\w]+$/.test(one.trim()))
				? undefined
				: 'Names of letters, digits and . - _, with commas between them.',
	});
	if (typed === undefined) return undefined;
	const list = typed
		.split(',')
		.map((one) => one.trim())
		.filter((one) => one !== '');
	return { plain: list.length === 0 ? rest : { ...rest, subprotocols: list }, secret };
}

async function editAuthority({ plain: { ca: _, ...rest }, secret }: Choices): Promise<Choices | undefined> {
	const file = await pemFile('Certificates to trust in addition', 'Without a CA of My Own');
	return file === undefined ? undefined : { plain: file === '' ? rest : { ...rest, ca: file }, secret };
}

async function editCertificate({ plain: { cert: _, key: __, ...rest }, secret }: Choices): Promise<Choices | undefined> {
	const cert = await pemFile('The client’s certificate', 'Without a Client Certificate');
	if (cert === undefined) return undefined;
	if (cert === '') return { plain: rest, secret };
	const key = await pemFile('Its private key');
	return key === undefined ? undefined : { plain: { ...rest, cert, key }, secret };
}

async function editMessage({ plain: { message, ...rest }, secret }: Choices): Promise<Choices | undefined> {
	const text = await window.showInputBox({
		title: 'Message',
		prompt: 'Sent once the WebSocket is open. Empty: none.',
		value: message?.text ?? '',
	});
	if (text === undefined) return undefined;
	if (text === '') return { plain: rest, secret };
	const expected = await window.showInputBox({
		title: 'Reply',
		prompt: 'A text that the reply must hold. Empty: any reply will do.',
		value: message?.expected ?? '',
	});
	if (expected === undefined) return undefined;
	return { plain: { ...rest, message: { text, ...(expected === '' ? {} : { expected }) } }, secret };
}

function secretText(
	title: string,
	prompt: string,
	validateInput: (value: string) => string | undefined = (value) => (value === '' ? 'It is empty.' : undefined),
): Thenable<string | undefined> {
	return window.showInputBox({ title, prompt, password: true, ignoreFocusOut: true, validateInput });
}

/** The URI of a PEM file; '' for none, undefined when the person leaves. @param none the row for none; absent: a file must be chosen */
async function pemFile(title: string, none?: string): Promise<string | undefined> {
	if (none !== undefined) {
		const choose = '$(folder-opened) Choose a File';
		const chosen = await window.showQuickPick([choose, `$(trash) ${none}`], { title });
		if (chosen === undefined) return undefined;
		if (chosen !== choose) return '';
	}
	const [file] = (await window.showOpenDialog({ title, filters: { PEM: ['pem', 'crt', 'cer', 'key'], All: ['*'] } })) ?? [];
	return file?.toString();
}
