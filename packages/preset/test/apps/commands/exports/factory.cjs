'use strict'

exports.buildServer = async ({ isTest } = {}) => {
  const { makeApp } = await import('./app.js')
  return isTest ? undefined : makeApp()
}
