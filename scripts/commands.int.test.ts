import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { READ_MODEL_NAMES } from '../schema/read-models.ts'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
/** Every npm script that runs a program of this repository, as its name and its file. */
const COMMANDS = Object.entries(scripts).flatMap(([name, line]) => {
  const file = /^(?:\w+=\S+ )*exec scripts\/run (?:--\S+ )*(?!node_modules)(\S+)$/.exec(line)?.[1]
  return file === undefined ? [] : [{ name, file }]
})
/** Settings that no process can start with: every program that reads them fails. */
const WRONG_SETTINGS = { NATS_PORT: 'none', PORT: 'none', LOG_LEVEL: 'none', POLL_INTERVAL_MS: 'none' }

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'gravitas-commands-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs a command as scripts/run does, in an empty folder. */
async function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [resolve(file), ...args], {
    cwd: folder,
    env: { ...process.env, ...WRONG_SETTINGS, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout, stderr }
}

test('the commands are found', () => {
  expect(COMMANDS.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['start', 'test', 'dev', 'ingest', 'scorer', 'projector', 'gateway', 'erase', 'status']),
  )
})

test.each(COMMANDS)(
  '$name: --help explains it on standard output, and a wrong argument is refused; nothing is done',
  async ({ name, file }) => {
    const line = name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`
    const [help, refused] = await Promise.all([run(file, ['--help']), run(file, ['--no-such-option'])])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(new RegExp(`^Usage: ${line} -- .*\\[options\\]`))
    expect(help.stdout).toMatch(/\n {2}-h, --help +\S/)
    expect(help.stdout).toMatch(new RegExp(`\nExamples:\n(  .*\n)*  .*${line}`))
    const refusal = `^(Unknown option '--no-such-option'\\.|Required option ).*\n(.*\n)*${line} -- --help shows how to use it\\.\n$`
    expect(refused).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(new RegExp(refusal)) as string })
    expect(await readdir(folder)).toEqual([])
  },
)

test('a supervised service exits with one code for wrong arguments, and with another one for wrong settings', async () => {
  const supervised = { GRAVITAS_SUPERVISED: '1' }
  const exits = await Promise.all([
    run('projections/main.ts', ['none'], supervised),
    run('projections/main.ts', [READ_MODEL_NAMES[0]!], supervised),
    run('projections/main.ts', [READ_MODEL_NAMES[0]!]),
  ])
  expect(exits.map(({ code }) => code)).toEqual([64, 78, 1])
})
