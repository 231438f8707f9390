import t from 'tap'
import { pagesRun } from './pages.ts'

t.setTimeout(900_000)
pagesRun(t, 'from/*.md')
