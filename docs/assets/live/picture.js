/* Makes a picture out of SVG that a reader's code has drawn, letting through shapes and words only.
   The code may have come from anywhere, so what it draws may neither run nor lead anywhere. */

const SHAPES = new Set("svg g path text tspan use defs clipPath rect circle ellipse line polyline polygon image linearGradient radialGradient stop pattern title desc".split(" "));
const LINKS = new Set(["href", "xlink:href"]);

function allowed({ name, value }) {
  if (/^on/i.test(name)) return false;
  if (LINKS.has(name)) return /^(#|data:image\/png;base64,)/.test(value);
  return !/url\((?!["']?#)|javascript:/i.test(value);
}

export function drawn(text, page = document) {
  const template = page.createElement("template");
  template.innerHTML = text;
  const svg = template.content.querySelector("svg");
  if (!svg) return null;
  for (const element of [svg, ...svg.querySelectorAll("*")]) {
    if (!SHAPES.has(element.localName)) {
      element.remove();
      continue;
    }
    for (const attribute of [...element.attributes]) {
      if (!allowed(attribute)) element.removeAttribute(attribute.name);
    }
  }
  return svg;
}
