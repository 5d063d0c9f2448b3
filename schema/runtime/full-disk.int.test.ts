import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { applyStreams } from '../apply-streams.ts'
import { EVENTS, subjectOf } from '../events.ts'
import { POSTS } from '../streams.ts'
import { startTestNats } from '../testing/nats-server.ts'
import { mountSmallDisk } from '../testing/small-disk.ts'
import { DurablePublisher, type OutgoingMessage } from './publish.ts'

/** A payload that does not fit into what is left of a file's last page on a full disk. */
const PAYLOAD = 'x'.repeat(50_000)

const message = (id: string): OutgoingMessage => ({
  subject: subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }),
  messageId: EVENTS.PostSubmitted.messageId({ id }),
  payload: PAYLOAD,
})

test('a full disk is named; with room again and the server restarted, publishing goes on', async (context) => {
  await using disk = await mountSmallDisk()
  context.skip(disk === undefined, 'only root may mount a small disk')
  if (disk === undefined) return
  await using nats = await startTestNats({ folder: disk.folder })
  const connection = await nats.connect()
  const jsm = await jetstreamManager(connection)
  await applyStreams(jsm)
  const { promise: blocked, resolve: tell } = Promise.withResolvers<string | undefined>()
  const onBlocked = (_: string, problem?: { readonly what: string }): void => tell(problem?.what)
  const publisher = new DurablePublisher(connection, { dataDir: nats.storeDir, onBlocked })
  await publisher.publish([message('aaaaa')])
  const free = await disk.fill()
  const publishing = publisher.publish([message('aaaab')])
  expect(await blocked).toMatch(/^The disk of DATA_DIR .* is full \(0 MB free\)/)
  await free()
  await nats.restart()
  expect(await publishing).toMatchObject({ stored: 1, duplicates: 0 })
  expect((await jsm.streams.info(POSTS)).state.messages).toBe(2)
  await connection.close()
})
