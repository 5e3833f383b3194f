import { ElfImage } from './elf.mts';

/** One entry of a module's command table (src/core/ngx_conf_file.h, ngx_command_t). */
export interface Command {
	readonly name: string;
	/** The contexts, by our names. */
	readonly contexts: readonly string[];
	readonly block: boolean;
	/** The counts of arguments that are taken; a last one of MOST_ARGUMENTS stands for "and more". */
	readonly counts: readonly number[];
	/** The kind of value, for the setters that nginx's modules share. */
	readonly value?: string;
	/** For a value of a list: the words, lower-case. */
	readonly words?: readonly string[];
	/** Whether a second line on the same level is refused; absent for setters that only their module has. */
	readonly once?: boolean;
}

export const MOST_ARGUMENTS = 8;

/** The kinds of modules by the mark that they carry, and what the bits of a context mean in each (src/core/ngx_conf_file.h and others). */
const MODULES: ReadonlyMap<number, Readonly<Record<number, string>>> = new Map([
	[0x45524f43, { 16777216: 'main' }],
	[0x544e5645, { 33554432: 'events' }],
	[
		0x50545448,
		{
			33554432: 'http',
			67108864: 'server',
			134217728: 'location',
			268435456: 'upstream',
			536870912: 'if in server',
			1073741824: 'if in location',
			2147483648: 'limit_except',
		},
	],
	[0x4d525453, { 33554432: 'stream', 67108864: 'stream server', 134217728: 'stream upstream' }],
	[0x4c49414d, { 33554432: 'mail', 67108864: 'mail server' }],
]);
const OF_ANY_CONTEXT = 0x464e4f43;

/** Setters that modules share: what the value is, and whether the directive may come once only (src/core/ngx_conf_file.c). */
const SETTERS: Readonly<Record<string, { readonly value?: string; readonly once?: boolean }>> = {
	ngx_conf_set_flag_slot: { value: 'flag', once: true },
	ngx_conf_set_msec_slot: { value: 'time', once: true },
	ngx_conf_set_sec_slot: { value: 'seconds', once: true },
	ngx_conf_set_size_slot: { value: 'size', once: true },
	ngx_conf_set_off_slot: { value: 'offset', once: true },
	ngx_conf_set_num_slot: { value: 'number', once: true },
	ngx_conf_set_enum_slot: { value: 'word', once: true },
	ngx_conf_set_bitmask_slot: { value: 'words', once: false },
	ngx_conf_set_str_slot: { once: true },
	ngx_conf_set_bufs_slot: { once: true },
	ngx_conf_set_path_slot: { once: true },
	ngx_conf_set_str_array_slot: { once: false },
	ngx_conf_set_keyval_slot: { once: false },
};

/** The commands of all modules in a program or a dynamic module. */
export function commandsOf(path: string): readonly Command[] {
	const image = new ElfImage(path);
	const found: Command[] = [];
	for (const address of image.words()) {
		// ngx_module_t: …, ctx, commands, type, …
		const type = image.number(address);
		if (type === undefined || (type !== OF_ANY_CONTEXT && !MODULES.has(type))) continue;
		for (let at = image.pointer(address - 8); ; at += 56) {
			const command = at > 0 ? commandAt(image, at, type) : undefined;
			if (command === undefined) break;
			found.push(command);
		}
	}
	return found;
}

/** Reads an entry: name (length, text), type, setter, conf, offset, post. The list's end has an empty name. */
function commandAt(image: ElfImage, at: number, module: number): Command | undefined {
	const length = image.number(at) ?? 0;
	const bits = image.number(at + 16);
	if (length === 0 || length > 60 || bits === undefined) return undefined;
	const name = image.text(image.pointer(at + 8), length);
	if (name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) return undefined;
	const contexts = Object.entries(MODULES.get(module) ?? {})
		.filter(([bit]) => (bits & Number(bit)) !== 0)
		.map(([, context]) => context);
	const shared = SETTERS[image.symbol(at + 24) ?? ''] ?? {};
	const words = shared.value?.startsWith('word') ? wordsAt(image, image.pointer(at + 48)) : undefined;
	return {
		name,
		contexts: module === OF_ANY_CONTEXT ? [...MODULES.values()].flatMap((names) => Object.values(names)) : contexts,
		block: (bits & 0x100) !== 0,
		counts: countsOf(bits),
		...shared,
		...(words === undefined ? {} : { words }),
	};
}

function countsOf(bits: number): readonly number[] {
	const all = Array.from({ length: MOST_ARGUMENTS + 1 }, (_, count) => count);
	if ((bits & 0x400) !== 0) return all;
	if ((bits & 0x200) !== 0) return [1];
	if ((bits & 0x800) !== 0) return all.slice(1);
	if ((bits & 0x1000) !== 0) return all.slice(2);
	return all.slice(0, MOST_ARGUMENTS).filter((count) => (bits & (1 << count)) !== 0);
}

/** The words of an ngx_conf_enum_t or ngx_conf_bitmask_t: length, text, number. */
function wordsAt(image: ElfImage, start: number): readonly string[] {
	const words: string[] = [];
	for (let at = start; ; at += 24) {
		const length = image.number(at) ?? 0;
		const word = length === 0 || length > 60 ? undefined : image.text(image.pointer(at + 8), length);
		if (word === undefined) return words;
		words.push(word.toLowerCase());
	}
}
