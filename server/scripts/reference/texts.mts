/** How long a text gets before the next part is left out, and at the most. */
const ENOUGH = 300;
const MOST = 480;

/**
 * The beginning of a documentation text: paragraphs (each in one line) and examples, while they are short. A very long paragraph ends
 * with a sentence; lists and remarks are left out.
 */
export function firstParagraphs(markdown: string): string {
	let out = '';
	for (const part of partsOf(markdown)) {
		if (/^- /.test(part) || (out !== '' && out.length + part.length > ENOUGH)) break;
		out += out === '' ? part : `\n\n${part}`;
		if (out.length > ENOUGH * 0.6 && !out.endsWith(':')) break;
	}
	const sentence = out.length <= MOST ? -1 : out.slice(0, MOST).lastIndexOf('. ');
	// What announces an example that is left out goes with it.
	return (sentence > 80 ? out.slice(0, sentence + 1) : out).replace(/(?: (?:Usage )?[Ee]xample|, for example)?:$/, (end) =>
		/^ /.test(end) ? '' : '.',
	);
}

/** Paragraphs in one line each, fenced examples in their lines; remarks (`>`) are left out. */
function partsOf(markdown: string): readonly string[] {
	const parts: string[] = [];
	let part: string[] = [];
	let fenced = false;
	const end = (): void => {
		const text = fenced ? part.join('\n') : part.map((line) => line.trim()).join(' ');
		if (text.trim() !== '') parts.push(text);
		part = [];
	};
	for (const line of markdown.replace(/\r/g, '').split('\n')) {
		if (line.trim() === '```') {
			if (fenced) {
				part = dedented(part);
				part.unshift('```nginx');
				part.push('```');
				end();
				fenced = false;
			} else {
				end();
				fenced = true;
			}
		} else if (!fenced && (line.trim() === '' || /^\s*>/.test(line))) end();
		else {
			if (!fenced && /^\s*- /.test(line)) end();
			part.push(line);
		}
	}
	fenced = false;
	end();
	return parts;
}

function dedented(lines: readonly string[]): string[] {
	const filled = lines.filter((line) => line.trim() !== '');
	const indentation = Math.min(...filled.map((line) => line.length - line.trimStart().length));
	return filled.map((line) => line.slice(indentation).trimEnd());
}

/** Sorts directives so that the same one of two modules (`proxy_bind`, `uwsgi_bind`) lies side by side: such texts pack well. */
export function besideTwins(a: string, b: string): number {
	const [left, right] = [twinKey(a), twinKey(b)];
	return left < right ? -1 : left > right ? 1 : 0;
}

function twinKey(key: string): string {
	const [module = '', name = ''] = key.split(/ (?=\S+$)/);
	return `${name.replace(/^(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached|tunnel|zone_sync|js|mp4|http2|http3)_/, '')} ${name} ${module}`;
}
