/** A host as nginx keeps it: without port, in lower case; undefined when nginx answers 400 to it (ngx_http_validate_host). */
export function validHost(host: string): string | undefined {
	let end = host.length;
	let dot = host.length;
	let state: 'usual' | 'literal' | 'rest' = 'usual';
	for (let at = 0; at < host.length; at++) {
		const character = host.charAt(at);
		if (character === '.') {
			if (dot === at - 1) return undefined;
			dot = at;
		} else if (character === ':' && state === 'usual') {
			end = at;
			state = 'rest';
		} else if (character === '[' && at === 0) state = 'literal';
		else if (character === ']' && state === 'literal') {
			end = at + 1;
			state = 'rest';
		} else if (character === '/' || character === '\0' || character <= ' ' || character === '\x7f') return undefined;
	}
	if (dot === end - 1) end--;
	if (end === 0) return undefined;
	return host.slice(0, end).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
