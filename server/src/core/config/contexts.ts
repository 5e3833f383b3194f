import type { ContextName } from './model.ts';

const HTTP_BLOCKS: ReadonlyMap<string, ContextName> = new Map([
	['server', 'server'],
	['location', 'location'],
	['if', 'if'],
	['limit_except', 'limit_except'],
	['upstream', 'upstream'],
	['map', 'map'],
	['geo', 'geo'],
	['split_clients', 'split_clients'],
	['types', 'types'],
]);

const STREAM_BLOCKS: ReadonlyMap<string, ContextName> = new Map([
	['server', 'stream server'],
	['upstream', 'stream upstream'],
	['map', 'stream map'],
	['geo', 'stream geo'],
	['split_clients', 'stream split_clients'],
]);

const MAIN_BLOCKS: ReadonlyMap<string, ContextName> = new Map([
	['events', 'events'],
	['http', 'http'],
	['stream', 'stream'],
	['mail', 'mail'],
]);

/** The context that a block of this name opens where it stands; `other` for a block without a model (semantics §12.3, SM5). */
export function contextOpenedBy(name: string, within: ContextName): ContextName {
	switch (within) {
		case 'main':
			return MAIN_BLOCKS.get(name) ?? 'other';
		case 'http':
		case 'server':
		case 'location':
		case 'if':
		case 'limit_except':
			return HTTP_BLOCKS.get(name) ?? 'other';
		case 'stream':
			return STREAM_BLOCKS.get(name) ?? 'other';
		default:
			return 'other';
	}
}
