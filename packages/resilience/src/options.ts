import { optionChecks } from '@seaworthy/contract'

/** Options of the resilience plugin. Every one may be left out. */
export interface ResilienceOptions {
  /**
   * Whether the plugin does anything.
   *
   * @defaultValue true
   */
  enabled?: boolean
}

const check = optionChecks('resilience')

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions({
  enabled = true,
  ...others
}: ResilienceOptions): Required<ResilienceOptions> {
  check.known('', others, ['enabled'])
  return { enabled: check.boolean('enabled', enabled) }
}
