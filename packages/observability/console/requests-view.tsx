import { useState } from 'preact/hooks'
import type { ActionStatus, Status } from '../src/console/types.ts'
import type { RecentRequest } from '../src/http/recent-request.ts'
import * as format from './format.ts'
import { Badge, Card, Empty, Table } from './parts.tsx'
import { RouteName } from './route-name.tsx'

const shortOf = (text: string): string => (text.length > 13 ? `${text.slice(0, 12)}…` : text)

const Copyable = ({ text, label }: { text: string; label: string }) => {
  const [copied, setCopied] = useState(false)
  const copy = (): void => {
    void navigator.clipboard?.writeText(text).then(() => setCopied(true))
  }
  return (
    <button
      type="button"
      class="copy"
      title={`Copy ${text}`}
      aria-label={`${shortOf(text)} Copy the ${label}`}
      onClick={copy}
    >
      <code>{shortOf(text)}</code>
      <span class="muted">{copied ? ' ✓' : ''}</span>
    </button>
  )
}

/** The last failed or slow requests. */
export const RecentRequests = ({ status: { recent, at } }: { status: Status }) => (
  <Card title="Failed and slow requests" id="requests" wide aside={<span class="muted">the last fifty</span>}>
    {recent === undefined && <Empty>They are not kept: management.recentRequests is off.</Empty>}
    {recent?.length === 0 && <Empty>None since the start.</Empty>}
    {recent !== undefined && recent.length > 0 && (
      <Table<RecentRequest>
        label="Failed and slow requests"
        rows={recent}
        keyOf={({ correlationId, at: endedAt }, index) => `${endedAt} ${correlationId} ${index}`}
        columns={[
          { name: 'When', cell: ({ at: endedAt }) => <span class="time">{format.ago(endedAt, at)}</span> },
          {
            name: 'Route',
            cell: ({ method, route }) => <RouteName method={method} route={route} />
          },
          {
            name: 'Outcome',
            cell: ({ statusCode, isSlow }) => (
              <>
                <Badge tone={statusCode >= 500 ? 'bad' : 'ok'}>{statusCode}</Badge>{' '}
                {isSlow && <Badge tone="warn">slow</Badge>}
              </>
            )
          },
          { name: 'Duration', numeric: true, cell: ({ duration }) => format.duration(duration) },
          {
            name: 'Error',
            from: 'medium',
            cell: ({ error }) => (error === undefined ? '' : <code>{error}</code>)
          },
          {
            name: 'Correlation id',
            cell: ({ correlationId }) => <Copyable text={correlationId} label="correlation id" />
          },
          {
            name: 'Trace id',
            from: 'wide',
            cell: ({ traceId }) => <Copyable text={traceId} label="trace id" />
          }
        ]}
      />
    )}
  </Card>
)

const workersText = ({ workers }: ActionStatus): string => {
  if (workers === undefined || workers.length === 0) return ''
  const obeyed = workers.filter(({ statusCode = 500 }) => statusCode < 400).length
  return `${obeyed} of ${workers.length}`
}

/** The last actions of operators. They are in the log too. */
export const Actions = ({ status: { actions, at } }: { status: Status }) => (
  <Card title="Actions of operators" wide aside={<span class="muted">each is a line in the log</span>}>
    {actions.length === 0 ? (
      <Empty>None since the start.</Empty>
    ) : (
      <Table
        label="Actions of operators"
        rows={actions}
        keyOf={({ at: actedAt }, index) => `${actedAt} ${index}`}
        columns={[
          { name: 'When', cell: ({ at: actedAt }) => <span class="time">{format.ago(actedAt, at)}</span> },
          { name: 'Action', cell: ({ action }) => <code>{action}</code> },
          {
            name: 'Outcome',
            cell: ({ statusCode }) => <Badge tone={statusCode < 400 ? 'ok' : 'bad'}>{statusCode}</Badge>
          },
          { name: 'Workers', numeric: true, from: 'medium', cell: workersText },
          { name: 'From', from: 'medium', cell: ({ address }) => <code>{address}</code> },
          {
            name: 'With',
            from: 'wide',
            cell: ({ detail }) => (detail === undefined ? '' : <code>{detail}</code>)
          }
        ]}
      />
    )}
  </Card>
)
