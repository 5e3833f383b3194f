import type { PlacedDirective } from '../../../server/src/core/config/model.ts';
import type { Prediction } from '../../../server/src/core/request/prediction.ts';

/** The constructs of the configuration language that decided an answer, by the directives that the prediction names. */
export function constructsOf(prediction: Prediction): ReadonlySet<string> {
	const found = new Set<string>();
	for (const { at, text } of prediction.because) for (const construct of constructsOfDirective(at, text)) found.add(construct);
	if (prediction.redirect !== null) found.add('a redirect');
	if (prediction.upstream !== null) {
		if (prediction.upstream.addresses.length > 1) found.add('upstream of several servers');
		if (prediction.upstream.addresses.some((address) => address.startsWith('unix:'))) found.add('unix socket');
		const header = prediction.upstream.headerSources;
		const { location } = prediction;
		for (const [name, sources] of header)
			for (const source of sources) {
				if (source.node.name.value !== 'proxy_set_header') continue;
				found.add(source.scope === location ? 'headers of the location' : `headers inherited from ${source.scope.context}`);
				if (prediction.upstream.headers.get(name) === undefined) found.add('header removed by an empty value');
			}
	}
	return found;
}

function* constructsOfDirective(at: PlacedDirective, _text: string): Generator<string> {
	const { name, args } = at.node;
	const words = args.map(({ value }) => value);
	const first = words[0] ?? '';
	if (at.via.length > 0) yield 'include';
	if (at.scope.context.startsWith('stream')) {
		yield `stream ${name.value}`;
		return;
	}
	switch (name.value) {
		case 'server_name':
			for (const word of words)
				yield `server_name ${word.startsWith('~') ? 'regex' : word.startsWith('*') ? 'leading wildcard' : word.startsWith('.') ? 'dotted' : word.endsWith('*') ? 'trailing wildcard' : word === '' ? 'empty' : 'exact'}`;
			return;
		case 'listen':
			yield words.some((word) => /^default/.test(word)) ? 'listen default_server' : 'listen';
			return;
		case 'location': {
			const modifier = /^(=|\^~|~\*|~)/.exec(first)?.[0];
			yield first.startsWith('@') ? 'location named' : `location ${modifier ?? 'prefix'}`;
			if (at.scope.context === 'location') yield 'location nested';
			return;
		}
		case 'if':
			yield `if ${words.map((word) => word.replace(/^\(/, '')).find((word) => /^(=|!=|!?~\*?|!?-[fdex])$/.test(word)) ?? 'variable'}`;
			return;
		case 'rewrite':
			yield `rewrite ${words[2] ?? (/^(https?:|\$scheme)/.test(words[1] ?? '') ? 'to a URL' : 'without flag')}`;
			return;
		case 'return':
			yield `return ${/^\d/.test(first) ? (words.length > 1 ? (/^30[12378]$/.test(first) ? 'code and URL' : 'code and text') : 'code') : 'URL'}`;
			return;
		case 'error_page':
			yield `error_page ${words.some((word) => /^=\d/.test(word)) ? '=code' : words.includes('=') ? '=' : 'plain'}${words.at(-1)?.startsWith('@') ? ' to a named location' : ''}`;
			return;
		case 'try_files':
			yield `try_files to ${words.at(-1)?.startsWith('@') ? 'a named location' : words.at(-1)?.startsWith('=') ? 'a code' : 'a URI'}`;
			return;
		case 'proxy_pass': {
			const rest = first.replace(/^https?:\/\/(unix:[^:]*:?)?/i, '');
			yield first.includes('$')
				? /^[^/]*\$/.test(rest)
					? 'proxy_pass variable host'
					: 'proxy_pass variable URI'
				: /[/?]/.test(rest)
					? 'proxy_pass URI part'
					: 'proxy_pass without URI';
			return;
		}
		case 'map':
			yield at.body?.byName.has('hostnames') ? 'map hostnames' : 'map';
			if (at.body?.byName.has('volatile')) yield 'map volatile';
			if (at.body?.byName.has('include')) yield 'map include';
			if ([...(at.body?.byName.keys() ?? [])].some((key) => key.startsWith('~'))) yield 'map regex';
			return;
		default:
			yield name.value;
	}
}
