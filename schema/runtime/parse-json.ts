/** Parses a text as JSON. @returns undefined for any other text, such as the HTML of an error page */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
