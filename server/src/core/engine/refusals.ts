import type { Configuration, Files, Place } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import type { Edit, Report, Rule, RuleContext } from '../rules/rule.ts';
import { ApartEdits, applyEdits, editsByFile } from './edits.ts';
import { overlaid } from './proof.ts';

/** Something that nginx refuses to start with, and what to write instead where that is known. */
interface Refusal {
	readonly rule: Rule;
	readonly report: Report;
}

/**
 * What nginx refuses in one configuration. What stands beside it was not written to be read without it: a finding about a route that is
 * gone once the refused text is mended says nothing, and a cure of such a route waits until it is.
 */
export class Refusals {
	readonly #all: Refusal[] = [];
	/** Those for which nobody knows what was meant. */
	#unread: readonly Refusal[] | undefined;

	/** Takes a report of a rule into account. */
	add(rule: Rule, report: Report): void {
		if (rule.refused !== true || report.severity !== 'error') return;
		this.#unread = undefined;
		this.#all.push({ rule, report });
	}

	get some(): boolean {
		return this.#all.length > 0;
	}

	/** True when a cure of the route has to wait, but for one in the refused line itself: it may be all that the route needs. */
	holdUp(route: Route, edits: readonly Edit[], context: RuleContext): boolean {
		const inside = this.#all.filter(({ rule, report }) => isIn(report.at, route) && isAboutProxying(rule, report, route));
		if (inside.length === 0 && !misspelt(route, context)) return false;
		return !inside.some(({ report }) => edits.some((edit) => overlaps(edit, lineOf(report.at, route))));
	}

	/** True when the location holds text that cannot be read and for which nobody knows what was meant. */
	garbles(route: Route): boolean {
		this.#unread ??= this.#all.filter(
			({ rule, report }) =>
				(rule.id === 'syntax-error' || rule.id === 'unknown-directive') && preferredEdits(report).length === 0,
		);
		return this.#unread.some(({ report }) => isIn(report.at, route));
	}

	/** The configuration with everything `which` mended that has one preferred cure; undefined when there is nothing, or it cannot be read again, as where no files are given. */
	mended(
		configuration: Configuration,
		{ files, rebuild }: { readonly files?: Files; readonly rebuild?: (files: Files) => Configuration },
		which: (refusal: Refusal) => boolean = () => true,
	): Configuration | undefined {
		if (files === undefined || rebuild === undefined) return undefined;
		const edits: Edit[] = [];
		const apart = new ApartEdits();
		for (const refusal of this.#all) {
			if (!which(refusal)) continue;
			const { report } = refusal;
			const own = preferredEdits(report);
			if (own.length === 0 || !apart.takes(own)) continue;
			apart.add(own);
			edits.push(...own);
		}
		const texts = new Map<string, string>();
		for (const [path, own] of editsByFile(edits)) {
			const before = configuration.files.get(path)?.tree.source.text;
			const text = before === undefined ? undefined : applyEdits(before, own);
			if (typeof text === 'string') texts.set(path, text);
		}
		return texts.size === 0 ? undefined : rebuild(overlaid(files, texts));
	}
}

function preferredEdits(report: Report): readonly Edit[] {
	return report.cures?.().find(({ preferred }) => preferred)?.edits ?? [];
}

function isIn({ path, span }: Place, { at }: Route): boolean {
	return path === at.file.path && at.node.span.start <= span.start && span.end <= at.node.span.end;
}

/** True for unreadable text, and for a line that tells how to proxy. */
function isAboutProxying(rule: Rule, report: Report, route: Route): boolean {
	if (rule.id === 'syntax-error') return true;
	const line = route.location.directives.find(
		({ node, file }) =>
			file.path === report.at.path && node.span.start <= report.at.span.start && report.at.span.end <= node.span.end,
	);
	return line?.node.name.value.startsWith('proxy_') === true;
}

/** The directive that a report stands in, or else its own place. */
function lineOf(at: Place, { location }: Route): Place {
	const line = location.directives.find(
		({ node, file }) => file.path === at.path && node.span.start <= at.span.start && at.span.end <= node.span.end,
	);
	return line === undefined ? at : { path: at.path, span: line.node.span };
}

function overlaps(edit: Edit, place: Place): boolean {
	return edit.path === place.path && place.span.start <= edit.span.start && edit.span.end <= place.span.end;
}

/** True when the location holds a misspelt directive that tells how to proxy. */
function misspelt(route: Route, context: RuleContext): boolean {
	return context
		.directiveProblems()
		.some(
			({ at, code, suggestion }) =>
				at.scope === route.location && code !== 'version' && (suggestion ?? at.node.name.value).startsWith('proxy_'),
		);
}
