import { expect, test } from 'vitest'
import { LineFullError, WaitingLine } from './waiting-line.ts'

/** Tasks that run until `end` is called with their name. */
function tasks(line: WaitingLine) {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const run = (name: string, signal?: AbortSignal): Promise<string> =>
    line.run(() => {
      begun.push(name)
      return new Promise((resolve) => ends.set(name, () => resolve(name)))
    }, signal)
  return { begun, run, end: (name: string) => ends.get(name)!() }
}

test('tasks whose client has left are removed, and the others keep their order', async () => {
  const line = new WaitingLine({ atOnce: 1, mostWaiting: 3 })
  const { begun, run, end } = tasks(line)
  const leaving = new AbortController()
  const [first, second, third] = [
    run('first'),
    run('second', leaving.signal),
    run('third', new AbortController().signal),
  ]
  const fourth = run('fourth', leaving.signal)
  await expect(run('fifth')).rejects.toBeInstanceOf(LineFullError)
  const reason = new Error('the client has left')
  const gone = Promise.allSettled([second, fourth])
  leaving.abort(reason)
  expect(await gone).toEqual([
    { status: 'rejected', reason },
    { status: 'rejected', reason },
  ])
  const sixth = run('sixth')
  end('first')
  expect(await first).toBe('first')
  end('third')
  expect(await third).toBe('third')
  end('sixth')
  expect(await sixth).toBe('sixth')
  expect(begun).toEqual(['first', 'third', 'sixth'])
})

test('a task whose client has left does not start, and a running task continues when its client leaves', async () => {
  const line = new WaitingLine({ atOnce: 1, mostWaiting: 1 })
  const { begun, run, end } = tasks(line)
  await expect(run('gone', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  const leaving = new AbortController()
  const running = run('running', leaving.signal)
  leaving.abort()
  end('running')
  expect(await running).toBe('running')
  expect(begun).toEqual(['running'])
})
