import type { RealApp } from './real-app.ts'

/** Everything that is wrong with a systemd unit, as a reviewer and the app see it. */
export function unitProblems(unit: string, app: RealApp): string[] {
  const settings = new Map(
    unit.split('\n').flatMap((line) => {
      const [, key, value] = line.match(/^(\w+)=(.*)$/) ?? []
      return key === undefined ? [] : [[key, value ?? ''] as const]
    })
  )
  const expected: Record<string, RegExp> = {
    Type: /^notify$/,
    NotifyAccess: /^all$/,
    WatchdogSec: /^\d+s$/,
    Restart: /^on-failure$/,
    KillMode: /^mixed$/,
    DynamicUser: /^yes$/,
    ProtectSystem: /^strict$/,
    NoNewPrivileges: /^yes$/,
    CapabilityBoundingSet: /^$/,
    MemoryMax: /^\d+M$/
  }
  const problems = Object.entries(expected)
    .filter(([key, value]) => !value.test(settings.get(key) ?? 'not set'))
    .map(([key]) => `${key} is ${settings.get(key) ?? 'not set'}`)

  const unitVariables = Object.fromEntries(
    (settings.get('Environment') ?? '').split(' ').map((pair) => pair.split('='))
  )
  const seconds = Number(settings.get('TimeoutStopSec')?.match(/^(\d+)s$/)?.[1])
  if (!(seconds * 1000 > app.drainBudget))
    problems.push(`TimeoutStopSec is shorter than ${app.drainBudget} ms`)
  if (Number(unitVariables.TERMINATION_GRACE_PERIOD_SECONDS) !== seconds) {
    problems.push('the app expects another grace than it gets')
  }
  for (const name of Object.keys(unitVariables)) {
    if (!app.variables.has(name.replace(/_FILE$/, ''))) problems.push(`${name} is no variable of the app`)
    if (/SECRET|PASSWORD|TOKEN/.test(name) && !name.endsWith('_FILE'))
      problems.push(`${name} is a secret in the unit`)
  }
  return problems
}
