import { optionChecks } from '@seaworthy/contract'

/** Options of the shutdown plugin. Every one may be left out. */
export interface ShutdownOptions {
  /**
   * Whether the plugin does anything.
   *
   * @defaultValue true
   */
  enabled?: boolean
}

const check = optionChecks('shutdown')

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions({ enabled = true, ...others }: ShutdownOptions): Required<ShutdownOptions> {
  check.known('', others, ['enabled'])
  return { enabled: check.boolean('enabled', enabled) }
}
