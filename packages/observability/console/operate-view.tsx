import { useState } from 'preact/hooks'
import type { Status } from '../src/console/types.ts'
import { act, pathOf, saveProfile, useOperator } from './actions.ts'
import * as format from './format.ts'
import { Badge, Button, Card, Table } from './parts.tsx'

const minutes = 60_000

/** The log level, for a while. */
export const LogLevel = ({ status: { logLevel } }: { status: Status }) => {
  const { allowed, run } = useOperator()
  const [level, setLevel] = useState('debug')
  const [ttl, setTtl] = useState(15)
  if (logLevel === undefined) return null
  const isChanged = logLevel.level !== logLevel.normal
  return (
    <Card title="Log level" id="process">
      <p>
        <Badge tone={isChanged ? 'note' : 'ok'}>{logLevel.level}</Badge>{' '}
        <span class="muted">
          {isChanged
            ? `until ${logLevel.until === undefined ? 'it is reset' : format.clock(logLevel.until)}, then ${logLevel.normal} again`
            : 'as configured'}
        </span>
      </p>
      {pathOf(allowed, 'PUT', '/log-level') !== undefined && (
        <div class="form">
          <label>
            Level
            <select value={level} onChange={({ currentTarget }) => setLevel(currentTarget.value)}>
              {['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label>
            For
            <select value={ttl} onChange={({ currentTarget }) => setTtl(Number(currentTarget.value))}>
              {[5, 15, 60, 240].map((value) => (
                <option key={value} value={value}>
                  {format.span(value * 60)}
                </option>
              ))}
            </select>
          </label>
          <Button
            kind="primary"
            onClick={() =>
              run(act(`The log level is ${level}`, 'PUT', '/log-level', { level, ttl: ttl * minutes }))
            }
          >
            Set level
          </Button>
          {isChanged && (
            <Button onClick={() => run(act(`The log level is ${logLevel.normal}`, 'DELETE', '/log-level'))}>
              Reset
            </Button>
          )}
        </div>
      )}
      <p class="muted small">It returns by itself, so that no service is left at debug.</p>
    </Card>
  )
}

/** Maintenance and the shutdown. */
export const Traffic = ({ status: { readiness } }: { status: Status }) => {
  const { allowed, ask, run } = useOperator()
  const maintenancePath = pathOf(allowed, 'PUT', '/maintenance')
  const canShutDown = allowed.includes('POST /shutdown')
  const isOn = readiness?.maintenance !== undefined
  const tone = readiness?.status === 'ready' ? 'ok' : readiness?.status === 'degraded' ? 'warn' : 'bad'
  return (
    <Card title="Traffic">
      <p>
        {readiness === undefined ? (
          <span class="muted">Readiness is unknown: the health plugin is not registered.</span>
        ) : (
          <>
            <Badge tone={tone}>{readiness.status}</Badge>{' '}
            <span class="muted">{readiness.maintenance?.reason ?? readiness.reason ?? 'gets traffic'}</span>
          </>
        )}
      </p>
      <div class="form">
        {maintenancePath !== undefined && !isOn && (
          <Button
            onClick={() =>
              ask({
                title: 'Enter maintenance?',
                text: 'Readiness answers 503, so the platform sends no new traffic. Liveness stays as it is.',
                button: 'Enter maintenance',
                isDangerous: true,
                input: { label: 'Reason', placeholder: 'Database upgrade' },
                run: async (reason) => act('Maintenance is on', 'PUT', maintenancePath, { reason })
              })
            }
          >
            Enter maintenance…
          </Button>
        )}
        {maintenancePath !== undefined && isOn && (
          <Button kind="primary" onClick={() => run(act('Maintenance is over', 'DELETE', maintenancePath))}>
            Leave maintenance
          </Button>
        )}
        {canShutDown && (
          <Button
            kind="danger"
            onClick={() =>
              ask({
                title: 'Shut the service down?',
                text: 'It drains, finishes its requests and exits. Whether it comes back is up to the platform.',
                button: 'Shut down',
                isDangerous: true,
                run: async () => act('The shutdown has begun', 'POST', '/shutdown')
              })
            }
          >
            Shut down…
          </Button>
        )}
      </div>
    </Card>
  )
}

/** CPU and heap profiles. */
export const Profiles = ({ status: { scope, pid } }: { status: Status }) => {
  const { allowed, run } = useOperator()
  const [seconds, setSeconds] = useState(10)
  if (pathOf(allowed, 'POST', '/profile/:kind') === undefined) return null
  const target = scope === 'all' ? pid : scope
  return (
    <Card title="Profiles">
      <p class="muted">
        Of process {target}, for DevTools or speedscope. Functions and lines only; no values are in them.
      </p>
      <div class="form">
        <label>
          For
          <select value={seconds} onChange={({ currentTarget }) => setSeconds(Number(currentTarget.value))}>
            {[1, 5, 10, 30, 60].map((value) => (
              <option key={value} value={value}>
                {value} s
              </option>
            ))}
          </select>
        </label>
        <Button onClick={() => run(saveProfile('cpu', seconds, target))}>CPU profile</Button>
        <Button onClick={() => run(saveProfile('heap', seconds, target))}>Heap profile</Button>
      </div>
    </Card>
  )
}

/** The processes of the service. */
export const Workers = ({ status: { workers } }: { status: Status }) => (
  <Card title={workers.length === 1 ? 'Process' : 'Workers'} id="workers">
    <Table
      label="Workers"
      rows={workers}
      keyOf={({ pid }) => `${pid}`}
      columns={[
        {
          name: 'Process',
          cell: ({ pid, isReachable }) => (
            <>
              {pid} {!isReachable && <Badge tone="bad">no answer</Badge>}
            </>
          )
        },
        { name: 'Uptime', numeric: true, cell: ({ uptime }) => format.span(uptime) },
        { name: 'Loop busy', numeric: true, cell: ({ loop }) => format.percent(loop) },
        { name: 'Memory', numeric: true, cell: ({ rss }) => format.bytes(rss) },
        { name: 'Heap', numeric: true, from: 'medium', cell: ({ heap }) => format.bytes(heap) }
      ]}
    />
  </Card>
)
