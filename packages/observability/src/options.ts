import { optionChecks } from '@seaworthy/contract'

/** Options of the observability plugin. Every one may be left out. */
export interface ObservabilityOptions {
  /**
   * Whether the plugin does anything.
   *
   * @defaultValue true
   */
  enabled?: boolean
}

const check = optionChecks('observability')

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions({
  enabled = true,
  ...others
}: ObservabilityOptions): Required<ObservabilityOptions> {
  check.known('', others, ['enabled'])
  return { enabled: check.boolean('enabled', enabled) }
}
