/** A reason to end with exit code 2: wrong usage, or something that cannot be read. The message is for the person. */
export class UsageFailure extends Error {}
