import type { AccessRow, Details } from '../src/console/types.ts'
import * as format from './format.ts'
import { PagedTable } from './paged-table.tsx'
import { Badge, Card, Empty, Table, Value, type Tone } from './parts.tsx'
import { RouteName } from './route-name.tsx'

const partTones: Record<string, Tone> = { on: 'ok', off: 'idle', 'backed off': 'note' }

const Parts = ({ parts: { parts, missing } }: { parts: NonNullable<Details['parts']> }) => (
  <Card title="Parts">
    <ul class="rows compact">
      {missing.map((option) => (
        <li key={option}>
          <Badge tone="warn">missing</Badge> {option}
        </li>
      ))}
      {parts.map(({ part, state, reason }) => (
        <li key={part}>
          <div class="row-main">
            <Badge tone={partTones[state] ?? 'note'}>{state}</Badge>
            <strong>{part}</strong>
            <span class="muted">{reason}</span>
          </div>
        </li>
      ))}
    </ul>
  </Card>
)

const accessTones: Record<string, Tone> = {
  unmarked: 'bad',
  public: 'note',
  optional: 'note',
  operational: 'idle',
  authenticated: 'ok',
  restricted: 'ok'
}

const needs = ({ schemes, roles, scopes, policies, owner }: AccessRow): string =>
  [schemes, ...roles, ...scopes, ...policies, ...owner.map((name) => `owner: ${name}`)]
    .filter(Boolean)
    .join(', ')

/** Unguarded routes first. */
const Access = ({ access }: { access: readonly AccessRow[] }) => {
  const isUnmarked = (row: AccessRow) => row.access === 'unmarked'
  const rows = access
    .filter(({ method }) => method !== 'HEAD')
    .toSorted((a, b) => Number(isUnmarked(b)) - Number(isUnmarked(a)) || a.url.localeCompare(b.url))
  const unmarked = rows.filter(isUnmarked).length
  return (
    <Card
      title="Access"
      wide
      aside={
        unmarked === 0 ? <Badge tone="ok">all marked</Badge> : <Badge tone="bad">{unmarked} unguarded</Badge>
      }
    >
      <PagedTable
        label="Access"
        rows={rows}
        keyOf={({ method, url }) => `${method} ${url}`}
        columns={[
          {
            name: 'Route',
            cell: ({ method, url }) => <RouteName method={method} route={url} />
          },
          {
            name: 'Access',
            cell: (row) => (
              <Badge tone={accessTones[row.access] ?? 'note'}>
                {isUnmarked(row) ? 'unguarded' : row.access}
                {row.report ? ', only logged' : ''}
              </Badge>
            )
          },
          { name: 'Needs', from: 'medium', cell: needs }
        ]}
      />
    </Card>
  )
}

const Timeline = ({ timeline }: { timeline: Details['timeline'] }) => {
  const longest = Math.max(1, ...timeline.map(({ milliseconds }) => milliseconds))
  const shown = timeline.filter(({ name }) => !name.startsWith('bound ')).slice(0, 60)
  return (
    <Card title="Start-up by plugin">
      <ul class="timeline">
        {shown.map(({ name, depth, milliseconds }, index) => (
          <li key={`${index} ${name}`} class={`depth-${Math.min(depth, 4)}`}>
            <span>{name}</span>
            <meter
              min={0}
              max={longest}
              value={Math.min(milliseconds, longest)}
              aria-label={`Time of ${name}`}
            />
            <span class="number">{format.duration(milliseconds)}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** Facts that stay as they are after the start. */
export const Setup = ({ details }: { details: Details }) => {
  const { build, dependencies, timeline, access, parts, configuration } = details
  return (
    <div class="columns">
      <Card title="Build">
        <Value value={build} />
      </Card>
      {parts !== undefined && <Parts parts={parts} />}
      {configuration !== undefined && (
        <Card title="Configuration">
          <Value value={configuration} />
        </Card>
      )}
      <Card title="Dependencies">
        {dependencies.length === 0 ? (
          <Empty>No package.json is beside the program.</Empty>
        ) : (
          <Table
            label="Dependencies"
            rows={dependencies}
            keyOf={({ name }) => name}
            columns={[
              { name: 'Package', cell: ({ name }) => <code>{name}</code> },
              { name: 'Installed', cell: ({ installed }) => installed || '–' },
              { name: 'Wanted', from: 'medium', cell: ({ wanted }) => <span class="muted">{wanted}</span> }
            ]}
          />
        )}
      </Card>
      <Timeline timeline={timeline.slice(1)} />
      {access !== undefined && <Access access={access} />}
    </div>
  )
}
