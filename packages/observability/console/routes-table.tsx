import { useState } from 'preact/hooks'
import type { RouteStatus } from '../src/console/types.ts'
import * as format from './format.ts'
import { PagedTable } from './paged-table.tsx'
import { Badge, Button, cellClass, Empty, Table, type Column, type Tone } from './parts.tsx'
import { RouteName } from './route-name.tsx'

type SortKey = 'worst' | 'route' | 'rate' | 'errorShare' | 'p50' | 'p95' | 'p99' | 'inFlight' | 'total'

const toneOf = ({ isFailing, isSlow }: RouteStatus): Tone | undefined =>
  isFailing ? 'bad' : isSlow ? 'warn' : undefined

export const badness = ({ isFailing, isSlow, errorShare, rate, total }: RouteStatus): number =>
  (isFailing ? 4e9 : 0) + (isSlow ? 2e9 : 0) + errorShare * 1e9 + rate * 1e3 + Math.min(total, 1e6) / 1e6

const valueOf = (row: RouteStatus, key: SortKey): number | string =>
  key === 'worst' ? badness(row) : key === 'route' ? row.route : (row[key] ?? -1)

function compare(key: SortKey, isDescending: boolean) {
  return (one: RouteStatus, other: RouteStatus): number => {
    const [a, b] = [valueOf(one, key), valueOf(other, key)]
    const order = typeof a === 'string' ? a.localeCompare(String(b)) : a - (b as number)
    return (isDescending ? -order : order) || one.route.localeCompare(other.route)
  }
}

interface SortableColumn extends Column<RouteStatus> {
  sort: SortKey
}

const columns: readonly SortableColumn[] = [
  {
    name: 'Route',
    sort: 'route',
    cell: ({ method, route, isFailing, isSlow }) => (
      <RouteName method={method} route={route}>
        {isFailing && <Badge tone="bad">failing</Badge>}
        {isSlow && <Badge tone="warn">slow</Badge>}
      </RouteName>
    )
  },
  { name: 'Rate', sort: 'rate', numeric: true, cell: ({ rate }) => `${format.rate(rate)}/s` },
  {
    name: 'Errors',
    sort: 'errorShare',
    numeric: true,
    cell: ({ errorShare, isFailing }) => (
      <span class={isFailing ? 'problem' : errorShare === 0 ? 'muted' : ''}>
        {format.percent(errorShare)}
      </span>
    )
  },
  { name: 'p50', sort: 'p50', numeric: true, from: 'medium', cell: ({ p50 }) => format.duration(p50) },
  { name: 'p95', sort: 'p95', numeric: true, cell: ({ p95 }) => format.duration(p95) },
  { name: 'p99', sort: 'p99', numeric: true, from: 'medium', cell: ({ p99 }) => format.duration(p99) },
  { name: 'In flight', sort: 'inFlight', numeric: true, from: 'medium', cell: ({ inFlight }) => inFlight },
  { name: 'Total', sort: 'total', numeric: true, from: 'wide', cell: ({ total }) => format.count(total) }
]

interface HeaderProps {
  column: SortableColumn
  sort: SortKey
  isDescending: boolean
  onSort(): void
}

const Header = ({ column, sort, isDescending, onSort }: HeaderProps) => {
  const isSorted = column.sort === sort
  return (
    <th
      scope="col"
      class={cellClass(column)}
      aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" class="sort" onClick={onSort}>
        {column.name}
        <span aria-hidden="true">{isSorted ? (isDescending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  )
}

/** All routes, worst first; sortable, with a filter, a page at a time. */
export const RoutesTable = ({ routes }: { routes: readonly RouteStatus[] }) => {
  const [filter, setFilter] = useState('')
  const [{ sort, isDescending }, setSort] = useState<{ sort: SortKey; isDescending: boolean }>({
    sort: 'worst',
    isDescending: true
  })
  const wanted = filter.trim().toLowerCase()
  const found =
    wanted === ''
      ? routes
      : routes.filter(({ method, route }) => `${method} ${route}`.toLowerCase().includes(wanted))
  const rows = found.toSorted(compare(sort, isDescending))
  const sortBy = (key: SortKey): void =>
    setSort((before) =>
      before.sort === key
        ? { sort: key, isDescending: !before.isDescending }
        : { sort: key, isDescending: key !== 'route' }
    )
  if (routes.length === 0) return <Empty>The service has no routes.</Empty>
  return (
    <>
      <div class="tools">
        <input
          type="search"
          placeholder="Filter by method or path"
          aria-label="Filter routes"
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
        <span class="muted" role="status">
          {found.length === routes.length
            ? `${format.count(routes.length)} routes`
            : `${format.count(found.length)} of ${format.count(routes.length)} routes`}
        </span>
        {sort !== 'worst' && (
          <Button onClick={() => setSort({ sort: 'worst', isDescending: true })}>Worst first</Button>
        )}
      </div>
      <PagedTable
        label="Routes"
        columns={columns}
        rows={rows}
        keyOf={({ method, route }) => `${method} ${route}`}
        toneOf={toneOf}
        head={columns.map((column) => (
          <Header key={column.name} {...{ column, sort, isDescending }} onSort={() => sortBy(column.sort)} />
        ))}
      />
    </>
  )
}

/** The routes that an operator should look at, without controls. */
export const WorstRoutes = ({ routes }: { routes: readonly RouteStatus[] }) => {
  const active = routes.filter(({ rate, inFlight }) => rate > 0 || inFlight > 0)
  if (active.length === 0) return <Empty>No requests within the last minute.</Empty>
  return (
    <Table
      label="Worst routes"
      columns={columns}
      rows={active.toSorted(compare('worst', true)).slice(0, 8)}
      keyOf={({ method, route }) => `${method} ${route}`}
      toneOf={toneOf}
    />
  )
}
