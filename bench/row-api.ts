import autocannon from 'autocannon'
import type { Figure } from './report.ts'
import type { Stack } from './stack.ts'

const CONNECTIONS = 16
const SECONDS = 5

/** Measures requests a second and p99 of the two REST addresses, at 16 connections. */
export async function benchApi(stack: Stack, subreddit: string): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const path of ['/subreddits', `/subreddit/${subreddit}`]) {
    const headers = { accept: 'application/json' }
    await autocannon({ url: stack.url + path, connections: CONNECTIONS, duration: 1, headers })
    const result = await autocannon({ url: stack.url + path, connections: CONNECTIONS, duration: SECONDS, headers })
    if (result.non2xx > 0 || result.errors > 0)
      throw new Error(`${path}: ${result.non2xx} bad answers, ${result.errors} errors`)
    const what = `GET ${path.replace(subreddit, '<name>')}`
    figures.push({ what, measured: result.requests.average, unit: 'requests/s', budget: 3_000, better: 'higher' })
    figures.push({ what: `${what}, p99`, measured: result.latency.p99, unit: 'ms', budget: 10, better: 'lower' })
  }
  return figures
}
