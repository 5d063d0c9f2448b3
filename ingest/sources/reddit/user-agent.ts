const RULE = /^[\w.-]+:[\w.-]+:[\w.+-]+ \(by \/?u\/[A-Za-z0-9_-]{3,20}\)$/

export const USER_AGENT_EXAMPLE = 'linux:gravitas:0.1.0 (by /u/your_name)'

/**
 * Whether a user agent follows Reddit's rule, `<platform>:<app id>:<version> (by /u/<name>)`. Reddit slows clients with other user
 * agents down, or blocks them. Source: Reddit Data API Wiki, "Rules".
 */
export const isUserAgent = (text: string): boolean => RULE.test(text)
