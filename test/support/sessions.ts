import { afterEach } from 'vitest';
import { LspSession, type SessionOptions } from './lspSession.ts';

/** Gives a test file sessions that end with each test. */
export function sessions(): (options?: SessionOptions) => Promise<LspSession> {
	const started: LspSession[] = [];
	afterEach(async () => {
		for (const session of started.splice(0)) await session.stop();
	});
	return async (options) => {
		const session = await LspSession.start(options);
		started.push(session);
		return session;
	};
}
