/** What each close code says (RFC 6455 §7.4.1 and the IANA registry of WebSocket close codes), in words for a person. */
const MEANINGS: Readonly<Record<number, string>> = {
	1000: 'normal end',
	1001: 'the other side goes away (server stops, page is left)',
	1002: 'protocol error: the other side read a frame that it could not understand',
	1003: 'the other side does not take this kind of message',
	1005: 'closed properly, without a code',
	1006: 'cut without a close frame: the connection broke, or a proxy on the way ended it (nginx ends an idle tunnel so)',
	1007: 'a message was not valid for its type (text that is not UTF-8)',
	1008: 'the message or the client breaks a rule of the server (often: not signed in, or a wrong Origin)',
	1009: 'a message was too big for the other side',
	1010: 'the client wanted an extension that the server does not have',
	1011: 'the server met an error of its own; its log has it',
	1012: 'the server restarts',
	1013: 'the server is overloaded; try later',
	1014: 'a gateway got a bad answer from the server behind it',
	1015: 'the TLS handshake failed',
};

/** A close code in words. */
export function closeCodeMeaning(code: number): string {
	const known = MEANINGS[code];
	if (known !== undefined) return known;
	if (code >= 3000 && code <= 3999) return 'a code of a library or framework';
	if (code >= 4000 && code <= 4999) return "a code of the application's own; its documentation says what it means";
	return 'a code that nobody may send';
}
