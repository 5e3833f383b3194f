import { describe, expect, test } from 'vitest';
import type { Place } from '../../server/src/core/config/model.ts';
import type { Analysis } from '../../server/src/core/engine/analyse.ts';
import type { Route } from '../../server/src/core/routes/route.ts';
import { verdictOf } from '../../server/src/core/routes/verdict.ts';
import { generate } from '../nginx/differential/generate.ts';
import { print } from '../nginx/differential/tree.ts';
import { brokenProject } from '../nginx/fixes/broken.ts';
import { analysed, versionOf } from '../support/analysed.ts';

/* A route that is certainly meant for WebSockets and certainly fails is spoken about, whatever was done to it. */

/** Failures that are said of another place than the route's, or that some backends and paths do not have. */
function isOpen({ handshake, location, outside }: Route): boolean {
	if (location.byName.has('internal') || (outside !== undefined && outside.location !== location)) return true;
	return handshake.obstacles.some(({ code }) => code === 'http-1.0' || code === 'response-status');
}

function silentFailures({ routes, findings }: Analysis): readonly string[] {
	const loud = findings.filter(({ severity }) => severity === 'error' || severity === 'warning');
	if (loud.some(({ routeId }) => routeId === undefined)) return [];
	return routes
		.filter((route) => route.intent.level === 'certain' && verdictOf(route).verdict === 'fails' && !isOpen(route))
		.filter((route) => !loud.some(({ routeId, at }) => routeId === route.id || isShared(at, route, routes)))
		.map(
			(route) =>
				`${route.at.file.path}:${route.at.file.tree.source.lineAt(route.at.node.span.start) + 1} ${verdictOf(route).reason}`,
		);
}

/** A line that several locations share (a map, a snippet, a location around) is told once, for the first that it breaks. */
function isShared({ path, span }: Place, route: Route, routes: readonly Route[]): boolean {
	return !routes.some(
		({ at, location }) =>
			at.file.path === path && at.node.span.start <= span.start && span.end <= at.node.span.end && route.at.scope !== location,
	);
}

describe.each(['1.22.1', '1.30.0'])('read as nginx %s', (text) => {
	const version = versionOf(text);

	test('what a person broke is spoken about', () => {
		for (let seed = 0; seed < 300; seed++) {
			const { files } = brokenProject(seed, [8080, 8081], 9000);
			const texts = Object.fromEntries(
				Object.entries(files)
					.sort(([a], [b]) => Number(b === 'nginx.conf') - Number(a === 'nginx.conf'))
					.map(([path, text]) => [`/etc/nginx/${path}`, text]),
			);
			expect(silentFailures(analysed(texts, { version })), `seed ${seed}`).toEqual([]);
		}
	});

	test('so is what a generator made', () => {
		for (let seed = 0; seed < 300; seed++)
			expect(silentFailures(analysed(print(generate(seed).tree), { version })), `seed ${seed}`).toEqual([]);
	});
});
