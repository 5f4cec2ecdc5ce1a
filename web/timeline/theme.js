// Colours of the timeline from the host's theme, dark or light, with fallbacks.

const HOST = {
  ground: ["--comfy-input-bg", "#222222"],
  text: ["--input-text", "#dddddd"],
  quiet: ["--descrip-text", "#999999"],
  line: ["--border-color", "#4e4e4e"],
  panel: ["--comfy-menu-bg", "#353535"],
  problem: ["--error-text", "#ff4444"],
}
const OURS = {
  dark: { known: "#3f7cac", knownText: "#ffffff", invented: "#e07a3f", chosen: "#ffffff", prompt: "#4a5568" },
  light: { known: "#5b9bd5", knownText: "#102030", invented: "#e98a4f", chosen: "#1a1a1a", prompt: "#cbd5e0" },
}

export const FONT = "11px Inter, system-ui, sans-serif"
export const SMALL_FONT = "9px Inter, system-ui, sans-serif"

export function themeOf(element) {
  const style = getComputedStyle(element)
  const found = Object.entries(HOST).map(([name, [variable, fallback]]) => {
    return [name, style.getPropertyValue(variable).trim() || fallback]
  })
  const theme = Object.fromEntries(found)
  return { ...theme, ...(isLight(theme.ground) ? OURS.light : OURS.dark) }
}

// calls `heard` whenever the host may have changed its colours
export function watchTheme(heard) {
  const observer = new MutationObserver(heard)
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: ["class", "style"] })
  }
}

const lights = new Map() // colour -> whether it is a light one

function isLight(colour) {
  if (!lights.has(colour)) lights.set(colour, lightness(colour) > 140)
  return lights.get(colour)
}

// of a colour as a style sheet writes it, 0 to 255
function lightness(colour) {
  const context = document.createElement("canvas").getContext("2d")
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
  return 0.299 * red + 0.587 * green + 0.114 * blue
}
