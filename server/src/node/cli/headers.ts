import { UsageFailure } from './failure.ts';

/** Reads `-H 'Name: value'`, as curl takes them; `Name:` alone leaves the header out. */
export function readHeaders(texts: readonly string[]): readonly (readonly [string, string])[] {
	return texts.map((text): [string, string] => {
		const colon = text.indexOf(':');
		if (colon < 1) throw new UsageFailure(`-H '${text}' is not a header; write it like -H 'Name: value'.`);
		return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
	});
}
