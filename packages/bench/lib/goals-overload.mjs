// The goals of load shedding, at three times of what the service can do. The worst kind of load counts.
const ours = 'resilience: shedding'

const rowsOf = ({ overload: { rows } }, wanted) =>
  rows.filter((row) => Object.entries(wanted).every(([name, value]) => row[name] === value))

/** The worst of what `figure` gives for each kind of load. */
const worst = (data, figure) =>
  Math.max(...[...new Set(data.overload.rows.map(({ kind }) => kind))].map(figure))

const shareOfCapacity = ({ adaptedGoodput, capacity }) => adaptedGoodput / capacity

const at = (data, kind, factor, name = ours) => rowsOf(data, { kind, factor, name })[0]

export const overloadGoals = [
  {
    what: 'overload: CPU of a rejected request : a served one',
    of: ({ overload: { rejection } }) => rejection.rejected / rejection.served,
    most: 0.25
  },
  {
    what: 'overload, 3 ×: the best goodput of bare after 2 s : goodput',
    of: (data) =>
      worst(
        data,
        (kind) =>
          Math.max(...rowsOf(data, { kind, name: 'bare' }).map(shareOfCapacity)) /
          shareOfCapacity(at(data, kind, 3))
      ),
    most: 1.11
  },
  {
    what: 'overload, 3 ×: p99 of the admitted after 2 s : at 0.8 ×',
    of: (data) => worst(data, (kind) => at(data, kind, 3).adaptedP99 / at(data, kind, 0.8).adaptedP99),
    most: 2
  },
  {
    what: 'overload, 3 ×: share of important requests that is lost after 2 s',
    of: (data) => at(data, 'mixed', 3).importantLost,
    most: 0.01
  },
  {
    what: 'overload, 3 ×: slowest probe after 2 s, ms',
    of: (data) => worst(data, (kind) => at(data, kind, 3).probeMs),
    most: 100
  },
  {
    what: 'overload, 3 ×: seconds until all is well again',
    of: (data) => worst(data, (kind) => at(data, kind, 3).backMs / 1000),
    most: 5
  }
]
