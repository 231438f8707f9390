import t from 'tap'
import { pagesRun } from './pages.ts'

pagesRun(t, '{index,start/*}.md')
