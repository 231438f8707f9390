type WithDefaults<Defaults, Options> = {
  [K in keyof Defaults]: Defaults[K] | (K extends keyof Options ? Exclude<Options[K], undefined> : never)
}

/** The options with defaults for those that are unset. `undefined` counts as unset. */
export const withDefaults = <Defaults extends object, Options extends object>(
  defaults: Defaults,
  options: Options
): WithDefaults<Defaults, Options> =>
  mergeOptions<object>(defaults, options) as WithDefaults<Defaults, Options>

/** The options of `base`, overridden by those of `overrides` that are set. */
export function mergeOptions<T extends object>(base: T, overrides: T): T {
  const set = Object.entries(overrides).filter(([, value]) => value !== undefined)
  return { ...base, ...Object.fromEntries(set) }
}
