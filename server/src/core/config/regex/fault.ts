/** Why an expression cannot be used: PCRE refuses it, or it holds what is not modelled. Never leaves this room. */
export class RegexFault extends Error {}
