/** The text as JSON; undefined where it is none, such as the HTML of an error page. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
