import { readFileSync } from 'node:fs';
import { defineConfig, mergeConfig } from 'vitest/config';
import usual from '../../../vitest.config.mts';

const { path, text } = JSON.parse(readFileSync(process.env.NGINX_WEBSOCKET_MUTANT ?? '', 'utf8')) as {
	path: string;
	text: string;
};

/** The usual tests, with one file of the model in the broken form that NGINX_WEBSOCKET_MUTANT describes. */
export default mergeConfig(
	usual,
	defineConfig({
		plugins: [{ name: 'mutant', enforce: 'pre', load: (id: string) => (id.split('?')[0] === path ? text : null) }],
	}),
);
