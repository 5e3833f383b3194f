import type { TestController, TestItem, TestItemCollection } from 'vscode';
import { Range, Uri, workspace } from 'vscode';
import type { Range as ProtocolRange, RouteUrlDescription, WorkspaceRoute } from '../../../../server/src/protocol/requests.ts';
import { urlText } from '../routeTarget.ts';
import { groupRoutes } from './outcome.ts';

/** One handshake that can be tested. */
export interface Leaf {
	readonly item: TestItem;
	readonly route: WorkspaceRoute;
	readonly url: RouteUrlDescription;
}

/** Puts the routes into the view by file, server and location, and a location's URLs below it where it has several; what can be run, by id of its item. */
export function showRoutes(controller: TestController, routes: readonly WorkspaceRoute[]): ReadonlyMap<string, Leaf> {
	const leaves = new Map<string, Leaf>();
	const files = groupRoutes(routes).map(({ uri, servers }) => {
		const target = Uri.parse(uri);
		const make = (within: TestItemCollection, id: string, label: string, range: ProtocolRange | undefined): TestItem => {
			const item = within.get(id) ?? controller.createTestItem(id, label, target);
			item.label = label;
			item.range = range && new Range(range.start.line, range.start.character, range.end.line, range.end.character);
			return item;
		};
		const file = make(controller.items, uri, workspace.asRelativePath(target), undefined);
		file.children.replace(
			servers.map(({ id, name, range, routes: own }) => {
				const server = make(file.children, id, name, range);
				server.children.replace(
					own.map((one) => {
						const { route } = one;
						const location = make(server.children, one.id, route.title, route.range);
						const urls = route.urls.filter(({ listenAddress }) => !listenAddress.startsWith('unix:'));
						const [only] = urls;
						location.error =
							only === undefined ? 'No request from outside gets here over TCP, so there is nothing to test.' : undefined;
						location.description = urls.length === 1 && only !== undefined ? urlText(only) : '';
						if (urls.length === 1 && only !== undefined) leaves.set(location.id, { item: location, route, url: only });
						location.children.replace(
							urls.length < 2
								? []
								: urls.map((url) => {
										const item = make(location.children, `${one.id}|${urlText(url)}`, urlText(url), route.range);
										leaves.set(item.id, { item, route, url });
										return item;
									}),
						);
						return location;
					}),
				);
				return server;
			}),
		);
		return file;
	});
	controller.items.replace(files);
	return leaves;
}

/** The leaves under some items, without those under others. */
export function leavesOf(
	leaves: ReadonlyMap<string, Leaf>,
	include: readonly TestItem[] | undefined,
	exclude: readonly TestItem[] | undefined,
): readonly Leaf[] {
	const isUnder = (item: TestItem, some: readonly TestItem[]): boolean => {
		for (let one: TestItem | undefined = item; one !== undefined; one = one.parent)
			if (some.some(({ id }) => id === one?.id)) return true;
		return false;
	};
	return [...leaves.values()].filter(
		({ item }) => (include === undefined || isUnder(item, include)) && !isUnder(item, exclude ?? []),
	);
}
