import { drainMode } from '../drain/drain-mode.ts'
import { fastifyStartDelay, positive } from './rival-listeners.ts'

/** How long after the signal the process is killed. */
export interface GracePeriod {
  milliseconds: number
  /** The program that kills the process then: `docker stop`. */
  killer: string
}

/**
 * The grace periods that platforms have unless they are configured, by the variable that each sets. The first that
 * is found counts: what runs inside another comes first.
 */
const platforms: readonly (readonly [variable: string, milliseconds: number, killer: string])[] = [
  ['KUBERNETES_SERVICE_HOST', 30_000, 'Kubernetes'],
  ['ECS_CONTAINER_METADATA_URI_V4', 30_000, 'ECS'],
  ['DYNO', 30_000, 'Heroku'],
  ['RENDER', 30_000, 'Render'],
  ['K_SERVICE', 10_000, 'Cloud Run'],
  ['FLY_APP_NAME', 5000, 'Fly'],
  ['NOMAD_ALLOC_ID', 5000, 'Nomad'],
  // `TimeoutStopSec=` of most distributions is 90 s, of Fedora 45 s.
  ['INVOCATION_ID', 45_000, 'systemd']
]
/** The default of `kill_timeout`. */
const pm2Ms = 1600
/** Of a machine that shows no sign of a platform: it may be a container. */
const dockerStop: GracePeriod = { milliseconds: 10_000, killer: 'docker stop' }

/**
 * The grace period that this process probably has. `undefined`: a developer waits, or systemd, which is notified how
 * long the shutdown may take.
 *
 * @param notifiesSystemd - Whether systemd gets `EXTEND_TIMEOUT_USEC`.
 */
export function probableGracePeriod(notifiesSystemd: boolean): GracePeriod | undefined {
  const periods = [fastifyStart(), supervisor(notifiesSystemd)].filter((period) => period !== undefined)
  return periods.toSorted((a, b) => a.milliseconds - b.milliseconds)[0]
}

function fastifyStart(): GracePeriod | undefined {
  const milliseconds = fastifyStartDelay()
  return milliseconds === undefined ? undefined : { milliseconds, killer: 'fastify start' }
}

function supervisor(notifiesSystemd: boolean): GracePeriod | undefined {
  const { env } = process
  if (env.pm_id !== undefined) return { milliseconds: positive(env.kill_timeout) ?? pm2Ms, killer: 'PM2' }
  if (notifiesSystemd || drainMode() === 'none') return undefined
  const platform = platforms.find(([variable]) => env[variable])
  return platform ? { milliseconds: platform[1], killer: platform[2] } : dockerStop
}
