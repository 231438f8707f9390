import { optionChecks } from '@seaworthy/contract'

/** Options of the security plugin. Every one may be left out. */
export interface SecurityOptions {
  /**
   * Whether the plugin does anything.
   *
   * @defaultValue true
   */
  enabled?: boolean
}

const check = optionChecks('security')

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions({ enabled = true, ...others }: SecurityOptions): Required<SecurityOptions> {
  check.known('', others, ['enabled'])
  return { enabled: check.boolean('enabled', enabled) }
}
