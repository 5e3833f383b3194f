import { endpointOf } from './endpoint.ts';
import type { Recipe } from './recipe.ts';
import { MASK } from './secrets.ts';

/** How many tunnels a load test opens, and how long it holds each. */
export interface LoadPlan {
	readonly count: number;
	readonly holdSeconds: number;
}

/** Headers that every WebSocket client makes itself. */
const CLIENTS_OWN: ReadonlySet<string> = new Set([
	'connection',
	'upgrade',
	'sec-websocket-key',
	'sec-websocket-version',
	'sec-websocket-extensions',
	'sec-websocket-protocol',
]);

/** Artillery opens so many tunnels a second. */
const ARRIVALS_PER_SECOND = 20;

/**
 * The route as a k6 script: `count` users open one tunnel each, hold it and close it; the check counts those that answered 101. Secrets
 * are read from the environment (`__ENV`, grafana.com/docs/k6), the address to connect to is in `options.hosts`.
 */
export function k6Script(recipe: Recipe, { count, holdSeconds }: LoadPlan): string {
	const { headers, subprotocols } = partsOf(recipe);
	const { host, port } = endpointOf(recipe.url);
	const options = [
		`scenarios: { websocket: { executor: 'per-vu-iterations', vus: ${count}, iterations: 1, maxDuration: '${holdSeconds + 60}s' } },`,
		...(recipe.insecure ? ['insecureSkipTLSVerify: true,'] : []),
		...(recipe.connectedTo === undefined || recipe.connectedTo.startsWith('unix:')
			? []
			: [`hosts: { ${JSON.stringify(`${host}:${port}`)}: ${JSON.stringify(recipe.connectedTo)} },`]),
		"thresholds: { checks: ['rate==1'] },",
	];
	const params = [
		...headers.map(([name, value]) => `\t\t${JSON.stringify(name)}: ${k6Text(value, variableName(name))},`),
		...(subprotocols.length === 0 ? [] : [`\t\t'Sec-WebSocket-Protocol': ${k6Text(subprotocols.join(', '), 'SUBPROTOCOL')},`]),
	];
	const { message } = recipe;
	return `${[
		"import { check } from 'k6';",
		"import ws from 'k6/ws';",
		'',
		'export const options = {',
		...options.map((line) => `\t${line}`),
		'};',
		'',
		`const url = ${k6Text(recipe.url, 'SECRET')};`,
		params.length === 0 ? 'const params = {};' : `const params = {\n\theaders: {\n${params.join('\n')}\n\t},\n};`,
		'',
		'export default function () {',
		...(message?.expected === undefined ? [] : ['\tlet answered = false;']),
		'\tconst response = ws.connect(url, params, (socket) => {',
		...(message === undefined ? [] : [`\t\tsocket.on('open', () => socket.send(${JSON.stringify(message.text)}));`]),
		...(message?.expected === undefined
			? []
			: [
					"\t\tsocket.on('message', (reply) => {",
					`\t\t\tanswered ||= String(reply).includes(${JSON.stringify(message.expected)});`,
					'\t\t});',
				]),
		`\t\tsocket.setTimeout(() => socket.close(), ${holdSeconds * 1000});`,
		'\t});',
		"\tcheck(response, { 'the handshake is answered with 101': ({ status }) => status === 101 });",
		...(message?.expected === undefined ? [] : ["\tcheck(answered, { 'the reply is as expected': (yes) => yes });"]),
		'}',
	].join('\n')}\n`;
}

/**
 * The route as a scenario of Artillery's WebSocket engine (artillery.io/docs/reference/engines/websocket): `count` users arrive, open one
 * tunnel each and hold it. Secrets are read from the environment (`$env`). Artillery connects to where the target says, so an address
 * chosen in its place goes into the target and the name into the Host header.
 */
export function artilleryScenario(recipe: Recipe, { count, holdSeconds }: LoadPlan): string {
	const { headers, subprotocols } = partsOf(recipe);
	const { scheme, authority, target } = endpointOf(recipe.url);
	const elsewhere = recipe.connectedTo !== undefined && !recipe.connectedTo.startsWith('unix:');
	const ws: string[] = [];
	if (recipe.insecure) ws.push('    rejectUnauthorized: false');
	if (recipe.proxy !== undefined) ws.push('    proxy:', `      url: ${JSON.stringify(`http://${recipe.proxy}`)}`);
	if (subprotocols.length > 0)
		ws.push('    subprotocols:', ...subprotocols.map((name) => `      - ${JSON.stringify(artilleryText(name, 'SUBPROTOCOL'))}`));
	const sent = elsewhere ? [['Host', authority] as const, ...headers] : headers;
	if (sent.length > 0)
		ws.push(
			'    headers:',
			...sent.map(
				([name, value]) => `      ${JSON.stringify(name)}: ${JSON.stringify(artilleryText(value, variableName(name)))}`,
			),
		);
	const address = `${scheme}://${elsewhere ? recipe.connectedTo : authority}${target}`;
	return `${[
		'config:',
		`  target: ${JSON.stringify(artilleryText(address, 'SECRET'))}`,
		...(ws.length === 0 ? [] : ['  ws:', ...ws]),
		'  phases:',
		`    - duration: ${Math.max(1, Math.ceil(count / ARRIVALS_PER_SECOND))}`,
		`      arrivalCount: ${count}`,
		'scenarios:',
		'  - engine: ws',
		'    flow:',
		...(recipe.message === undefined ? [] : [`      - send: ${JSON.stringify(recipe.message.text)}`]),
		`      - think: ${holdSeconds}`,
	].join('\n')}\n`;
}

interface Parts {
	readonly headers: readonly (readonly [string, string])[];
	readonly subprotocols: readonly string[];
}

function partsOf({ url, request }: Recipe): Parts {
	const { authority } = endpointOf(url);
	const protocols = request.headers.filter(([name]) => name.toLowerCase() === 'sec-websocket-protocol');
	return {
		headers: request.headers.filter(
			([name, value]) => !CLIENTS_OWN.has(name.toLowerCase()) && !(name.toLowerCase() === 'host' && value === authority),
		),
		subprotocols: protocols.flatMap(([, value]) => value.split(',').map((name) => name.trim())),
	};
}

function variableName(header: string): string {
	return header.toUpperCase().replace(/\W/g, '_');
}

/** An expression of JavaScript; each mask becomes a variable of the environment. */
function k6Text(text: string, variable: string): string {
	const parts = text.split(MASK);
	if (parts.length === 1) return JSON.stringify(text);
	const quoted = parts.map((part) => part.replace(/[\\`]|\$\{/g, '\\$&'));
	return `\`${quoted.join(`\${__ENV.${variable}}`)}\``;
}

function artilleryText(text: string, variable: string): string {
	return text.split(MASK).join(`{{ $env.${variable} }}`);
}
