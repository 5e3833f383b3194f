import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import type { Configuration } from '../../../server/src/core/config/model.ts';
import { readLooseFile } from '../../../server/src/core/config/project.ts';
import { routesOf } from '../../../server/src/core/routes/routes.ts';
import { render } from '../../../server/src/core/sandbox/plan.ts';
import { type PlanOptions, planSandbox } from '../../../server/src/core/sandbox/planSandbox.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

const VERSION = { major: 1, minor: 26, patch: 3 };

function planned(configuration: Configuration, options: Partial<PlanOptions> = {}) {
	const plan = planSandbox(configuration, {
		routes: routesOf(configuration, VERSION),
		lacking: new Set(),
		undefinedVariables: new Set(),
		modules: new Map(),
		isForeign: false,
		...options,
	});
	const places = {
		folder: '/private',
		listenPorts: plan.listens.map((_, index) => 4000 + index),
		backendPorts: plan.backends.map((_, index) => 5000 + index),
	};
	return { plan, text: plan.files.map((file) => render(file.text, places)).join('\n---\n') };
}

function plan(files: Readonly<Record<string, string>> | string, options: Partial<PlanOptions> = {}) {
	const texts = typeof files === 'string' ? { '/w/nginx.conf': files } : files;
	return planned(buildConfiguration('/w/nginx.conf', memoryFiles(texts)), options);
}

/** One location of a server. */
function location(lines: string, options: Partial<PlanOptions> = {}) {
	return plan(`events {}\nhttp {\nserver {\nlisten 80;\nlocation /ws/ {\n${lines}\n}\n}\n}\n`, options);
}

describe('the copy of a configuration for the sandbox', () => {
	test('keeps every line where it was, comments and all', () => {
		const text = `# mine
user www-data; # who
events {}
http {
	include
		conf.d/*.conf;
	access_log /var/log/a.log
		combined;
	server {
		listen 80;
	}
}
`;
		const { plan: made } = plan({ '/w/nginx.conf': text, '/w/conf.d/a.conf': 'server {\n\tlisten 81;\n}\n' });
		const main = made.files.find(({ path }) => path === '/w/nginx.conf')?.text ?? '';
		const lines = main.split('\n');
		expect(lines.length).toBe(text.split('\n').length);
		expect(lines[0]).toMatch(/# mine$/);
		expect(lines[1]).toBe(' # who');
		expect(lines[8]).toBe('\tserver {');
		expect(lines[4]).toContain('include 1-a.conf;');
	});

	test('listens on loopback alone, one port for each address', () => {
		const { text, plan: made } = plan(
			'events {} http { server { listen 80 default_server reuseport; listen [::]:80 ipv6only=on; listen 10.0.0.1:443 ssl; listen unix:/run/x; listen 443 quic; } server { listen 80; } server { } }',
		);
		expect(text.match(/listen [^;]+;/g)).toEqual([
			'listen 127.0.0.1:4000 default_server;',
			'listen 127.0.0.1:4001;',
			'listen 127.0.0.1:4002 ssl;',
			'listen 127.0.0.1:4003;',
			'listen 127.0.0.1:4000;',
			'listen 127.0.0.1:4000;',
		]);
		expect(made.listens.map(({ key }) => key)).toEqual(['*:80', '[::]:80', '10.0.0.1:443', 'unix:/run/x']);
	});

	test.each([
		['proxy_pass http://app.example.com;', 'proxy_pass http://sandbox-0.invalid;', 'app.example.com'],
		['proxy_pass https://10.0.0.1:8443/x/;', 'proxy_pass http://sandbox-0.invalid/x/;', '10.0.0.1:8443'],
		['proxy_pass http://unix:/run/app.sock:/x;', 'proxy_pass http://sandbox-0.invalid/x;', 'unix:/run/app.sock'],
		['proxy_pass http://10.0.0.1:81$request_uri;', 'proxy_pass http://sandbox-0.invalid$request_uri;', '10.0.0.1:81'],
		['uwsgi_pass unix:/run/app.sock;', 'uwsgi_pass sandbox-0.invalid;', 'unix:/run/app.sock'],
		['grpc_pass grpcs://10.0.0.1:81;', 'grpc_pass grpc://sandbox-0.invalid;', '10.0.0.1:81'],
	])('%s goes to a recording backend', (line, copied, address) => {
		const { text, plan: made } = location(line);
		expect(text).toContain(copied);
		expect(made.backends).toEqual([{ address, upstream: undefined }]);
		expect(text).toContain('upstream sandbox-0.invalid { server 127.0.0.1:5000; }');
	});

	test('where a variable leads is taken from the model; a route is not proved where that cannot be told', () => {
		const known = location('set $to 10.0.0.1:81; proxy_pass http://$to;');
		expect(known.text).toContain('proxy_pass "http://sandbox-0.invalid${sandbox_nothing}";');
		expect(known.plan.dependences).toEqual([]);
		const asked = location('proxy_pass http://$arg_to;');
		expect(asked.text).not.toContain('$arg_to');
		expect(asked.plan.backends).toEqual([]);
		const open = location('proxy_pass http://$hostname:81;');
		expect(open.text).not.toContain('$hostname');
		expect(open.plan.dependences.map(({ rewriting }) => rewriting.why)).toEqual(['where its variables lead is not known']);
	});

	test('a variable cannot go on with an address that begins with numbers', () => {
		const { text } = plan(
			'events {} http { upstream 10.0.0 { server 10.0.0.9; } server { location ~ ^/(.+)/ws$ { proxy_pass http://10.0.0$1; } location /a { rewrite ^ .5/x; proxy_pass http://10.0.0$uri; } } }',
		);
		expect(text).not.toMatch(/10\.0\.0[$.]/);
	});

	test.each([
		'resolver 192.0.2.1;',
		'access_log syslog:server=192.0.2.1;',
		'error_log syslog:server=192.0.2.1;',
		'proxy_store /etc/x;',
		'dav_methods PUT;',
		'proxy_bind 192.0.2.1;',
		'proxy_ssl_certificate_key /etc/x.key;',
		'set_real_ip_from lookup.example.com;',
		'auth_basic_user_file /etc/x;',
		'content_by_lua_block { os.execute("x") }',
		'js_content main.x;',
		'perl main::x;',
		'ssl_stapling on;',
		'ssl_session_ticket_key /etc/x.key;',
		'client_body_in_file_only on;',
		'xslt_stylesheet /etc/x;',
		'tunnel_pass;',
		'acme_certificate x;',
		'otel_trace on;',
		'ssl_conf_command Options x;',
		'open_log_file_cache max=1;',
		'proxy_temp_path /etc/x;',
		'nchan_publisher;',
	])('%s is left out and said', (line) => {
		const { text, plan: made } = location(line);
		expect(text.split('\n')[5]).toBe('');
		expect(made.rewritings.filter(({ what }) => line.startsWith(what))).toHaveLength(1);
		expect(made.rewritings.find(({ what }) => line.startsWith(what))?.line).toBe(6);
	});

	test('directives that we do not know stay for nginx to refuse, but where nginx was built with other modules', () => {
		expect(location('frobnicate on;').text).toContain('frobnicate on;');
		const foreign = location('frobnicate on;', { isForeign: true });
		expect(foreign.text).not.toContain('frobnicate');
		expect(foreign.plan.dependences).toHaveLength(1);
	});

	test('a module is loaded from nginx’s own folder only, and never one that runs code', () => {
		const modules = new Map([
			['ngx_stream_module.so', '/usr/lib/nginx/modules/ngx_stream_module.so'],
			['ngx_http_lua_module.so', '/usr/lib/nginx/modules/ngx_http_lua_module.so'],
		]);
		const { text } = plan(
			'load_module /tmp/ngx_stream_module.so;\nload_module modules/ngx_http_lua_module.so;\nload_module /tmp/evil.so;\nevents {}\n',
			{ modules },
		);
		expect(text.match(/load_module [^;]+;/g)).toEqual(['load_module /usr/lib/nginx/modules/ngx_stream_module.so;']);
	});

	test('a stream block gets nginx’s module for it, where the file leaves the loading to the system', () => {
		const modules = new Map([['ngx_stream_module.so', '/usr/lib/nginx/modules/ngx_stream_module.so']]);
		const conf = 'events {}\nstream { server { listen 8443; proxy_pass 127.0.0.1:9001; } }\n';
		expect(plan(conf, { modules }).text).toMatch(/^load_module \/usr\/lib\/nginx\/modules\/ngx_stream_module\.so; /);
		expect(plan(conf).text).not.toContain('load_module');
		expect(plan('events {}\n', { modules }).text).not.toContain('load_module');
	});

	test('a key that is included is not copied', () => {
		const { text, plan: made } = plan({
			'/w/nginx.conf': 'events {}\nhttp {\ninclude key.pem;\n}\n',
			'/w/key.pem': '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n',
		});
		expect(text).not.toContain('include');
		expect(made.rewritings.map(({ what }) => what)).toContain('include key.pem');
	});

	test('a variable that is lost with its directive gets an empty value, so that nginx still starts', () => {
		const { text } = location('js_set $who main.who; proxy_set_header X-Who $who; proxy_pass http://a;');
		expect(text).toContain('map $request_method $who { default ""; }');
	});

	test('a fragment runs with as much around it as it needs, and a template does not run', () => {
		const fragment = readLooseFile(
			'/w/chat.conf',
			memoryFiles({ '/w/chat.conf': 'location /ws { proxy_pass http://a; proxy_set_header Connection $connection_upgrade; }\n' }),
		);
		if (fragment === undefined) throw new Error('no configuration');
		const { text, plan: made } = planned(fragment);
		expect(text).toContain('server { listen 127.0.0.1:4000; include 0-chat.conf; }');
		expect(made.rewritings.map(({ kind }) => kind)).toContain('assumed');
		expect(plan('events {}\nhttp { {% if x %} server { listen 80; } {% endif %} }\n').plan.problem).toMatch(/is a template/);
	});
});
