import type { PlacedDirective } from '../../config/model.ts';
import type { Edit } from '../rule.ts';

/** Takes the URI part from a proxy_pass: `http://backend/` becomes `http://backend`. Undefined where there is none, or the value is quoted. */
export function removeUriPart(handler: PlacedDirective): Edit | undefined {
	const word = handler.node.args[0];
	if (word === undefined) return undefined;
	const text = handler.file.tree.source.slice(word.span);
	const found = /^(https?:\/\/(?:[^/"']+))\/[^"']*$/i.exec(text);
	if (found?.[1] === undefined || found[1].startsWith('http://unix:')) return undefined;
	return { path: handler.file.path, span: word.span, text: found[1] };
}
