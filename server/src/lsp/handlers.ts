import {
	type CancellationToken,
	type CodeLens,
	type CompletionItem,
	type Connection,
	ErrorCodes,
	ResponseError,
} from 'vscode-languageserver';
import { codeActions, type FixAllData, resolveCodeAction } from '../features/codeActions.ts';
import { codeLenses, type LensData, resolveCodeLens } from '../features/codeLens.ts';
import { type CompletionData, completions, resolveCompletion } from '../features/completion.ts';
import { explainRoute } from '../features/explainRoute.ts';
import { hover } from '../features/hover.ts';
import { definition, documentHighlights, references } from '../features/navigation.ts';
import { prepareRename, rename } from '../features/rename.ts';
import { routeList, workspaceRoutes } from '../features/routeList.ts';
import { snippetsAt } from '../features/snippets.ts';
import { documentLinks, documentSymbols, foldingRanges, selectionRanges } from '../features/structure.ts';
import { upgradeReport } from '../features/upgradeReport.ts';
import type { View } from '../features/view.ts';
import { workspaceSymbols } from '../features/workspaceSymbols.ts';
import {
	EXPLAIN_ROUTE,
	type ExplainRouteParams,
	ROUTES,
	type RoutesParams,
	type RoutesResult,
	SNIPPETS,
	type SnippetsParams,
	type SnippetsResult,
	UPGRADE_REPORT,
	type UpgradeReportParams,
	WORKSPACE_ROUTES,
	type WorkspaceRoutesResult,
} from '../protocol/requests.ts';
import type { DiagnosticsFlow } from './diagnosticsFlow.ts';
import { guard } from './guard.ts';
import { answerHandshakes } from './handshakes.ts';
import { uriOfPath } from './paths.ts';
import { answerSandboxes } from './sandboxes.ts';
import type { Session } from './session.ts';

/** Answers every request about a document with the feature of that name, on the document as it is when all is known. */
export function answerRequests(connection: Connection, session: Session, flow: DiagnosticsFlow): void {
	const { log } = session;

	async function on<T>(
		what: string,
		uri: string,
		token: CancellationToken,
		fallback: T,
		answer: (view: View) => T | Promise<T>,
		needs: 'texts' | 'findings' = 'texts',
	): Promise<T> {
		return guard(what, log, token, fallback, async () => {
			const view = await (needs === 'findings' ? session.checkedView(uri, token) : session.view(uri));
			if (view === undefined || token.isCancellationRequested) return fallback;
			return answer(view);
		});
	}

	connection.languages.diagnostics.on((params, token) => flow.pull(params.textDocument.uri, params.previousResultId, token));
	connection.onCodeAction(({ textDocument: { uri }, range, context }, token) =>
		on('Offering fixes', uri, token, [], (view) => codeActions(view, range, context), 'findings'),
	);
	connection.onCodeActionResolve((action, token) => {
		const data = action.data as FixAllData | undefined;
		if (data === undefined) return action;
		return on('Fixing', data.uri, token, action, (view) => resolveCodeAction(view, action, data), 'findings');
	});
	connection.onHover(async ({ textDocument: { uri }, position }, token) => {
		const texts = await session.texts();
		return on('Hover', uri, token, null, (view) => hover(view, position, texts) ?? null);
	});
	connection.onCompletion(({ textDocument: { uri }, position }, token) =>
		on('Completion', uri, token, [], (view) => completions(view, position)),
	);
	connection.onCompletionResolve(async (item: CompletionItem, token) => {
		const data = item.data as Partial<CompletionData> | undefined;
		if (data?.uri === undefined || (!('variable' in data) && !('directive' in data))) return item;
		const texts = await session.texts();
		return on('Completion', data.uri, token, item, (view) => resolveCompletion(view, item, data as CompletionData, texts));
	});
	connection.onDefinition(({ textDocument: { uri }, position }, token) =>
		on('Definition', uri, token, [], (view) => definition(view, position)),
	);
	connection.onReferences(({ textDocument: { uri }, position, context }, token) =>
		on('References', uri, token, [], (view) => references(view, position, context.includeDeclaration)),
	);
	connection.onDocumentHighlight(({ textDocument: { uri }, position }, token) =>
		on('Highlights', uri, token, [], (view) => documentHighlights(view, position)),
	);
	connection.onPrepareRename(({ textDocument: { uri }, position }, token) =>
		on('Rename', uri, token, null, (view) => {
			const answer = prepareRename(view, position);
			if ('refusal' in answer) throw refused(answer.refusal);
			return answer;
		}),
	);
	connection.onRenameRequest(({ textDocument: { uri }, position, newName }, token) =>
		on('Rename', uri, token, null, (view) => {
			const answer = rename(view, position, newName);
			if ('refusal' in answer) throw refused(answer.refusal);
			return answer;
		}),
	);
	connection.onDocumentSymbol(({ textDocument: { uri } }, token) =>
		on('Outline', uri, token, [], ({ tree, lines }) => documentSymbols(tree, lines)),
	);
	connection.onFoldingRanges(({ textDocument: { uri } }, token) =>
		on('Folding', uri, token, [], ({ tree }) => foldingRanges(tree)),
	);
	connection.onSelectionRanges(({ textDocument: { uri }, positions }, token) =>
		on('Selection', uri, token, [], ({ tree, lines }) => selectionRanges(tree, lines, positions)),
	);
	connection.onDocumentLinks(({ textDocument: { uri } }, token) => on('Links', uri, token, [], (view) => documentLinks(view)));
	connection.onCodeLens(({ textDocument: { uri } }, token) => on('Code lenses', uri, token, [], (view) => codeLenses(view)));
	connection.onCodeLensResolve((lens: CodeLens, token) => {
		const data = lens.data as LensData | undefined;
		if (data === undefined) return lens;
		return on('Code lenses', data.uri, token, lens, (view) => resolveCodeLens(view, lens, data));
	});
	connection.onWorkspaceSymbol(({ query }, token) =>
		guard('Symbols', log, token, [], async () => {
			await session.ready();
			return workspaceSymbols(session.workspace.mains(), query, {
				uriOf: (path) => session.documents.at(path)?.uri ?? uriOfPath(path),
				linesOf: (path) => session.documents.at(path)?.lines,
			});
		}),
	);
	connection.onRequest(ROUTES, ({ uri, position }: RoutesParams, token: CancellationToken) =>
		on<RoutesResult>('Routes', uri, token, { routes: [], nginxVersion: '', mainUri: uri }, (view) => routeList(view, position)),
	);
	connection.onRequest(WORKSPACE_ROUTES, (token: CancellationToken) =>
		guard<WorkspaceRoutesResult>('Routes', log, token, { routes: [] }, async () => {
			await session.ready();
			await session.workspace.ready();
			return workspaceRoutes(session.workspace.withLoose(), {
				uriOf: (path) => session.documents.at(path)?.uri ?? uriOfPath(path),
				linesOf: (path) => session.linesOf(path),
			});
		}),
	);
	connection.onRequest(SNIPPETS, ({ uri, position }: SnippetsParams, token: CancellationToken) =>
		on<SnippetsResult>('Snippets', uri, token, { snippets: [], context: '' }, (view) => snippetsAt(view, position)),
	);
	connection.onRequest(EXPLAIN_ROUTE, (params: ExplainRouteParams, token: CancellationToken) =>
		on('Explanation', params.uri, token, null, (view) => {
			const answer = explainRoute(view, params);
			if ('problem' in answer) throw refused(answer.problem);
			return answer;
		}),
	);
	connection.onRequest(UPGRADE_REPORT, (params: UpgradeReportParams, token: CancellationToken) =>
		on('What changes', params.uri, token, null, (view) => {
			const answer = upgradeReport(view, params);
			if ('problem' in answer) throw refused(answer.problem);
			return answer;
		}),
	);
	answerHandshakes(connection, session);
	answerSandboxes(connection, session);
}

/** A sentence that the client shows as it is. */
function refused(sentence: string): ResponseError<void> {
	return new ResponseError(ErrorCodes.InvalidRequest, sentence);
}
