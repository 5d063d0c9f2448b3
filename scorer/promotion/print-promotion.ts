import { toPromoteCommand } from '../../schema/scoring-models.ts'
import { count } from '../../schema/runtime/progress.ts'
import type { Promotion } from './promote-model.ts'
import type { ScoredModel } from './scored-models.ts'

/** Lists the scoring models that have scores, one on a line. */
export function printModels(models: readonly ScoredModel[], shown: string | undefined): string {
  if (models.length === 0) return 'No scoring model has scores yet.\n'
  const width = Math.max(...models.map(({ model }) => model.length))
  const lines = models.map((one) => {
    const marks = [one.model === shown ? 'shown' : '', one.isScoring ? 'scoring' : '', toProgress(one)]
    return `${one.model.padEnd(width)}  ${many(one.scores, 'score')}  ${marks.filter((mark) => mark !== '').join(', ')}`
  })
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

const toProgress = ({ behind }: ScoredModel): string =>
  behind === null ? '' : behind === 0 ? 'has scored all posts' : `${many(behind, 'post')} to go`

/** Reports the change that a promotion made or would make, and its effect on the figures. */
export function printPromotion({ outcome, model, replaced, before }: Promotion): string {
  const lines =
    outcome === 'already shown'
      ? [`${model.model} is shown already, so nothing was changed.`]
      : [
          `${model.model} ${outcome === 'promoted' ? 'is shown now' : 'would be shown'}${instead(model, replaced, before)}.`,
        ]
  lines.push(...missing(model))
  // A scoring model without scores cannot be promoted again.
  if (outcome === 'promoted' && before !== undefined) lines.push(`To go back: ${toPromoteCommand(before.model)}`)
  return `${lines.join('\n')}\n`
}

function instead({ scores }: ScoredModel, replaced: string | undefined, before: ScoredModel | undefined): string {
  const place = replaced === undefined ? '' : `, in place of ${replaced}`
  const compared = before === undefined ? '' : `, ${before.model} has ${count(before.scores)}`
  return `${place}. It has ${many(scores, 'score')}${compared}`
}

/** Says which posts are missing from the figures: only posts with a score of the shown model count. */
function missing({ model, behind, isScoring }: ScoredModel): string[] {
  if (behind === null)
    return [`No scorer of ${model} ever ran here: the figures leave out posts without a score of it.`]
  const posts = `${many(behind, 'post')} without a score of ${model} so far: the figures leave out each of them until it has one.`
  const scorer = `No scorer of ${model} is running: new posts get no score of it.`
  const said = [...(behind === 0 ? [] : [posts]), ...(isScoring ? [] : [scorer])].join(' ')
  return said === '' ? [] : [said]
}

const many = (number: number, what: string): string => `${count(number)} ${what}${number === 1 ? '' : 's'}`
