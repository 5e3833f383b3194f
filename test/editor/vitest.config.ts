import { defineConfig } from 'vitest/config';

/** The real-editor tests: one file after the other, since each brings up a whole editor. */
export default defineConfig({
	test: {
		root: import.meta.dirname,
		include: ['**/*.test.ts'],
		exclude: ['**/node_modules/**'],
		globalSetup: ['support/packedExtension.ts'],
		fileParallelism: false,
		testTimeout: 240_000,
		expect: { poll: { timeout: 40_000 } },
		hookTimeout: 240_000,
		reporters: ['verbose'],
	},
});
