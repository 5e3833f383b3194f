import { defineConfig } from 'vitest/config';

/** The real-editor tests: one file after the other, since each brings up a whole editor. */
export default defineConfig({
	test: {
		root: import.meta.dirname,
		include: ['**/*.test.ts'],
		exclude: ['**/node_modules/**'],
		globalSetup: ['support/packedExtension.ts'],
		fileParallelism: false,
		testTimeout: 90_000,
		expect: { poll: { timeout: 20_000 } },
		hookTimeout: 120_000,
		reporters: ['verbose'],
	},
});
