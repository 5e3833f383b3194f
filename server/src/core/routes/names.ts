/** Words that name a WebSocket endpoint: conventional paths, and the default endpoints of widely used libraries and products. */
const ENDPOINT =
	/(?:^|[/_.\-(|^@\s])(?:ws|wss|web-?sockets?|websockify|sockets?|socket\\?\.io|engine\\?\.io|sockjs|sockjs-node|cable|signalr|action[-_]?cable|ttyd|primus|faye|mqtt|stomp|hmr|webpack-hmr|livereload|reverb|pusher|_stcore|kernels|terminals)(?=$|[/_.\-)|$?*+\s(])/i;

/** Names that say it outright; `socket` alone, or `cable`, is too common a word in an upstream's name. */
const OUTRIGHT = /(?:^|[^a-z])(?:ws|wss|web-?sockets?|socket-?io|sockjs|signalr)(?=$|[^a-z])|websocket/i;

/** What stands beside an endpoint and is asked for with plain requests: health checks, figures, files. */
const BESIDE =
	/[/_.\-(|](?:health(?:z|[-_]?check)?|ready(?:z)?|alive|livez|liveness|readiness|metrics|stats|status|info|version|docs|swagger|static|assets|images?|img|fonts?|uploads|favicon|robots|well-known|acme-challenge)(?=$|[/?$)|.])|\\?\.\(?(?:\?:)?(?:js|css|map|html?|png|jpe?g|gif|webp|avif|svg|ico|woff2?|ttf|otf|eot|json|txt|xml|pdf|wasm|webmanifest|mp3|mp4|webm|zip|t?gz|php)(?=$|[|?$)])/i;

/** The part of a location's pattern that names a WebSocket endpoint; undefined when none does. */
export function endpointWord(pattern: string): string | undefined {
	const found = ENDPOINT.exec(pattern);
	if (found === null || BESIDE.test(pattern.slice(found.index + 1))) return undefined;
	return found[0].replace(/^[/_.\-(|^@\s]/, '');
}

/** True for a path that is asked for with plain requests, whatever the name of its backend. */
export function isBeside(pattern: string): boolean {
	return BESIDE.test(pattern);
}

/** True for a name (upstream, named location) that says WebSocket. */
export function saysWebSocket(name: string): boolean {
	return OUTRIGHT.test(name);
}

/** True for the endpoint of engine.io and socket.io (TO22, UP1). */
export function isSocketIo(pattern: string): boolean {
	return /(?:socket|engine)\\?\.io/i.test(pattern);
}
