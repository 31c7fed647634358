/* Paints what a network says to each point of the plane: bytes from Python, 128 where it says neither, become colours and a line. */

const MIDDLE = 128;
const STRONGEST = 0.5;

const channels = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.trim().slice(at, at + 2), 16));

/* A colour for each byte, from `low` through `paper` to `high`, as a picture's memory has it. */
export function table(paper, low, high) {
  const [none, less, more] = [paper, low, high].map(channels);
  const bytes = new Uint8ClampedArray(4 * 256).fill(255);
  for (let byte = 0; byte < 256; byte += 1) {
    const share = Math.min(1, (STRONGEST * Math.abs(byte - MIDDLE)) / (MIDDLE - 1));
    const end = byte < MIDDLE ? less : more;
    bytes.set(none.map((channel, at) => channel + share * (end[at] - channel)), 4 * byte);
  }
  return new Uint32Array(bytes.buffer);
}

export function coloursOf(element) {
  const style = getComputedStyle(element);
  return table(...["paper", "orange", "blue"].map((name) => style.getPropertyValue(`--nn-${name}`)));
}

export function paint(canvas, bytes, colours) {
  const size = Math.sqrt(bytes.length);
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  new Uint32Array(image.data.buffer).set(Uint32Array.from(bytes, (byte) => colours[byte]));
  context.putImageData(image, 0, 0);
}

/* Where the map crosses the middle, as a path between 0 and `size` - 1 each way. */
export function contour(bytes) {
  const size = Math.sqrt(bytes.length);
  const ends = [];
  for (let at = 0; at + size < bytes.length; at += 1) {
    if ((at + 1) % size === 0) continue;
    const corners = [at, at + 1, at + size + 1, at + size];
    const above = corners.filter((corner) => bytes[corner] > MIDDLE).length;
    if (above % 4 === 0) continue;
    corners.forEach((corner, index) => {
      const next = corners[(index + 1) % 4];
      if (bytes[corner] > MIDDLE === bytes[next] > MIDDLE) return;
      const share = (bytes[corner] - MIDDLE) / (bytes[corner] - bytes[next]);
      const between = (place) => (place(corner) + share * (place(next) - place(corner))).toFixed(2);
      ends.push(`${between((each) => each % size)} ${between((each) => Math.floor(each / size))}`);
    });
  }
  return ends.map((end, index) => (index % 2 ? "L" : "M") + end).join("");
}
