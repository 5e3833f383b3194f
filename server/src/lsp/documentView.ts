import type { PlacedDirective, Scope } from '../core/config/model.ts';
import type { NginxVersion } from '../core/reference/versions.ts';
import type { Directive, SyntaxTree } from '../core/syntax/nodes.ts';
import { enclosingBlock } from '../core/syntax/query.ts';
import type { Checked } from '../features/checked.ts';
import type { ShownFinding } from '../features/findings.ts';
import type { Lines, Placement, ScopeHere, View } from '../features/view.ts';
import type { Settings } from '../protocol/settings.ts';
import type { Documents } from './documents.ts';
import { uriOfPath } from './paths.ts';
import type { Basis, Workspace } from './workspace.ts';

/** A view onto one document as it is now. */
export class DocumentView implements View {
	readonly uri: string;
	readonly path: string;
	readonly version: number | null;
	readonly lines: Lines;
	readonly nginxVersion: NginxVersion;
	readonly settings: Settings;
	readonly commands: readonly string[];
	readonly #reading: { readonly tree: SyntaxTree };
	readonly #workspace: Workspace;
	readonly #documents: Documents;
	#checked: readonly Checked[] | undefined;
	readonly #placements = new Map<Checked, ReadonlyMap<Directive, readonly PlacedDirective[]>>();

	constructor(
		document: {
			readonly uri: string;
			readonly path: string;
			readonly version: number | null;
			readonly reading: { readonly tree: SyntaxTree };
			readonly lines: Lines;
		},
		basis: Basis,
		commands: readonly string[],
		workspace: Workspace,
		documents: Documents,
	) {
		this.uri = document.uri;
		this.path = document.path;
		this.version = document.version;
		this.#reading = document.reading;
		this.lines = document.lines;
		this.nginxVersion = basis.version;
		this.settings = basis.settings;
		this.commands = commands;
		this.#workspace = workspace;
		this.#documents = documents;
	}

	get tree(): SyntaxTree {
		return this.#reading.tree;
	}

	get checked(): readonly Checked[] {
		this.#checked ??= this.#workspace.including(this.path);
		return this.#checked;
	}

	get findings(): readonly ShownFinding[] {
		return this.#workspace.findingsIn(this.path);
	}

	uriOf(path: string): string {
		return this.#documents.at(path)?.uri ?? uriOfPath(path);
	}

	versionOf(path: string): number | null {
		return this.#documents.at(path)?.version ?? null;
	}

	linesOf(path: string): Lines | undefined {
		const open = this.#documents.at(path);
		if (open !== undefined) return open.lines;
		const content = this.#workspace.files.read(path);
		return content.kind === 'text' ? content.tree.source : undefined;
	}

	placements(node: Directive): readonly Placement[] {
		return this.checked.flatMap((checked) =>
			(this.#index(checked).get(node) ?? []).map((placed): Placement => ({ checked, placed })),
		);
	}

	scopesAt(offset: number): readonly ScopeHere[] {
		const block = enclosingBlock(this.tree, offset);
		if (block !== undefined)
			return this.placements(block).flatMap(({ checked, placed }) =>
				placed.body === undefined ? [] : [{ checked, scope: placed.body }],
			);
		return this.checked.flatMap((checked) => {
			if (checked.configuration.main.path === this.path) return [{ checked, scope: checked.configuration.root }];
			const first = this.tree.directives[0];
			const places = first === undefined ? [] : (this.#index(checked).get(first) ?? []);
			return places.map((placed): ScopeHere => ({ checked, scope: placed.scope }));
		});
	}

	#index(checked: Checked): ReadonlyMap<Directive, readonly PlacedDirective[]> {
		const known = this.#placements.get(checked);
		if (known !== undefined) return known;
		const index = placementsIn(checked.configuration.root, this.path);
		this.#placements.set(checked, index);
		return index;
	}
}

/** Every place that the directives of one file have in a configuration. */
function placementsIn(root: Scope, path: string): ReadonlyMap<Directive, readonly PlacedDirective[]> {
	const index = new Map<Directive, PlacedDirective[]>();
	const waiting: Scope[] = [root];
	for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop())
		for (const placed of scope.directives) {
			if (placed.file.path === path) {
				const known = index.get(placed.node);
				if (known === undefined) index.set(placed.node, [placed]);
				else known.push(placed);
			}
			if (placed.body !== undefined) waiting.push(placed.body);
		}
	return index;
}
