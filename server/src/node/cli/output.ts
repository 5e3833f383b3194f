/** Where a command writes: data to standard output, all else to standard error. */
export interface Output {
	data(text: string): void;
	note(text: string): void;
	/** Whether standard output is a terminal that shows colours. */
	readonly colour: boolean;
}
