import type { Status } from '../src/console/types.ts'
import * as format from './format.ts'
import { Badge, Card, Table, Value } from './parts.tsx'

interface Limit {
  name?: string
  by?: string
  max?: number
  timeWindow?: number
  observe?: boolean
}

interface StoreStatus {
  kind?: string
  up?: boolean
  /** Why it does not answer. */
  reason?: string
  workers?: string
  keys?: number
}

const places: Record<string, string> = {
  redis: 'Redis, for all processes',
  memory: 'the memory of each process',
  custom: 'a store of the app'
}

const Store = ({ of, kind = '', up, reason, workers, keys }: StoreStatus & { of: string }) => (
  <>
    <p>
      <Badge tone={up === false ? 'bad' : 'ok'}>{up === false ? 'no answer' : 'up'}</Badge>{' '}
      <span class="muted">
        {of} are in {places[kind] ?? kind}
        {workers !== undefined && `; no answer in ${workers}`}
        {keys !== undefined && `; ${format.count(keys)} ${keys === 1 ? 'client' : 'clients'} here`}
      </span>
    </p>
    {reason !== undefined && <p class="problem">{reason}</p>}
  </>
)

/** Where the auth plugin keeps logins, and what it has switched on. */
const Logins = ({ store, ...on }: { store?: StoreStatus }) => (
  <Card title="Logins" id="logins">
    {store !== undefined && <Store of="Logins and revocations" {...store} />}
    <Value value={on} />
  </Card>
)

/** The limits of the security plugin. */
const RateLimits = ({ limits = [], store }: { limits?: Limit[]; store?: StoreStatus }) => (
  <Card title="Rate limits" id="limits">
    {store !== undefined && <Store of="Counts" {...store} />}
    {limits.length > 0 && (
      <Table
        label="Rate limits"
        rows={limits}
        keyOf={({ name }, index) => `${name} ${index}`}
        columns={[
          {
            name: 'Limit',
            cell: ({ name, observe }) => `${name}${observe === true ? ' (only counts)' : ''}`
          },
          { name: 'By', cell: ({ by }) => by },
          {
            name: 'Requests',
            numeric: true,
            cell: ({ max }) => (max === undefined ? 'computed' : format.count(max))
          },
          {
            name: 'Within',
            numeric: true,
            cell: ({ timeWindow }) => (timeWindow === undefined ? 'computed' : format.span(timeWindow / 1000))
          }
        ]}
      />
    )}
  </Card>
)

interface SheddingStatus {
  level?: number
  utilization?: number
  delay?: number
  active?: number
  concurrencyLimit?: number
  shed?: Record<string, number>
}

const Shedding = ({ level = 0, utilization, delay, active, concurrencyLimit, shed = {} }: SheddingStatus) => (
  <Card title="Load shedding">
    <p>
      <Badge tone={level > 0 ? 'warn' : 'ok'}>{level > 0 ? 'sheds' : 'admits all'}</Badge>{' '}
      <span class="muted">
        event loop {format.percent(utilization)} busy, {format.duration(delay)} late
        {concurrencyLimit !== undefined && `, ${active} of ${concurrencyLimit} at a time`}
      </span>
    </p>
    <p class="muted">
      Rejected since the start:{' '}
      {Object.entries(shed)
        .map(([priority, rejected]) => `${format.count(rejected)} ${priority}`)
        .join(' · ')}
    </p>
  </Card>
)

/** Limits, stores, load shedding, and what else plugins show of themselves. */
export const Sections = ({ status: { shedding, sections } }: { status: Status }) => {
  const { 'rate limits': limits, logins, ...others } = sections
  return (
    <>
      {typeof limits === 'object' && limits !== null && <RateLimits {...limits} />}
      {typeof logins === 'object' && logins !== null && <Logins {...logins} />}
      {shedding !== undefined && <Shedding {...shedding} />}
      {Object.entries(others).map(([name, section]) => (
        <Card title={name.charAt(0).toUpperCase() + name.slice(1)} key={name}>
          <Value value={section} />
        </Card>
      ))}
    </>
  )
}
