import type { ProblemReport } from '../../schema/problems.ts'
import { scorerConsumer } from '../../schema/scoring-models.ts'
import { findDiskProblems } from './find-disk-problems.ts'
import { findProcessProblems } from './find-process-problems.ts'
import { findReadModelProblems, findUnreadable } from './find-read-model-problems.ts'
import { findStreamProblems } from './find-stream-problems.ts'
import type { Sample } from './sample.ts'

/** Finds all problems of a sample. Empty while the figures are right and up to date, and nothing is about to fail. */
export function findProblems(sample: Sample): ProblemReport[] {
  const here = [...findUnreadable(sample), ...findDiskProblems(sample)]
  const link = findLinkProblem(sample)
  // Without the log, all other problems would only be consequences of its absence.
  if (link !== undefined) return [link, ...here]
  return [
    ...here,
    ...findStreamProblems(sample),
    ...findReadModelProblems(sample),
    ...findModelProblems(sample),
    ...findIgnoredPromotion(sample),
    ...findProcessProblems(sample),
  ]
}

function findLinkProblem({ isConnected, streams, linkedMs }: Sample): ProblemReport | undefined {
  if (!isConnected) {
    return {
      code: 'nats-disconnected',
      what: 'The gateway is not connected to NATS, so the figures stand still.',
      remedy: 'Start nats-server, or set NATS_URL to where it runs. The gateway connects again by itself.',
    }
  }
  if (linkedMs > 0) return undefined
  return {
    code: 'log-unavailable',
    what: `The log does not answer: ${streams[0]?.failure ?? 'no answer yet'}.`,
    remedy: 'Look into the log of nats-server, and restart it if it hangs or has switched JetStream off.',
  }
}

function findIgnoredPromotion({ ignoredPromotion, promoted }: Sample): ProblemReport[] {
  if (ignoredPromotion === undefined) return []
  const { sequence, reason } = ignoredPromotion
  const shown = promoted === undefined ? 'No scoring model is shown' : `Model ${promoted} is still shown`
  const what = `The last promotion, message ${sequence} of MODELS, has no effect: ${reason}. ${shown}.`
  const again = promoted === undefined ? 'a scoring model' : 'that one, or another one'
  return [{ code: 'promotion-ignored', what, remedy: `Promote ${again}: npm run promote -- ${promoted ?? '<model>'}` }]
}

const BEHIND_SECONDS = 15

function findModelProblems({ promoted, scoring, unscoredPosts }: Sample): ProblemReport[] {
  if (scoring !== undefined && (scoring.lagSeconds ?? 0) > BEHIND_SECONDS && !scoring.isCatchingUp) {
    const what = `${scoring.lag.toLocaleString('en')} posts wait for their scores, the oldest for ${scoring.lagSeconds} s, and scoring is not catching up.`
    const remedy = 'Look at the log of the scorer, restart it if it does nothing, or start another one: npm run scorer.'
    return [{ code: 'scoring-behind', what, remedy }]
  }
  if (unscoredPosts > 0) {
    const what = `${unscoredPosts.toLocaleString('en')} posts have no score of model ${promoted}, and no scorer is going to score them.`
    const remedy = `Delete the consumer of the scorers, and they score all posts again: nats consumer rm POSTS ${scorerConsumer(promoted ?? '')}`
    return [{ code: 'posts-without-scores', what, remedy }]
  }
  if (promoted !== undefined) return []
  return [
    {
      code: 'no-model-promoted',
      what: 'No scoring model was promoted yet, so no scores are shown.',
      remedy: 'Start a scorer: the first one promotes its own scoring model.',
    },
  ]
}
