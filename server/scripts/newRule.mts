import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/* `npm run new-rule ID` writes the skeleton of a rule: one file, whose example fails until the rule is written. */

const id = process.argv[2] ?? '';
const target = fileURLToPath(new URL(`../src/core/rules/${id}.ts`, import.meta.url));

if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id)) {
	console.error('Usage: npm run new-rule ID, where ID is in kebab-case: thing-problem, for example upgrade-not-forwarded.');
	process.exitCode = 2;
} else if (existsSync(target)) {
	console.error(`The rule ${id} exists already: server/src/core/rules/${id}.ts`);
	process.exitCode = 2;
} else {
	writeFileSync(target, skeleton(id));
	console.log(`Wrote server/src/core/rules/${id}.ts. Fill it in, then run: npm run generate && npx vitest run test/rules`);
}

function skeleton(ruleId: string): string {
	return `import { defineRule } from './rule.ts';
import { aboutRoute, routePlace } from './wording.ts';

export default defineRule({
	id: '${ruleId}',
	summary: 'WHAT is wrong, in one line.',
	severity: 'error',
	why: 'What nginx does, and why that hurts.',
	remedy: 'What to write instead.',
	ignore: 'When it is right to ignore the finding.',
	rows: [],
	sources: ['https://nginx.org/en/docs/'],
	examples: [
		{
			title: 'the mistake in a few words',
			within: 'http',
			bad: \`server {
	listen 8080;
	location /ws {
		«proxy_pass http://127.0.0.1:9000»;
	}
}
\`,
			good: \`server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
\`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.upgrade) continue;
			yield { ...aboutRoute(route), at: routePlace(route), message: 'What nginx does, why, what to do.' };
		}
	},
});
`;
}
