/** Follows redirects like a browser, with a cookie jar per host. */
export class Browser {
  readonly jars = new Map<string, Map<string, string>>()

  async open(url: string, form?: Record<string, string>): Promise<Response & { at: string }> {
    let at = url
    let body = form && new URLSearchParams(form)
    for (let hop = 0; hop < 20; hop++) {
      const { host } = new URL(at)
      const jar = this.jars.get(host) ?? new Map<string, string>()
      this.jars.set(host, jar)
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(at, {
        redirect: 'manual',
        headers: cookie === '' ? {} : { cookie },
        ...(body ? { method: 'POST', body } : {})
      })
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';')
        const index = pair.indexOf('=')
        if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) jar.delete(pair.slice(0, index))
        else jar.set(pair.slice(0, index), pair.slice(index + 1))
      }
      const location = response.headers.get('location')
      if (location === null || response.status >= 400) return Object.assign(response, { at })
      at = new URL(location, at).href
      body = undefined
    }
    throw new Error('too many redirects')
  }

  /** Submits the provider's login and consent forms until it redirects back. */
  async agree(from: Response & { at: string }, login = 'ada'): Promise<Response & { at: string }> {
    let page = from
    for (let step = 0; step < 6 && page.at.includes('/interaction/'); step++) {
      const [, prompt = 'login'] = /name="prompt" value="(\w+)"/.exec(await page.text()) ?? []
      page = await this.open(page.at, { prompt, login, password: 'x' })
    }
    return page
  }
}
