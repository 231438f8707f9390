import { useState } from 'preact/hooks'
import { Button, Table, type TableProps } from './parts.tsx'

/** Rows on the page until more are asked for: a service may have thousands of routes. */
const pageSize = 50
const further = 200

/** A table, a page at a time. */
export const PagedTable = <Row,>({ rows, ...others }: TableProps<Row>) => {
  const [limit, setLimit] = useState(pageSize)
  return (
    <>
      <Table {...others} rows={rows.slice(0, limit)} />
      {rows.length > limit && (
        <div class="more">
          <Button onClick={() => setLimit(limit + further)}>
            Show {Math.min(further, rows.length - limit)} more
          </Button>
        </div>
      )}
    </>
  )
}
