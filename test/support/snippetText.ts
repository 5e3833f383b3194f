/** The text that an editor inserts for a snippet whose placeholders are left as they are. */
export function inserted(body: string): string {
	let out = '';
	for (let at = 0; at < body.length; ) {
		if (body[at] === '\\') {
			out += body[at + 1] ?? '';
			at += 2;
			continue;
		}
		const stop = /^\$\d+/.exec(body.slice(at, at + 4));
		if (stop !== null) {
			at += stop[0].length;
			continue;
		}
		const placeholder = /^\$\{\d+:((?:\\.|[^}\\])*)\}/.exec(body.slice(at));
		if (placeholder !== null) {
			out += (placeholder[1] ?? '').replace(/\\(.)/g, '$1');
			at += placeholder[0].length;
			continue;
		}
		out += body[at++];
	}
	return out;
}
