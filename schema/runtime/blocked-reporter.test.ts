import { expect, test } from 'vitest'
import { Health } from '../heartbeat.ts'
import type { ProblemReport } from '../problems.ts'
import { blockedReporter } from './blocked-reporter.ts'

const full: ProblemReport = { code: 'disk-full', what: 'The disk is full.', remedy: 'Free some room.' }
const mute: ProblemReport = { ...full, code: 'log-not-writable', subject: 'POSTS' }

test('a problem is reported once, and stays in the health until its last stream stores events again', () => {
  const health = new Health()
  const said: (string | undefined)[] = []
  const report = blockedReporter(health, (problem) => void said.push(problem?.code))
  const codes = (): string[] => health.problems.list.map(({ code }) => code)
  report('POSTS', full)
  report('POSTS', full)
  report('COVERAGE', full)
  expect(said).toEqual(['disk-full'])
  report('POSTS', mute)
  expect(codes()).toEqual(['disk-full', 'log-not-writable'])
  report('COVERAGE', undefined)
  report('POSTS', undefined)
  expect(codes()).toEqual([])
  expect(said).toEqual(['disk-full', 'log-not-writable', undefined])
})
