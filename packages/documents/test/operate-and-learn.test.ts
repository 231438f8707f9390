import t from 'tap'
import { pagesRun } from './pages.ts'

t.setTimeout(600_000)
pagesRun(t, '{operate,learn}/*.md')
