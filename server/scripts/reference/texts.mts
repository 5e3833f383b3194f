/** The first paragraphs of a documentation text, up to about four hundred characters, in one line each. */
export function firstParagraphs(markdown: string): string {
	let out = '';
	for (const paragraph of markdown.replace(/\r/g, '').split(/\n\s*\n/)) {
		const text = paragraph.replace(/\s*\n\s*/g, ' ').trim();
		if (out !== '' && out.length + text.length > 400) break;
		out += out === '' ? text : `\n\n${text}`;
		if (out.length > 300) break;
	}
	return out;
}
