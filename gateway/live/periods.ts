import type { Promotion } from '../../schema/promotions.ts'

/**
 * A place in the order of `postScored`: the promotion (its sequence in MODELS) of the scoring model that is shown there,
 * and the sequence of a score of that model.
 */
export interface Place {
  readonly promotion: number
  readonly sequence: number
}

export const comparePlaces = (a: Place, b: Place): number => a.promotion - b.promotion || a.sequence - b.sequence

/** The time from one promotion to the next, in which the scores of one scoring model are shown. */
export interface Period {
  readonly promotion: number
  readonly model: string
  /** The first sequence of SCORES that was stored in this period. */
  readonly start: number
  /** The first sequence that was stored after this period; infinite for the last period. */
  readonly end: number
  /**
   * By scoring model, the sequence below which its scores were visible in an earlier period (JSON); null in the first
   * period.
   */
  readonly shownBefore: string | null
  /**
   * The starts of windows of the log that have no event of this period, so that they are read once and not for each
   * subscriber. After a promotion most of the log has no event of the new period.
   */
  readonly empty: Set<number>
}

/** The periods of the log, in order. Scores that are older than their period become visible at its beginning. */
export class Periods {
  readonly #all: readonly Period[]

  constructor(promotions: readonly Promotion[]) {
    const shownBefore: Record<string, number> = {}
    this.#all = promotions.map(({ sequence: promotion, model, start }, index) => {
      const end = promotions[index + 1]?.start ?? Number.POSITIVE_INFINITY
      const before = index === 0 ? null : JSON.stringify(shownBefore)
      shownBefore[model] = end
      return { promotion, model, start, end, shownBefore: before, empty: new Set() }
    })
  }

  find(promotion: number): Period | undefined {
    return this.#all.find((period) => period.promotion === promotion)
  }

  after({ promotion }: Place): Period | undefined {
    return this.#all.find((period) => period.promotion > promotion)
  }

  /** The place after everything that was visible up to a sequence of SCORES; undefined without promotions. */
  placeAt(sequence: number): Place | undefined {
    const period = this.#all.findLast(({ start }) => start <= sequence + 1) ?? this.#all[0]
    return period && { promotion: period.promotion, sequence }
  }
}
