import texts from './texts.generated.json';

const DIRECTIVES: Readonly<Record<string, string>> = texts.directives;
const VARIABLES: Readonly<Record<string, string>> = texts.variables;

/** The first paragraphs of the documentation of a directive of a module, Markdown; undefined when there is none. */
export function directiveText(module: string, name: string): string | undefined {
	return DIRECTIVES[`${module} ${name}`];
}

/** The documentation of a built-in variable, or of the family it belongs to (`http_…`), Markdown. `name` is without `$`. */
export function variableText(name: string): string | undefined {
	const lower = name.toLowerCase();
	const own = VARIABLES[lower];
	if (own !== undefined) return own;
	const family = Object.keys(VARIABLES).find((prefix) => prefix.endsWith('_') && lower.startsWith(prefix));
	return family === undefined ? undefined : VARIABLES[family];
}
