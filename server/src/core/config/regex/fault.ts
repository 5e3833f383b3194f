/** Why an expression cannot be used: PCRE refuses it, or it holds what is not modelled. Never leaves this room. */
export class RegexFault extends Error {
	/** True where every version of PCRE refuses it (run with the nginx of three generations). */
	readonly refused: boolean;

	constructor(message: string, refused = false) {
		super(message);
		this.refused = refused;
	}
}
