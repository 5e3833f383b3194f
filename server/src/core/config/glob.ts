import picomatch from 'picomatch';

/**
 * A pattern of an `include` as a regular expression over whole '/'-separated paths. As glob(3): `*`, `?` and `[…]` only, none of
 * them matches a `/`, and none matches a dot at the start of a name (semantics IC2).
 */
export function globRegex(pattern: string): RegExp {
	return picomatch.makeRe(pattern.replace(/\[!/g, '[^').replace(/[{}()!+@|]/g, '\\$&'), {
		dot: false,
		nobrace: true,
		noextglob: true,
		noglobstar: true,
		nonegate: true,
		strictSlashes: true,
		windows: false,
	});
}
