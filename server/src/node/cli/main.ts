import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version as packageVersion } from '../../../../package.json';
import { DEFAULT_VERSION, formatVersion } from '../../core/reference/versions.ts';
import { check } from './check.ts';
import { explain } from './explain.ts';
import { UsageFailure } from './failure.ts';
import type { Output } from './output.ts';
import { routes } from './routes.ts';
import { listRules, showRule } from './rules.ts';

const HELP = `nginx-websocket ${packageVersion}: WebSockets behind nginx

  check [PATH…]      findings for a main file, a fragment or a folder
      --format pretty|json|sarif|github   --fix   --fix-dry-run   --context http|server|location
  routes CONFIG      every proxied route and what becomes of a handshake there
      --format pretty|json
  explain CONFIG URL what nginx does with this handshake, step by step
      -H 'Name: value'   --format pretty|json
  explain CONFIG --requests FILE.jsonl --format jsonl
  test CONFIG [URL]  a real handshake, explained; without a URL on every WebSocket route
      --format pretty|json   -H 'Name: value'   --connect-to HOST:PORT   --insecure   --timeout SECONDS
      --anywhere: contact hosts other than this machine
      --origin same|none|URL   --subprotocol NAME   --cookie NAME=VALUE   --message TEXT [--expect TEXT]   --follow N
      --user NAME --password-env VARIABLE   --bearer-env VARIABLE   --cacert FILE   --cert FILE --key FILE   --proxy URL
      --direct: also straight to the backend, to tell whose fault it is
      --hold SECONDS: leave the tunnel idle and see who closes it
      --spread N [--by HEADER] [--keep-cookies]: which backends N handshakes come to
      --socket-io N: N socket.io sessions, from the first plain request to the WebSocket
      --load N [--ramp N] [--hold SECONDS]: N tunnels at the same time
      --export curl|wscat|k6|artillery: print the handshake, or with --load the load test, and contact nothing
  test CONFIG --sandbox  the same in a private nginx on a copy, before it is deployed
      --format pretty|json|junit|github|markdown   --nginx PROGRAM   --nginx-version 1.22,1.26,1.30
  rules, rule ID     the rules, and the page of one
      --format pretty|json (rules)
  server --stdio     the language server

  --nginx-version X[..Y]   the nginx that runs; ${formatVersion(DEFAULT_VERSION)} unless said

Exit codes: 0 all is well, 1 a warning or error was found (check) or not every route upgraded (test), 2 wrong usage or unreadable input.
`;

/** How many arguments the commands take that do not take any number of them. */
const MOST_ARGUMENTS: Readonly<Record<string, number>> = { routes: 1, explain: 2, test: 2, rules: 0, rule: 1, server: 0 };

const output: Output = {
	data: (text) => process.stdout.write(text),
	note: (text) => process.stderr.write(text),
	colour: process.stdout.isTTY && process.env.NO_COLOR === undefined,
};

async function main(argv: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments(argv);
	const [command, ...rest] = positionals;
	if (values.version) {
		output.data(`${packageVersion}\n`);
		return 0;
	}
	if (values.help || command === undefined) {
		output.data(HELP);
		return values.help || command === undefined ? (values.help ? 0 : 2) : 0;
	}
	const surplus = rest[MOST_ARGUMENTS[command] ?? rest.length];
	if (surplus !== undefined)
		throw new UsageFailure(`${command} takes no ${JSON.stringify(surplus)}; \`nginx-websocket --help\` shows what it takes.`);
	const format = values.format ?? 'pretty';
	const version = values['nginx-version'];
	switch (command) {
		case 'check':
			return check(
				{
					paths: rest,
					format,
					fix: values.fix ?? false,
					fixDryRun: values['fix-dry-run'] ?? false,
					context: values.context,
					nginxVersion: version,
				},
				output,
			);
		case 'routes':
			return routes(rest[0], format, version, output);
		case 'explain':
			return explain(
				{ path: rest[0], url: rest[1], headers: values.header ?? [], requests: values.requests, format, nginxVersion: version },
				output,
			);
		case 'test': {
			if (values.sandbox) {
				if (rest[1] !== undefined)
					throw new UsageFailure('--sandbox tests every WebSocket route of the configuration; leave out the URL.');
				const { testInSandbox } = await import('./sandbox.ts');
				return testInSandbox({ path: rest[0], format, nginx: programOf(values.nginx), nginxVersion: version }, output);
			}
			const { test } = await import('./test.ts');
			return test(
				{
					path: rest[0],
					url: rest[1],
					format,
					headers: values.header ?? [],
					cookies: values.cookie ?? [],
					user: values.user,
					passwordEnv: values['password-env'],
					bearerEnv: values['bearer-env'],
					origin: values.origin,
					subprotocols: values.subprotocol ?? [],
					connectTo: values['connect-to'],
					insecure: values.insecure ?? false,
					caFile: values.cacert,
					certFile: values.cert,
					keyFile: values.key,
					proxy: values.proxy,
					message: values.message,
					expected: values.expect,
					follow: values.follow,
					anywhere: values.anywhere ?? false,
					timeout: values.timeout,
					direct: values.direct ?? false,
					hold: values.hold,
					spread: values.spread,
					by: values.by,
					keepCookies: values['keep-cookies'] ?? false,
					socketIo: values['socket-io'],
					load: values.load,
					ramp: values.ramp,
					export: values.export,
					nginxVersion: version,
				},
				output,
			);
		}
		case 'rules':
			return listRules(format, output);
		case 'rule':
			return showRule(rest[0], format, output);
		case 'server': {
			if (!values.stdio)
				throw new UsageFailure('The server speaks over standard input and output: nginx-websocket server --stdio.');
			const { startNodeServer } = await import('../server.ts');
			startNodeServer('stdio');
			return new Promise(() => {});
		}
		default:
			throw new UsageFailure(`There is no command ${command}; \`nginx-websocket --help\` lists them.`);
	}
}

function readArguments(argv: readonly string[]) {
	try {
		return parseArgs({
			args: [...argv],
			allowPositionals: true,
			options: {
				help: { type: 'boolean', short: 'h' },
				version: { type: 'boolean' },
				format: { type: 'string' },
				fix: { type: 'boolean' },
				'fix-dry-run': { type: 'boolean' },
				context: { type: 'string' },
				'nginx-version': { type: 'string' },
				header: { type: 'string', short: 'H', multiple: true },
				requests: { type: 'string' },
				'connect-to': { type: 'string' },
				insecure: { type: 'boolean' },
				cookie: { type: 'string', multiple: true },
				user: { type: 'string' },
				'password-env': { type: 'string' },
				'bearer-env': { type: 'string' },
				origin: { type: 'string' },
				subprotocol: { type: 'string', multiple: true },
				cacert: { type: 'string' },
				cert: { type: 'string' },
				key: { type: 'string' },
				proxy: { type: 'string' },
				message: { type: 'string' },
				expect: { type: 'string' },
				follow: { type: 'string' },
				direct: { type: 'boolean' },
				hold: { type: 'string' },
				spread: { type: 'string' },
				by: { type: 'string' },
				'keep-cookies': { type: 'boolean' },
				load: { type: 'string' },
				ramp: { type: 'string' },
				'socket-io': { type: 'string' },
				export: { type: 'string' },
				anywhere: { type: 'boolean' },
				timeout: { type: 'string' },
				sandbox: { type: 'boolean' },
				nginx: { type: 'string' },
				stdio: { type: 'boolean' },
			},
		});
	} catch (error) {
		throw new UsageFailure(wrongOption(error));
	}
}

/** Node's messages about options, in one sentence. */
function wrongOption(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	const option = /'(-[^' ,]*)/.exec(message)?.[1] ?? '';
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `There is no option ${option}; \`nginx-websocket --help\` lists them.`;
	if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE')
		return /does not take an argument/.test(message)
			? `${option} takes no value; \`nginx-websocket --help\` lists the options.`
			: `${option} needs a value; \`nginx-websocket --help\` lists the options.`;
	return `${message} (\`nginx-websocket --help\` lists the options.)`;
}

// Whoever reads our output may close it early, as `head` does; then nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	if (error.code === 'EPIPE') process.exit();
	throw error;
});

main(process.argv.slice(2)).then(
	(code) => {
		process.exitCode = code;
	},
	(error: unknown) => {
		process.stderr.write(
			error instanceof UsageFailure
				? `${error.message}\n`
				: `nginx-websocket failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
		);
		process.exitCode = 2;
	},
);

/** A program that is named by a path is the one in the folder that the person stands in; a bare name is looked for on PATH. */
function programOf(written: string | undefined): string | undefined {
	return written?.includes('/') ? resolve(written) : written;
}
