import type { Finding, RouteStatus, State, Status } from '../src/console/types.ts'
import { Charts } from './charts.tsx'
import { Breakers, Checks } from './dependencies-view.tsx'
import * as format from './format.ts'
import { Badge, Card, type Tone } from './parts.tsx'
import { WorstRoutes } from './routes-table.tsx'

export const toneOfState: Record<State, Tone> = {
  well: 'ok',
  degraded: 'warn',
  outage: 'bad',
  starting: 'note',
  maintenance: 'warn',
  draining: 'note'
}

/** The view that has the details of a finding. */
const viewOf: Record<string, string> = {
  routes: 'routes',
  checks: 'dependencies',
  breakers: 'dependencies',
  limits: 'dependencies',
  process: 'operate',
  workers: 'operate'
}

const signs: Record<Tone, string> = { ok: '✓', warn: '!', bad: '✕', note: '→', idle: '·' }

/** Whether the service is well, and if not, why: the first thing on the page. */
export const Verdict = ({ status: { verdict } }: { status: Status }) => {
  const tone = toneOfState[verdict.state]
  return (
    <section class={`verdict ${tone}`} aria-label="State">
      <div class="verdict-sign" aria-hidden="true">
        {signs[tone]}
      </div>
      <div>
        <p class="verdict-title" role="status">
          {verdict.title}
        </p>
        {verdict.findings.length === 0 ? (
          <p>Every check passes, no route fails, and no breaker is open.</p>
        ) : (
          <Findings findings={verdict.findings} />
        )}
      </div>
    </section>
  )
}

const Findings = ({ findings }: { findings: readonly Finding[] }) => (
  <ul class="findings">
    {findings.slice(0, 6).map(({ severity, text, section }) => (
      <li key={text}>
        <Badge tone={severity}>
          {severity === 'bad' ? 'outage' : severity === 'warn' ? 'warning' : 'note'}
        </Badge>
        <a href={`#${viewOf[section] ?? 'overview'}`}>{text}</a>
      </li>
    ))}
    {findings.length > 6 && <li>and {findings.length - 6} more</li>}
  </ul>
)

const Tile = ({
  name,
  value,
  detail,
  tone
}: {
  name: string
  value: string
  detail: string
  tone?: Tone
}) => (
  <div class={`tile ${tone ?? ''}`}>
    <dt>{name}</dt>
    <dd>
      <b>{value}</b>
      <span class="muted">{detail}</span>
    </dd>
  </div>
)

const Tiles = ({ status: { traffic, workers, memoryLimit, scope } }: { status: Status }) => {
  const inScope = workers.filter(({ pid, isReachable }) => isReachable && (scope === 'all' || pid === scope))
  const memory = inScope.reduce((total, { rss }) => total + rss, 0)
  const loop = Math.max(0, ...inScope.map(({ loop: busy }) => busy))
  return (
    <dl class="tiles">
      {traffic !== undefined && (
        <>
          <Tile
            name="Requests"
            value={`${format.rate(traffic.rate)}/s`}
            detail={`${traffic.inFlight} in flight`}
          />
          <Tile
            name="Errors"
            value={format.percent(traffic.errorShare)}
            detail={`last ${format.span(traffic.window)}`}
            {...(traffic.errorShare >= 0.5
              ? { tone: 'bad' }
              : traffic.errorShare >= 0.01
                ? { tone: 'warn' }
                : {})}
          />
          <Tile name="Median" value={format.duration(traffic.p50)} detail="p50" />
          <Tile
            name="95 % within"
            value={format.duration(traffic.p95)}
            detail={`p99 ${format.duration(traffic.p99)}`}
          />
        </>
      )}
      <Tile
        name="Event loop"
        value={format.percent(loop)}
        detail={inScope.length > 1 ? 'busiest worker' : 'busy'}
        {...(loop >= 0.9 ? { tone: 'warn' } : {})}
      />
      <Tile
        name="Memory"
        value={format.bytes(memory)}
        detail={memoryLimit > 0 ? `of ${format.bytes(memoryLimit)}` : 'no limit'}
        {...(memoryLimit > 0 && memory > memoryLimit * 0.9 ? { tone: 'warn' } : {})}
      />
    </dl>
  )
}

export const Overview = ({ status, routes }: { status: Status; routes: readonly RouteStatus[] }) => (
  <>
    <Verdict status={status} />
    <Tiles status={status} />
    <Charts history={status.history} />
    <div class="grid">
      {status.traffic !== undefined && (
        <Card
          title="Routes, worst first"
          wide
          aside={routes.length > 0 && <a href="#routes">All {format.count(routes.length)}</a>}
        >
          <WorstRoutes routes={routes} />
        </Card>
      )}
      <Checks status={status} brief />
      <Breakers status={status} brief />
    </div>
  </>
)
