// Translates sentences by patterns: "{} frames are rounded to {}" stands for every such sentence, and "{0}" in its
// translation for what the first {} was, which is translated too where a pattern fits it. No DOM, no ComfyUI.

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

const letters = (pattern) => pattern.replaceAll("{}", "").length

// translations: {pattern: translation}. Returns a function of a sentence; it returns one without a pattern as it is.
export function translator(translations) {
  const rules = Object.entries(translations)
    .sort(([one], [other]) => letters(other) - letters(one)) // the one that says most of the sentence
    .map(([pattern, text]) => [new RegExp(`^${pattern.split("{}").map(escaped).join("(.+?)")}$`), text])

  return function translate(sentence) {
    for (const [pattern, text] of rules) {
      const found = pattern.exec(sentence)
      if (found) return text.replace(/\{(\d)\}/g, (_, place) => translate(found[Number(place) + 1]))
    }
    return sentence
  }
}
