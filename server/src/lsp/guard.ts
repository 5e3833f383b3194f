import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver';

/** Where troubles are written down. */
export interface Log {
	error(message: string): void;
	info(message: string): void;
}

/** Thrown by work that found out that its question is out of date. */
export class Outdated extends Error {}

/**
 * Runs the work behind one request: a cancelled or outdated one is answered as such, a crash is logged and answered with the fallback.
 * Errors that are meant for the client (`ResponseError`) go on to it.
 */
export async function guard<T>(
	what: string,
	log: Log,
	token: CancellationToken,
	fallback: T,
	work: () => T | Promise<T>,
): Promise<T> {
	try {
		if (token.isCancellationRequested) throw cancelled();
		const result = await work();
		if (token.isCancellationRequested) throw cancelled();
		return result;
	} catch (error) {
		if (error instanceof ResponseError) throw error;
		if (error instanceof Outdated) throw new ResponseError(LSPErrorCodes.ContentModified, 'The document has changed since.');
		log.error(`${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
		return fallback;
	}
}

function cancelled(): ResponseError<void> {
	return new ResponseError(LSPErrorCodes.RequestCancelled, 'Cancelled.');
}
