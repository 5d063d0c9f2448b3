import type { Evaluation } from './evaluate-model.ts'
import type { ReliabilityBin } from './metrics.ts'

/** Makes the page of an evaluation, which needs no script and no other file. */
export function toHtml(evaluations: readonly Evaluation[]): string {
  const title = `Evaluation of ${evaluations.map(({ model }) => model).join(' and ')}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>
<style>${STYLE}</style></head><body><h1>${escape(title)}</h1>
<p>Every subreddit weighs the same. Posts that a model was trained on flatter it: judge it on others.</p>
<div class="models">${evaluations.map(section).join('')}</div></body></html>
`
}

const STYLE = `
:root { color-scheme: light dark; --serious: light-dark(#1d5fa8, #6aaef5); --banter: light-dark(#c4621b, #f0a060); --faint: light-dark(#ddd, #444) }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
.models { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 2rem }
table { border-collapse: collapse; width: 100% } td { padding: 0.15rem 0.4rem; text-align: left; border-bottom: 1px solid var(--faint) }
td.n { text-align: right; font-variant-numeric: tabular-nums } td { overflow-wrap: anywhere }
svg { width: 100%; height: auto; max-width: 30rem } text { font-size: 11px; fill: currentColor }
.serious { color: var(--serious); fill: var(--serious) } .banter { color: var(--banter); fill: var(--banter) }
details { margin: 0.5rem 0 }`

function section(evaluation: Evaluation): string {
  const { model, posts, postsPerSecond, metrics, bins, histogram, pairs, subreddits, words, mistakes } = evaluation
  const figures = [
    ...Object.entries(metrics).map(([name, value]): [string, string] => [
      LABELS[name] ?? name,
      value?.toFixed(4) ?? '–',
    ]),
    ['posts', posts.toLocaleString('en-US')] as [string, string],
    ['posts a second', Math.round(postsPerSecond).toLocaleString('en-US')] as [string, string],
  ]
  const classOf = (serious: boolean): string => (serious ? 'serious' : 'banter')
  return `<section><h2>${escape(model)}</h2>${table(figures.map(([name, value]) => [text(name), number(value)]))}
<h3>Reliability</h3><p>Of posts with a score of 0.7, seven in ten should be serious: points belong on the line.</p>${reliabilityPlot(bins)}
<h3>Scores</h3><p><span class="serious">■ serious</span> above, <span class="banter">■ unserious</span> below</p>${histogramPlot(histogram)}
<h3>Parody pairs</h3>${table(pairs.map((pair) => [text(`${pair.serious} / ${pair.parody}`), number(pair.auc.toFixed(3))]))}
<details><summary>${subreddits.length} subreddits, ranked</summary>${table(
    subreddits.map(({ name, serious, mean, posts: own }) => [
      text(name, serious === undefined ? '' : classOf(serious)),
      number(mean.toFixed(3)),
      number(String(own)),
    ]),
  )}</details>
<details><summary>Words and marks that weigh most</summary>${table(
    words.map(({ feature, logit, posts: own }) => [
      text(feature, classOf(logit > 0)),
      number(logit.toFixed(2)),
      number(String(own)),
    ]),
  )}</details>
<details><summary>Worst mistakes</summary>${table(
    mistakes.map(({ title, subreddit, seriousness }) => [text(title), text(subreddit), number(seriousness.toFixed(3))]),
  )}</details></section>`
}

const LABELS: Readonly<Record<string, string>> = {
  auc: 'AUC',
  aucWithText: 'AUC, posts with a text',
  aucTitleOnly: 'AUC, posts without a text',
  aucTextHidden: 'AUC, titles alone',
  accuracy: 'accuracy at 0.5',
  brierScore: 'Brier score',
  calibrationError: 'calibration error',
}

const table = (rows: readonly (readonly string[])[]): string =>
  `<table>${rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('')}</table>`

const text = (content: string, classes = ''): string => `<td class="${classes}">${escape(content)}</td>`

const number = (content: string): string => `<td class="n">${content}</td>`

const SIZE = 240
const MARGIN = 30

function reliabilityPlot(bins: readonly ReliabilityBin[]): string {
  const x = (value: number): string => (MARGIN + value * SIZE).toFixed(1)
  const y = (value: number): string => (SIZE + 10 - value * SIZE).toFixed(1)
  const points = bins
    .filter((bin) => bin.predicted !== undefined)
    .map(({ predicted, serious, share }) => {
      const radius = (2 + 12 * Math.sqrt(share)).toFixed(1)
      return `<circle class="serious" cx="${x(predicted!)}" cy="${y(serious!)}" r="${radius}" fill-opacity="0.7"/>`
    })
  return `<svg viewBox="0 0 ${SIZE + 2 * MARGIN} ${SIZE + 2 * MARGIN}" role="img" aria-label="Share of serious posts by score">
<path d="M${x(0)},${y(0)}H${x(1)}M${x(0)},${y(0)}V${y(1)}M${x(0)},${y(0)}L${x(1)},${y(1)}" stroke="var(--faint)" fill="none"/>
${points.join('')}<text x="${x(0)}" y="${SIZE + 26}">score 0</text><text x="${x(1)}" y="${SIZE + 26}" text-anchor="end">1</text>
<text x="2" y="${y(0.97)}">1</text><text x="2" y="${y(0)}">0</text></svg>`
}

function histogramPlot({ serious, unserious }: Evaluation['histogram']): string {
  const most = Math.max(...serious, ...unserious, 1e-9)
  const width = (2 * SIZE) / serious.length
  const bar = (share: number, at: number, up: boolean): string => {
    const height = (share / most) * 70
    const top = up ? 75 - height : 75
    return `<rect class="${up ? 'serious' : 'banter'}" x="${(at * width + 1).toFixed(1)}" y="${top.toFixed(1)}" width="${(width - 2).toFixed(1)}" height="${height.toFixed(1)}"/>`
  }
  const bars = [
    ...serious.map((share, at) => bar(share, at, true)),
    ...unserious.map((share, at) => bar(share, at, false)),
  ]
  return `<svg viewBox="0 0 ${2 * SIZE} 165" role="img" aria-label="Scores of serious and of unserious posts">${bars.join('')}
<text x="0" y="162">0</text><text x="${2 * SIZE}" y="162" text-anchor="end">1</text></svg>`
}

const escape = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
