import { PROBLEMS, type Problem } from '../../schema/problems.ts'
import { toUrl } from '../start-config.ts'

const TIMEOUT_MS = 5_000

/** The problems that /readyz of the gateway lists. If the gateway does not answer, that is the only problem. */
export async function readProblems({ host, port }: { host: string; port: number }): Promise<readonly Problem[]> {
  const url = `${toUrl(host, port)}/readyz`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return ((await response.json()) as { problems: Problem[] }).problems
  } catch {
    const code = 'gateway-missing'
    return [
      {
        code,
        severity: PROBLEMS[code],
        what: `The gateway does not answer at ${url}, so no other problems are known.`,
        since: new Date().toISOString(),
        remedy: 'Start it with npm start or npm run gateway, or set HOST and PORT to where it listens.',
      },
    ]
  }
}
