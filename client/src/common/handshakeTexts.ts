import type { Disposable } from 'vscode';
import { commands, env, window, workspace } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { HandshakeTextParams, HandshakeTextResult } from '../../../server/src/protocol/trials.ts';
import { HANDSHAKE_TEXT } from '../../../server/src/protocol/trials.ts';
import type { HandshakeChoices } from './handshakeChoices.ts';
import { chooseRoute, whyNothingArrives } from './routeChoice.ts';
import { askForTarget } from './routeTarget.ts';

/** The commands that give a route's handshake to other tools. */
export function handshakeTexts(client: BaseLanguageClient, choices: HandshakeChoices): readonly Disposable[] {
	const command = (name: string, tool: HandshakeTextParams['tool']) =>
		commands.registerCommand(`nginxWebSocket.${name}`, (from: unknown) => give(client, choices, from, tool));
	return [
		command('copyAsCurl', 'curl'),
		command('copyAsWscat', 'wscat'),
		command('exportToK6', 'k6'),
		command('exportToArtillery', 'artillery'),
	];
}

/** A command goes into the clipboard, a load test into a new document. */
async function give(
	client: BaseLanguageClient,
	choices: HandshakeChoices,
	from: unknown,
	tool: HandshakeTextParams['tool'],
): Promise<void> {
	const route = await chooseRoute(client, from, `WebSocket Route for ${tool}`);
	if (route === undefined) return;
	if (route.urls.length === 0) {
		window.showInformationMessage(whyNothingArrives(route));
		return;
	}
	const target = await askForTarget(route, undefined);
	if (target === undefined) return;
	const params: HandshakeTextParams = { ...(await choices.params(target)), tool };
	const { text } = await client.sendRequest<HandshakeTextResult>(HANDSHAKE_TEXT, params);
	if (tool === 'curl' || tool === 'wscat') {
		await env.clipboard.writeText(text);
		window.showInformationMessage(`The ${tool} command is in the clipboard.`);
		return;
	}
	const language = tool === 'k6' ? 'javascript' : 'yaml';
	await window.showTextDocument(await workspace.openTextDocument({ language, content: text }));
}
