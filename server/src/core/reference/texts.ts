/** The documentation's texts, Markdown. They are large, so they are a file of their own that is read when somebody asks (texts.generated.json). */
export interface ReferenceTexts {
	/** By module, a blank, and the directive's name. */
	readonly directives: Readonly<Record<string, string>>;
	/** By name without `$`; a name that ends in `_` stands for a family. */
	readonly variables: Readonly<Record<string, string>>;
}

/** The first paragraphs of the documentation of a directive of a module; undefined when there is none. */
export function directiveText(texts: ReferenceTexts, module: string, name: string): string | undefined {
	return texts.directives[`${module} ${name}`];
}

/** The documentation of a built-in variable, or of the family it belongs to (`http_…`). `name` is without `$`. */
export function variableText(texts: ReferenceTexts, name: string): string | undefined {
	const lower = name.toLowerCase();
	const own = texts.variables[lower];
	if (own !== undefined) return own;
	const family = Object.keys(texts.variables).find((prefix) => prefix.endsWith('_') && lower.startsWith(prefix));
	return family === undefined ? undefined : texts.variables[family];
}
