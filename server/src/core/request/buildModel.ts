import type { Configuration, Scope } from '../config/model.ts';
import type { VariableTable } from '../config/variables.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { lowerCase, toBytes } from '../text/bytes.ts';
import { groundOf } from './ground.ts';
import { Level, PASSES } from './level.ts';
import { addressesOf, type Server, serversOf } from './serverTable.ts';
import type { Model } from './state.ts';
import { parseTarget } from './target.ts';
import { targetKey } from './upstreamRequest.ts';
import { variableSources } from './variableSources.ts';

/** Makes what every request through a configuration shares. */
export function buildModel(
	configuration: Configuration,
	version: NginxVersion,
	variables: VariableTable,
	alsoNamed?: Iterable<string>,
): Model {
	const ground = groundOf(configuration, version, alsoNamed);
	const servers = serversOf(configuration, ground);
	const upstreams = new Map<string, Scope>();
	const literalTargets = new Set<string>();
	const search = (scope: Scope): void => {
		for (const placed of scope.directives) {
			const name = placed.node.name.value;
			const module = PASSES.get(name);
			if (name === 'upstream' && placed.body?.context === 'upstream') {
				const key = lowerCase(toBytes(placed.node.args[0]?.value ?? ''));
				if (!upstreams.has(key)) upstreams.set(key, placed.body);
			} else if (module !== undefined) {
				const text = placed.node.args[0]?.value ?? '';
				const target = text.includes('$') ? undefined : parseTarget(module, toBytes(text));
				if (target !== undefined) literalTargets.add(targetKey(target));
			}
			if (placed.body !== undefined && SEARCHED.has(placed.body.context)) search(placed.body);
		}
	};
	search(configuration.root);
	return {
		ground,
		variables: variableSources(configuration, variables, 'http'),
		servers,
		serverByScope: new Map(servers.map((server) => [server.scope, server])),
		addresses: addressesOf(servers, ground),
		upstreams,
		literalTargets,
		resolved: new Map(),
	};
}

const SEARCHED: ReadonlySet<string> = new Set(['http', 'server', 'location', 'if', 'limit_except']);

/** A server and one of its configurations. */
export interface LevelPlace {
	readonly server: Server;
	readonly level: Level;
}

/** The level of a location's scope; undefined when it stands in no server of the model. */
export function levelFor(model: Model, scope: Scope): LevelPlace | undefined {
	const chain: Scope[] = [];
	for (let outer: Scope | undefined = scope; outer !== undefined; outer = outer.parent) {
		const server = model.serverByScope.get(outer);
		if (server !== undefined) return { server, level: descend(server.level, chain) };
		chain.unshift(outer);
	}
	return undefined;
}

function descend(from: Level, chain: readonly Scope[]): Level {
	let level = from;
	for (const scope of chain) {
		level = level.locations.byScope.get(scope) ?? new Level(scope, levelKind(scope), level, level.ground);
	}
	return level;
}

function levelKind(scope: Scope): Level['kind'] {
	return scope.context === 'if' || scope.context === 'limit_except' ? scope.context : 'location';
}
