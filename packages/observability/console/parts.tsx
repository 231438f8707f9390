import type { ComponentChildren } from 'preact'

/** Small parts that all views use. */

export type Tone = 'ok' | 'warn' | 'bad' | 'note' | 'idle'

const icons: Record<Tone, string> = { ok: '✓', warn: '!', bad: '✕', note: 'i', idle: '·' }

/** A state in words and colour; the sign keeps it readable without colours. */
export const Badge = ({ tone, children }: { tone: Tone; children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>
    <span class="sign" aria-hidden="true">
      {icons[tone]}
    </span>
    {children}
  </span>
)

interface CardProps {
  title: string
  id?: string
  aside?: ComponentChildren
  wide?: boolean
  children: ComponentChildren
}

export const Card = ({ title, id, aside, wide = false, children }: CardProps) => (
  <section class={wide ? 'card wide' : 'card'} id={id} aria-label={title}>
    <header>
      <h2>{title}</h2>
      {aside !== undefined && <div class="aside">{aside}</div>}
    </header>
    {children}
  </section>
)

export const Empty = ({ children }: { children: ComponentChildren }) => <p class="empty">{children}</p>

export interface Column<Row> {
  name: string
  /** A number: aligned to the right. */
  numeric?: boolean
  cell(row: Row): ComponentChildren
  /** Below this width of the window the column is left out. */
  from?: 'medium' | 'wide'
}

export interface TableProps<Row> {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf(row: Row, index: number): string
  toneOf?(row: Row): Tone | undefined
  /** The headers, where they are more than their names. */
  head?: ComponentChildren
}

export const cellClass = ({ numeric, from }: Pick<Column<never>, 'numeric' | 'from'>): string =>
  [numeric === true ? 'number' : '', from === undefined ? '' : `from-${from}`].filter(Boolean).join(' ')

export const Table = <Row,>({ label, columns, rows, keyOf, toneOf, head }: TableProps<Row>) => (
  <div class="scroller" tabIndex={0} role="region" aria-label={`${label}, table`}>
    <table>
      <thead>
        <tr>
          {head ??
            columns.map((column) => (
              <th scope="col" class={cellClass(column)} key={column.name}>
                {column.name}
              </th>
            ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={keyOf(row, index)} class={toneOf?.(row) ?? ''}>
            {columns.map((column) => (
              <td class={cellClass(column)} key={column.name}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

interface ButtonProps {
  onClick(): void
  children: ComponentChildren
  kind?: 'plain' | 'danger' | 'primary'
  label?: string
}

export const Button = ({ onClick, children, kind = 'plain', label }: ButtonProps) => (
  <button type="button" class={`button ${kind}`} onClick={onClick} aria-label={label}>
    {children}
  </button>
)

/** Any value as nested lists of names and values. */
export const Value = ({ value }: { value: unknown }) => {
  if (value === null || value === undefined || value === '') return <span class="muted">–</span>
  if (typeof value === 'boolean') return <>{value ? 'yes' : 'no'}</>
  if (typeof value === 'number')
    return <>{value.toLocaleString('en', { maximumFractionDigits: 3, useGrouping: false })}</>
  if (typeof value !== 'object') return <>{value as string}</>
  const entries = Object.entries(value)
  if (entries.length === 0) return <span class="muted">none</span>
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object'))
    return <>{value.join(', ')}</>
  return (
    <dl class="values">
      {entries.map(([name, inner]) => (
        <div key={name} class={typeof inner === 'object' && inner !== null ? 'nested' : ''}>
          <dt>{Array.isArray(value) ? nameIn(inner, name) : name}</dt>
          <dd>
            <Value value={inner} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Entries of a list are known by their names, where they have one. */
function nameIn(entry: unknown, index: string): string {
  const { name } = (entry ?? {}) as { name?: unknown }
  return typeof name === 'string' ? name : `${Number(index) + 1}`
}
