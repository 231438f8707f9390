import type { BreakerStatus, CheckStatus, OutgoingStatus, Status } from '../src/console/types.ts'
import { act, pathOf, useOperator } from './actions.ts'
import * as format from './format.ts'
import { Badge, Button, Card, Empty, Table, Value, type Tone } from './parts.tsx'

const checkTones: Record<string, Tone> = { pass: 'ok', degraded: 'warn', fail: 'bad', pending: 'idle' }
const breakerTones: Record<string, Tone> = {
  closed: 'ok',
  'half-open': 'note',
  open: 'bad',
  isolated: 'warn'
}

/** A failing check that is not critical costs no traffic. */
const toneOfCheck = ({ status, critical }: CheckStatus): Tone =>
  status === 'fail' && !critical ? 'warn' : (checkTones[status] ?? 'note')

export const Checks = ({ status, brief = false }: { status: Status; brief?: boolean }) => {
  const { allowed, run } = useOperator()
  const { checks, checkHistory, at } = status
  const runPath = pathOf(allowed, 'POST', '/run')
  const shown = brief ? checks.slice(0, 5) : checks
  return (
    <Card
      title="Checks"
      id="checks"
      aside={
        runPath !== undefined &&
        checks.length > 0 && (
          <Button onClick={() => run(act('All checks have run', 'POST', runPath))}>Run now</Button>
        )
      }
    >
      {checks.length === 0 && <Empty>No checks. Add some with app.health.addCheck.</Empty>}
      <ul class="rows">
        {shown.map((check) => (
          <li key={check.name}>
            <div class="row-main">
              <Badge tone={toneOfCheck(check)}>{check.status}</Badge>
              <strong>{check.name}</strong>
              {!check.critical && <span class="muted">optional</span>}
              {check.workers !== undefined && <span class="muted">in {check.workers}</span>}
            </div>
            <div class="row-side muted">
              {check.duration !== undefined && <span>{format.duration(check.duration)}</span>}
              <span>
                {check.lastRun === undefined ? 'has not run' : `ran ${format.ago(check.lastRun, at)}`}
              </span>
            </div>
            {check.error !== undefined && <p class="problem">{check.error}</p>}
          </li>
        ))}
      </ul>
      {brief && checks.length > shown.length && <p class="muted">and {checks.length - shown.length} more</p>}
      {!brief && checkHistory.length > 0 && (
        <>
          <h3>Changes</h3>
          <ul class="rows compact">
            {checkHistory.map(({ at: changedAt, check, from, to, error }, index) => (
              <li key={`${changedAt} ${check} ${index}`}>
                <div class="row-main">
                  <span class="muted time">{format.clock(changedAt)}</span>
                  <strong>{check}</strong>
                  <span class="muted">{from} →</span>
                  <Badge tone={checkTones[to] ?? 'note'}>{to}</Badge>
                </div>
                {error !== undefined && <p class="problem">{error}</p>}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  )
}

const okOf = ({ counts }: BreakerStatus): number => counts['success'] ?? 0
const failedOf = ({ counts }: BreakerStatus): number => (counts['failure'] ?? 0) + (counts['timeout'] ?? 0)
const rejectedOf = ({ counts }: BreakerStatus): number => (counts['rejected'] ?? 0) + (counts['full'] ?? 0)

export const Breakers = ({ status, brief = false }: { status: Status; brief?: boolean }) => {
  const { breakers, at } = status
  const shown = brief ? breakers.slice(0, 5) : breakers
  return (
    <Card title="Breakers" id="breakers">
      {breakers.length === 0 && <Empty>No breakers. Guard calls with app.resilience.breaker.</Empty>}
      <ul class="rows">
        {shown.map((breaker) => (
          <li key={breaker.name}>
            <div class="row-main">
              <Badge tone={breakerTones[breaker.state] ?? 'note'}>{breaker.state}</Badge>
              <strong>{breaker.name}</strong>
              {breaker.workers !== undefined && <span class="muted">in {breaker.workers}</span>}
            </div>
            <div class="row-side">
              <span class="muted">
                {format.count(okOf(breaker))} ok · {format.count(failedOf(breaker))} failed ·{' '}
                {format.count(rejectedOf(breaker))} rejected
              </span>
              <BreakerButton breaker={breaker} />
            </div>
            {breaker.lastChange !== undefined && (breaker.state !== 'closed' || !brief) && (
              <p class={breaker.state === 'closed' ? 'muted' : 'problem'}>
                {breaker.lastChange.to} {format.ago(breaker.lastChange.at, at)}: {breaker.lastChange.reason}
                {breaker.lastChange.error !== undefined && `, ${breaker.lastChange.error}`}
              </p>
            )}
            {!brief && breaker.keys !== undefined && Object.keys(breaker.keys).length > 0 && (
              <Value value={breaker.keys} />
            )}
          </li>
        ))}
      </ul>
      {brief && breakers.length > shown.length && (
        <p class="muted">and {breakers.length - shown.length} more</p>
      )}
    </Card>
  )
}

const BreakerButton = ({ breaker: { name, state } }: { breaker: BreakerStatus }) => {
  const { allowed, ask, run } = useOperator()
  if (pathOf(allowed, 'POST', '/:name/isolate') === undefined) return null
  const path = `/breakers/${encodeURIComponent(name)}`
  if (state === 'isolated') {
    return (
      <Button
        label={`Release ${name}`}
        onClick={() => run(act(`${name} is released`, 'POST', `${path}/release`))}
      >
        Release
      </Button>
    )
  }
  return (
    <Button
      label={`Isolate ${name}`}
      onClick={() =>
        ask({
          title: `Isolate ${name}?`,
          text: 'All its calls are rejected at once, in every worker, until it is released.',
          button: 'Isolate',
          isDangerous: true,
          run: async () => act(`${name} is isolated`, 'POST', `${path}/isolate`)
        })
      }
    >
      Isolate
    </Button>
  )
}

export const Outgoing = ({ outgoing }: { outgoing: readonly OutgoingStatus[] }) => (
  <Card title="Outgoing calls" id="outgoing" wide>
    {outgoing.length === 0 ? (
      <Empty>No outgoing calls yet.</Empty>
    ) : (
      <Table
        label="Outgoing calls by host"
        rows={outgoing.toSorted((a, b) => b.errorShare - a.errorShare || b.rate - a.rate)}
        keyOf={({ host }) => host}
        toneOf={({ errorShare }) => (errorShare >= 0.05 ? 'bad' : undefined)}
        columns={[
          { name: 'Host', cell: ({ host }) => <code>{host}</code> },
          { name: 'Rate', numeric: true, cell: ({ rate }) => `${format.rate(rate)}/s` },
          { name: 'Errors', numeric: true, cell: ({ errorShare }) => format.percent(errorShare) },
          { name: 'p50', numeric: true, from: 'medium', cell: ({ p50 }) => format.duration(p50) },
          { name: 'p95', numeric: true, cell: ({ p95 }) => format.duration(p95) },
          { name: 'p99', numeric: true, from: 'medium', cell: ({ p99 }) => format.duration(p99) },
          { name: 'Total', numeric: true, from: 'medium', cell: ({ total }) => format.count(total) }
        ]}
      />
    )}
  </Card>
)
