/** Markup that may stand in a page as it is: made by `html` alone. */
export interface Markup {
	readonly markup: string;
}

/** Text as a page shows it, in an element or in a quoted attribute. */
export function escaped(text: string): string {
	return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Markup with values in it: each text is escaped, other markup is taken over, a list is joined. */
export function html(
	strings: TemplateStringsArray,
	...values: readonly (string | number | Markup | readonly Markup[])[]
): Markup {
	let markup = strings[0] ?? '';
	values.forEach((value, index) => {
		if (typeof value === 'string') markup += escaped(value);
		else if (typeof value === 'number') markup += String(value);
		else if ('markup' in value) markup += value.markup;
		else markup += value.map((one) => one.markup).join('');
		markup += strings[index + 1] ?? '';
	});
	return { markup };
}

export const NOTHING: Markup = { markup: '' };
