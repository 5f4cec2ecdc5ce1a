// What stands behind the inputs of a timeline in the graph: the file that is loaded there, its length, pictures of it.
import { viewAddress } from "./results.js"

const PICTURES = 24 // of one film
const PICTURE = 128 // pixels of their height
const SECONDS = 15 // to wait for a file

const strips = new Map() // address -> promise of {seconds, pictures}

// nodes that say which file they load
export const LOADERS = ["LoadVideo", "LoadImage", "SoraSampleClip"]

// inputs of a node that are connected: [{input, address}], in the order of their numbers; address is "" where nothing
// is known of the file, as of a node that is in no graph
export function connected(node, samples) {
  return (node.inputs ?? [])
    .map((socket, slot) => ({ name: /^(?:clips\.)?(clip[1-9]\d*)$/.exec(socket.name)?.[1], socket, slot }))
    .filter(({ name, socket }) => name && socket.link != null)
    .map(({ name, slot }) => ({ input: name, address: addressOf(node.graph && node.getInputNode(slot), samples) }))
    .sort((one, other) => Number(one.input.slice(4)) - Number(other.input.slice(4)))
}

// the address of the file that a node loads; "" where it is not known
export function addressOf(node, samples) {
  const value = (name) => node?.widgets?.find((widget) => widget.name === name)?.value
  if (node?.type === "LoadVideo") return viewed(value("file"))
  if (node?.type === "LoadImage") return viewed(value("image"))
  if (node?.type === "SoraSampleClip") return `${samples}/${value("clip")}.mp4`
  return ""
}

function viewed(name) {
  if (typeof name !== "string" || !name) return ""
  const parts = name.split("/")
  return viewAddress(parts.pop(), parts.join("/"), "input")
}

// the pictures of a file and its seconds; 0 seconds for a picture. Rejects where it cannot be shown.
export function stripOf(address) {
  if (!strips.has(address)) strips.set(address, isPicture(address) ? picture(address) : film(address))
  return strips.get(address)
}

const isPicture = (address) => /\.(png|jpe?g|webp|bmp|gif|avif)\b/i.test(address)

async function picture(address) {
  const image = new Image()
  image.src = address
  await image.decode()
  return { seconds: 0, pictures: [small(image, image.naturalWidth, image.naturalHeight)] }
}

async function film(address) {
  const video = document.createElement("video")
  Object.assign(video, { muted: true, preload: "auto", src: address })
  await happened(video, "loadeddata")
  const count = Math.max(1, Math.min(PICTURES, Math.ceil(video.duration * 4)))
  const pictures = []
  for (let index = 0; index < count; index++) {
    video.currentTime = ((index + 0.5) / count) * video.duration
    await happened(video, "seeked")
    pictures.push(small(video, video.videoWidth, video.videoHeight))
  }
  const { duration } = video
  video.removeAttribute("src")
  video.load()
  return { seconds: duration, pictures }
}

function small(source, width, height) {
  const canvas = document.createElement("canvas")
  canvas.height = PICTURE
  canvas.width = Math.max(1, Math.round((PICTURE * width) / Math.max(1, height)))
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height)
  return canvas
}

function happened(element, event) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${event} within ${SECONDS} s`)), 1000 * SECONDS)
    const ended = (settle) => (value) => {
      clearTimeout(late)
      settle(value)
    }
    element.addEventListener(event, ended(resolve), { once: true })
    element.addEventListener("error", ended(reject), { once: true })
  })
}
