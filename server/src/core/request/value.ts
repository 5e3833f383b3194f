/** A value that the configuration and the request do not determine. */
export interface Unknowable {
	/** The value as far as it is known, with `$name` in place of what is not. */
	readonly text: string;
	/** Why, as a clause for a person: `$request_id is made up by nginx for each request`. */
	readonly reason: string;
	/** True when the value is certainly not empty, whatever it is. */
	readonly filled: boolean;
	/** An example of the value, where none that it can have is a header's token: a number, a time, an identifier. */
	readonly sample?: string;
}

/** Bytes, or what is known of them. */
export type Value = string | Unknowable;

export function unknowable(text: string, reason: string, filled = false, sample?: string): Unknowable {
	return sample === undefined ? { text, reason, filled } : { text, reason, filled, sample };
}

/** The value, or what is known of it with `$name` for the rest. */
export function textOf(value: Value): string {
	return typeof value === 'string' ? value : value.text;
}

/** Thrown inside this room when the outcome hangs on something that cannot be known; never leaves it. */
export class CannotKnow extends Error {
	readonly reason: string;
	constructor(reason: string) {
		super(reason);
		this.reason = reason;
	}
}

/** Thrown inside this room at a yes-or-no question that cannot be answered: the request is then followed both ways. */
export class Undecided extends Error {
	readonly reason: string;
	constructor(reason: string) {
		super(reason);
		this.reason = reason;
	}
}
