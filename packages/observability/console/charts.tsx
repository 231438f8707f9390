import uPlot from 'uplot'
import { useEffect, useRef } from 'preact/hooks'
import type { HistoryColumns } from '../src/console/types.ts'
import * as format from './format.ts'

interface Curve {
  label: string
  /** A variable of the style sheet. */
  color: string
  column: keyof HistoryColumns
  fill?: boolean
}

interface ChartProps {
  title: string
  history: HistoryColumns
  curves: readonly Curve[]
  text(value: number | null | undefined): string
  /** The steps of the axis, where they are not decimal. */
  steps?: number[]
}

const height = 150
/** The time that a chart shows at least, in seconds. */
const leastShown = 180

const colorOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** A value between two gaps has no line to either side. */
function isolatedPoints({ data }: uPlot, index: number): number[] {
  const values = data[index]!
  return [...values.keys()].filter(
    (at) => values[at] !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null
  )
}

const seriesOf = (curves: readonly Curve[], text: ChartProps['text']): uPlot.Series[] => [
  { value: (_plot, at) => (at === null ? '' : format.clock(at * 1000)) },
  ...curves.map(({ label, color, fill }) => {
    const stroke = colorOf(color)
    return {
      label,
      stroke,
      width: 1.75,
      points: { show: true, size: 4, filter: isolatedPoints },
      value: (_plot: uPlot, value: number | null) => text(value),
      ...(fill === true ? { fill: `${stroke}1f` } : {})
    }
  })
]

function optionsOf({ curves, text, steps }: ChartProps, width: number): uPlot.Options {
  const muted = colorOf('--muted')
  const grid = { stroke: colorOf('--grid'), width: 1 }
  const axis = { stroke: muted, grid, ticks: { show: false }, font: '11px system-ui' }
  return {
    width,
    height,
    series: seriesOf(curves, text),
    legend: { show: false },
    cursor: { sync: { key: 'console' }, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] }
    },
    axes: [
      { ...axis, size: 24, space: 70, values: timesOf },
      {
        ...axis,
        size: 54,
        space: 32,
        values: (_plot, at) => at.map((value) => (value === 0 ? '0' : text(value))),
        ...(steps === undefined ? {} : { incrs: steps })
      }
    ]
  }
}

/** Times with seconds where the ticks are closer than a minute. */
const timesOf = (_plot: uPlot, at: number[]): string[] => {
  const isClose = at.length > 1 && at[1]! - at[0]! < 60
  return at.map((value) => format.clock(value * 1000).slice(0, isClose ? 8 : 5))
}

/** The columns, with the time that is left of a service that has just started. */
function dataOf(history: HistoryColumns, curves: readonly Curve[]): uPlot.AlignedData {
  const { time } = history
  const end = time.at(-1)
  const missing = end === undefined || end - time[0]! >= leastShown ? [] : [end - leastShown]
  const columns = curves.map(({ column }) => [...missing.map(() => null), ...history[column]])
  return [[...missing, ...time], ...columns] as uPlot.AlignedData
}

/** Curves of the last fifteen minutes, with their last values as text. */
export const Chart = (props: ChartProps) => {
  const { title, history, curves, text } = props
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)

  useEffect(() => {
    const element = holder.current!
    const create = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf(props, element.clientWidth), dataOf(history, curves), element)
    }
    create()
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    const theme = matchMedia('(prefers-color-scheme: dark)')
    theme.addEventListener('change', create)
    return () => {
      theme.removeEventListener('change', create)
      resized.disconnect()
      plot.current?.destroy()
    }
  }, [])
  useEffect(() => plot.current?.setData(dataOf(history, curves)), [history])

  const last = curves.map(({ label, column }) => `${label} ${text(history[column].at(-1))}`)
  return (
    <figure class="chart" aria-label={`${title}: ${last.join(', ')}`}>
      <figcaption>
        <h2>{title}</h2>
        <ul class="legend">
          {curves.map(({ label, color, column }) => (
            <li key={label}>
              <span class={`swatch ${color.slice(2)}`} aria-hidden="true" />
              {label} <b>{text(history[column].at(-1))}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={holder} class="plot" role="img" aria-label={`${title} of the last fifteen minutes`} />
    </figure>
  )
}

const megabytes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1024, 2048, 5120, 10_240].map(
  (value) => value * 2 ** 20
)

export const Charts = ({ history }: { history: HistoryColumns }) => (
  <div class="charts">
    <Chart
      title="Requests per second"
      history={history}
      text={(value) => (typeof value === 'number' ? format.rate(value) : '–')}
      curves={[
        { label: 'all', color: '--curve-1', column: 'rate', fill: true },
        { label: 'failed', color: '--curve-bad', column: 'errors', fill: true }
      ]}
    />
    <Chart
      title="Latency"
      history={history}
      text={format.duration}
      curves={[
        { label: 'p50', color: '--curve-1', column: 'p50' },
        { label: 'p95', color: '--curve-2', column: 'p95' },
        { label: 'p99', color: '--curve-3', column: 'p99' }
      ]}
    />
    <Chart
      title="Event loop, busy"
      history={history}
      text={format.percent}
      curves={[{ label: 'busy', color: '--curve-1', column: 'loop', fill: true }]}
    />
    <Chart
      title="Memory"
      history={history}
      text={format.bytes}
      steps={megabytes}
      curves={[
        { label: 'process', color: '--curve-1', column: 'rss' },
        { label: 'heap', color: '--curve-2', column: 'heap', fill: true }
      ]}
    />
  </div>
)
