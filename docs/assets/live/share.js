/* Writes cells of code into an address, and reads them from one: packed, behind the #, where no server sees them. */

const MARK = "#code=";

async function through(stream, bytes) {
  const response = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await response.arrayBuffer());
}

export async function fragment(cells) {
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(cells)));
  const text = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
  return MARK + text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/* The cells of an address; null when it holds none, or none that can be read. */
export async function cellsOf(hash) {
  if (!hash.startsWith(MARK)) return null;
  try {
    const text = atob(hash.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const cells = JSON.parse(new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), bytes)));
    return Array.isArray(cells) && cells.every((cell) => typeof cell === "string") ? cells : null;
  } catch {
    return null;
  }
}

export const isShared = (hash) => hash.startsWith(MARK);
