// SPDX-License-Identifier: Apache-2.0

/** `CONFIG_X` → `y`, `m`, `n`, a number or a quoted string. */
export type KernelConfig = ReadonlyMap<string, string>;

/** Read a `.config` or a fragment; a later line wins. `# CONFIG_X is not set` is `n`. */
export function parseConfig(text: string): KernelConfig {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^(CONFIG_\w+)=(.*)$/.exec(line.trim()) ?? [];
    if (name !== undefined && value !== undefined) found.set(name, value);
    const [, off] = /^# (CONFIG_\w+) is not set$/.exec(line.trim()) ?? [];
    if (off !== undefined) found.set(off, 'n');
  }
  return found;
}

/** A symbol that did not come out as wanted. */
export type Unmet = { readonly symbol: string; readonly wanted: string; readonly got: string };

/** What of `wanted` is not so in `config`. A symbol that has no line is `n`. */
export function findUnmet(config: KernelConfig, wanted: KernelConfig): readonly Unmet[] {
  return [...wanted]
    .map(([symbol, value]) => ({ symbol, wanted: value, got: config.get(symbol) ?? 'n' }))
    .filter((entry) => entry.wanted !== entry.got);
}

const LEVELS = { n: 0, m: 1, y: 2 } as const;
type Level = 0 | 1 | 2;

/** A Kconfig expression that is not met, down to the symbols that make it so: `VFIO (is n)`. */
export function unmetParts(expression: string, config: KernelConfig): readonly string[] {
  const parser = new ExpressionParser(expression, config);
  return parser
    .conjunction()
    .filter((part) => part.level < LEVELS.y)
    .map((part) => part.text);
}

type Part = { readonly level: Level; readonly text: string };

/**
 * Kconfig's expressions (Documentation/kbuild/kconfig-language.rst, "Menu dependencies"): `||` over `&&` over `!`,
 * comparison or a bracket; `n`, `m`, `y` are 0, 1, 2.
 */
class ExpressionParser {
  private readonly tokens: string[];
  private readonly config: KernelConfig;

  constructor(expression: string, config: KernelConfig) {
    this.tokens = expression.match(/\|\||&&|!=|<=|>=|[!()=<>]|"[^"]*"|\$\([^)]*\)|[\w.-]+/g) ?? [];
    this.config = config;
  }

  /** The parts that `&&` joins, each with its own value and words. */
  conjunction(): readonly Part[] {
    const first = this.disjunction();
    return [...first];
  }

  private disjunction(): readonly Part[] {
    let parts = this.all();
    while (this.take('||')) {
      const right = join(this.all());
      const left = join(parts);
      const level = Math.max(left.level, right.level) as Level;
      parts = [{ level, text: `(${left.text} || ${right.text})` }];
    }
    return parts;
  }

  private all(): readonly Part[] {
    const parts = [...this.unary()];
    while (this.take('&&')) parts.push(...this.unary());
    return parts;
  }

  private unary(): readonly Part[] {
    if (this.take('!')) {
      const inner = join(this.unary());
      return [{ level: (LEVELS.y - inner.level) as Level, text: `!${inner.text}` }];
    }
    if (this.take('(')) {
      const inner = this.disjunction();
      this.take(')');
      return inner;
    }
    return [this.comparison()];
  }

  private comparison(): Part {
    const left = this.tokens.shift() ?? '';
    const operator = this.tokens[0] ?? '';
    if (!['=', '!=', '<', '>', '<=', '>='].includes(operator)) return this.symbol(left);
    this.tokens.shift();
    const right = this.tokens.shift() ?? '';
    const same = this.value(left) === this.value(right);
    // Orders compare numbers that no dependency of ours turns on; they are not taken for the fault.
    const met = operator === '=' ? same : operator === '!=' ? !same : true;
    return { level: met ? 2 : 0, text: `${left}${operator}${right} (${left} is ${this.value(left)})` };
  }

  private symbol(name: string): Part {
    const value = this.value(name);
    const level = value === 'y' || value === 'm' || value === 'n' ? LEVELS[value] : LEVELS.y;
    return { level, text: level === LEVELS.y ? name : `${name} (is ${value})` };
  }

  private value(word: string): string {
    if (/^[ymn]$/.test(word) || word.startsWith('"')) return word.replaceAll('"', '');
    // $(…) asks the compiler; what it answered is not in .config.
    if (word.startsWith('$')) return 'y';
    return (this.config.get(`CONFIG_${word}`) ?? 'n').replaceAll('"', '');
  }

  private take(token: string): boolean {
    if (this.tokens[0] !== token) return false;
    this.tokens.shift();
    return true;
  }
}

function join(parts: readonly Part[]): Part {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const level = Math.min(...parts.map((part) => part.level)) as Level;
  return { level, text: `(${parts.map((part) => part.text).join(' && ')})` };
}
