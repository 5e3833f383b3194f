import type { Configuration, PlacedDirective, Scope } from '../../config/model.ts';
import type { Route } from '../../routes/route.ts';
import type { Cure } from '../rule.ts';
import { directivesIn } from '../scopes.ts';
import { insertInto } from './editing.ts';

/**
 * Which name server to ask is a person's to say, save for names that only one can know: those of a Kubernetes cluster end in .svc (nginx
 * finds the cluster's own server by the machine's resolver when it starts). Those of a Docker network have no dot, but so have those of
 * /etc/hosts and of an office: Docker's server is preferred where the configuration asks it elsewhere.
 */
export function resolved(
	route: Route,
	at: PlacedDirective,
	decided: readonly PlacedDirective[],
	{ root }: Configuration,
): readonly Cure[] {
	const host = hostIn(at, decided);
	const known =
		host === undefined
			? undefined
			: /\.svc(?:\.cluster\.local)?\.?$/i.test(host)
				? {
						title: "Ask the cluster's name server (kube-dns)",
						preferred: true,
						line: 'resolver kube-dns.kube-system.svc.cluster.local valid=10s;',
					}
				: /^[a-z\d_-]+$/i.test(host)
					? {
							title: "Ask Docker's name server (127.0.0.11, only inside Docker)",
							preferred: asksDocker(root),
							line: 'resolver 127.0.0.11 valid=10s;',
						}
					: undefined;
	const edit = known && insertInto(route.location, [known.line], ['proxy_pass']);
	return known === undefined || edit === undefined ? [] : [{ title: known.title, preferred: known.preferred, edits: [edit] }];
}

function asksDocker(root: Scope): boolean {
	for (const { node } of directivesIn(root))
		if (node.name.value === 'resolver' && node.args.some(({ value }) => /^127\.0\.0\.11(?::53)?$/.test(value))) return true;
	return false;
}

/** The host that proxy_pass comes to, where it is written out: in itself, or as a whole in the one `set` that decided it. */
function hostIn(at: PlacedDirective, decided: readonly PlacedDirective[]): string | undefined {
	const url = at.node.args[0]?.value ?? '';
	const set = decided.filter(({ node }) => node.name.value === 'set');
	const [name = '', value = ''] = set.length === 1 ? (set[0]?.node.args.map((word) => word.value) ?? []) : [];
	const written = url.replaceAll(`\${${name.slice(1)}}`, value).replaceAll(name === '' ? '\0' : name, value);
	return /^(?:https?:\/\/)?([^/:$]+)/i.exec(written)?.[1];
}
