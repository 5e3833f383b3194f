import { describe, expect, test } from 'vitest';
import { compareVersions } from '../../../server/src/core/reference/versions.ts';
import { unmarked } from '../../../server/src/core/rules/page.ts';
import { RULES } from '../../../server/src/core/rules/rules.generated.ts';
import { findingsOf, firstFix, inFolder, isAnotherMistake, optionsOf, ROOT } from '../../rules/fixedExamples.ts';
import { afterFix, wholeConfiguration } from '../../support/analysed.ts';
import { SERVER_CERTIFICATE } from '../../support/certificates.ts';
import { withOwnModules } from '../../support/exampleNginx.ts';
import { generations, nameOf, PRIVATE_HTTP, testConfiguration } from '../../support/nginx.ts';
import { STYLES } from '../../support/restyled.ts';

/* What the fix of each example makes of other people's ways of writing (test/rules/fixStyles) is a configuration that nginx takes. */

/** Under the names that examples give them. */
const CERTIFICATE = { 'cert.pem': SERVER_CERTIFICATE.cert, 'key.pem': SERVER_CERTIFICATE.key };

const binaries = await generations();

describe.each(binaries.map((nginx, nth) => [nameOf(nginx), nginx, nth] as const))('nginx %s', (_, nginx, nth) => {
	test.each(RULES.map((rule) => [rule.id, rule] as const))(
		'takes what the fixes of %s make',
		{ timeout: 60_000 },
		async (id, rule) => {
			const refused: string[] = [];
			for (const example of rule.examples)
				for (const [index, style] of STYLES.entries()) {
					// Each way of writing is shown to one of the generations.
					if (index % binaries.length !== nth) continue;
					const { version } = optionsOf(example);
					const written = style.write(wholeConfiguration(unmarked(example.bad), example.within));
					// An example for a newer version may have what this one does not know.
					if (
						written === undefined ||
						example.fixed === '' ||
						isAnotherMistake(rule, style) ||
						(example.checkVersion !== undefined && compareVersions(nginx.version, version) < 0)
					)
						continue;
					const files = inFolder(written);
					const fix = firstFix(findingsOf(files, example, rule).filter(({ ruleId }) => ruleId === id));
					if (fix === undefined) continue;
					const after = Object.entries(afterFix(files, fix)).map(([path, text]) => [
						path.slice(ROOT.length + 1),
						withOwnModules(text, nginx).replace(/\bhttp\s*\{/, (head) => `${head} access_log off; ${PRIVATE_HTTP}`),
					]);
					const verdict = await testConfiguration(nginx, { ...CERTIFICATE, ...Object.fromEntries(after) });
					// The distribution loads its stream module from elsewhere.
					if (!verdict.ok && !verdict.output.includes('unknown directive "stream"'))
						refused.push(`${example.title}, ${style.name}: ${verdict.output}\n${after.map(([, text]) => text).join('\n')}`);
				}
			expect(refused).toEqual([]);
		},
	);
});
