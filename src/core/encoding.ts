/** Text as it was before it was percent-encoded; one that never was is what it says. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The base64 of a text's UTF-8, as the header of basic authentication has it. */
export function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
