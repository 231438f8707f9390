import { optionChecks } from '@seaworthy/contract'

/** Options of the health plugin. Every one may be left out. */
export interface HealthOptions {
  /**
   * Whether the plugin does anything.
   *
   * @defaultValue true
   */
  enabled?: boolean
}

const check = optionChecks('health')

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions({ enabled = true, ...others }: HealthOptions): Required<HealthOptions> {
  check.known('', others, ['enabled'])
  return { enabled: check.boolean('enabled', enabled) }
}
