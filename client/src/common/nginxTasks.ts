import type { Disposable, Pseudoterminal, TaskDefinition } from 'vscode';
import { CustomExecution, EventEmitter, Task, TaskScope, tasks } from 'vscode';
import type { NginxControl } from './nginxControl.ts';

const TYPE = 'nginx';
const NAMES: Readonly<Record<string, string>> = {
	test: 'Test configuration',
	reload: 'Reload',
	restart: 'Restart',
};

/** `nginx: Test configuration`, `Reload` and `Restart` among the tasks: what the commands of that name do, with an exit code. */
export function nginxTasks(nginx: NginxControl): Disposable {
	return tasks.registerTaskProvider(TYPE, {
		provideTasks: () => Object.keys(NAMES).map((action) => taskFor(nginx, { type: TYPE, action })),
		resolveTask: ({ definition }) => (String(definition.action) in NAMES ? taskFor(nginx, definition) : undefined),
	});
}

function taskFor(nginx: NginxControl, definition: TaskDefinition): Task {
	const action = String(definition.action);
	const name = NAMES[action] ?? action;
	const run = (): Promise<boolean> => (action === 'reload' || action === 'restart' ? nginx.control(action) : nginx.test());
	return new Task(definition, TaskScope.Workspace, name, TYPE, new CustomExecution(async () => terminalOf(name, run)), []);
}

/** A terminal that runs something once and tells how it ended. */
function terminalOf(name: string, run: () => Promise<boolean>): Pseudoterminal {
	const writing = new EventEmitter<string>();
	const closing = new EventEmitter<number>();
	return {
		onDidWrite: writing.event,
		onDidClose: closing.event,
		open: async () => {
			const ok = await run();
			writing.fire(`nginx: ${name}: ${ok ? 'done' : 'not done'}.\r\n`);
			closing.fire(ok ? 0 : 1);
		},
		close: () => {
			writing.dispose();
			closing.dispose();
		},
	};
}
