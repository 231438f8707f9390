import { makeApp } from './app.js'

export const server = await makeApp()
