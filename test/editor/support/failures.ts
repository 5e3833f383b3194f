import { onTestFailed } from 'vitest';
import type { Workbench } from './workbench.ts';

/** When the test fails: keeps what could be seen at that moment. */
export function keepFailure(bench: Workbench): void {
	onTestFailed(({ task }) => bench.screenshot(`failed ${task.name}`.replaceAll(/[^a-z0-9]+/gi, '-')));
}
