import type { ConsumerInfo } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { describeStandstill, toScoringModels } from './scoring-models.ts'

const consumer = (name: string, more: object = {}): ConsumerInfo =>
  ({ stream_name: 'POSTS', name, num_waiting: 1, delivered: {}, ts: '2026-11-20T13:00:30.5Z', ...more }) as ConsumerInfo
const idle = (lastActive?: string) => ({ num_waiting: 0, delivered: { last_active: lastActive } })

test('active scorers are those that wait for posts, or took posts a moment ago', () => {
  const found = toScoringModels([
    consumer('scorer-waiting-1'),
    consumer('scorer-busy-1', idle('2026-11-20T13:00:29.1Z')),
    consumer('scorer-gone-1', idle('2026-11-20T12:00:00Z')),
    consumer('scorer-never-1', idle()),
    consumer('projector-posts'),
    consumer('scorer-other', { stream_name: 'SCORES' }),
  ])
  expect(found).toEqual(['busy-1', 'waiting-1'])
})

test('a warning says that active scorers use another model than the shown one', () => {
  expect(describeStandstill('serious-2', ['serious-3'])).toEqual({
    what: 'Figures are not updating: model serious-2 is shown, but the scorer uses serious-3.',
    remedy: 'To show its scores: npm run promote -- serious-3',
  })
  expect(describeStandstill('serious-2', ['a-1', 'b-1'])?.remedy).toContain(
    'npm run promote -- a-1 or npm run promote -- b-1',
  )
  expect(describeStandstill('serious-2', ['serious-2', 'serious-3'])).toBeUndefined()
  expect(describeStandstill('serious-2', [])).toBeUndefined()
  expect(describeStandstill(undefined, ['serious-3'])).toBeUndefined()
})
