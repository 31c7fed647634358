/* Paints what a network says to each point of the plane: bytes from Python, 128 where it says neither, become colours and a line. */

const MIDDLE = 128;
const STRONGEST = 0.62;

const channels = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.trim().slice(at, at + 2), 16));

/* A colour for each byte, from `low` through `paper` to `high`. */
export function table(paper, low, high) {
  const [none, less, more] = [paper, low, high].map(channels);
  return Array.from({ length: 256 }, (_, byte) => {
    const share = (STRONGEST * Math.abs(byte - MIDDLE)) / (MIDDLE - 1);
    const end = byte < MIDDLE ? less : more;
    return none.map((channel, at) => Math.round(channel + Math.min(1, share) * (end[at] - channel)));
  });
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
  bytes.forEach((byte, at) => image.data.set([...colours[byte], 255], 4 * at));
  context.putImageData(image, 0, 0);
}

/* Where the map crosses the middle, as a path between 0 and `size` - 1 each way. */
export function contour(bytes) {
  const size = Math.sqrt(bytes.length);
  const at = (row, column) => bytes[row * size + column] - MIDDLE;
  const parts = [];
  for (let row = 0; row + 1 < size; row += 1) {
    for (let column = 0; column + 1 < size; column += 1) {
      const corners = [[row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column]];
      const cuts = corners.flatMap(([r, c], index) => {
        const [s, d] = corners[(index + 1) % 4];
        const [from, to] = [at(r, c), at(s, d)];
        if (from > 0 === to > 0) return [];
        const share = from / (from - to);
        return [[c + share * (d - c), r + share * (s - r)]];
      });
      for (let cut = 0; cut + 1 < cuts.length; cut += 2) {
        parts.push(`M${cuts[cut].map((place) => place.toFixed(2)).join(" ")}L${cuts[cut + 1].map((place) => place.toFixed(2)).join(" ")}`);
      }
    }
  }
  return parts.join("");
}
