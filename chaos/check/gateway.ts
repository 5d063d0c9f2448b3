import { setTimeout as pause } from 'node:timers/promises'
import type { History } from '../load/history.ts'
import { CheckError } from './check.ts'
import { countLoad } from './count.ts'

const POLL_MS = 100
const TIMEOUT_MS = 15_000
const REQUEST_TIMEOUT_MS = 2_000

/** Waits until the API shows the counted figures of every subreddit. @throws CheckError when it does not */
export async function checkGateway(history: History, url: string): Promise<void> {
  const wanted = (await countLoad(history))['all_time_view']!.flatMap((line) => {
    const { subreddit: name, model, posts, seriousness } = JSON.parse(line) as Record<string, string | number>
    return model === history.model.name ? [`${name} ${posts} ${Number(seriousness).toFixed(6)}`] : []
  })
  const deadline = performance.now() + TIMEOUT_MS
  for (;;) {
    const found = await readFigures(url)
    if (JSON.stringify(found) === JSON.stringify(wanted.sort())) return
    if (performance.now() > deadline)
      throw new CheckError(`GET /subreddits and the count differ:\n  ${found.join(', ')}\n  ${wanted.join(', ')}`)
    await pause(POLL_MS)
  }
}

async function readFigures(url: string): Promise<string[]> {
  try {
    const response = await fetch(`${url}/subreddits?limit=100`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const { subreddits } = (await response.json()) as {
      subreddits: { name: string; posts: number; seriousness: number }[]
    }
    return subreddits.map(({ name, posts, seriousness }) => `${name} ${posts} ${seriousness.toFixed(6)}`).sort()
  } catch (error) {
    return [String(error)]
  }
}
