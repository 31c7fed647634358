/* Says which words of Python code are of which kind, so that an editor can colour them.
   The build colours with Pygments; this knows only the kinds that the site's colours tell apart. */

const KEYWORDS = "False|None|True|and|as|assert|async|await|break|case|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|match|nonlocal|not|or|pass|raise|return|try|while|with|yield";
const PLAIN = new Set(["False", "None", "True", "and", "in", "is", "not", "or", "match", "case"]);
const WORD = new RegExp([
  "(?<comment>#.*)",
  String.raw`(?<string>[rRbBuUfF]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))`,
  String.raw`(?<=\b(?:def|class)\s+)(?<name>\w+)`,
  String.raw`(?<![\w.])(?<keyword>${KEYWORDS})\b`,
  String.raw`(?<![\w.])(?<number>0[xXbBoO][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?j?)`,
  String.raw`\w+`,
].join("|"), "gu");

export const KINDS = ["comment", "string", "name", "keyword", "number"];

export function words(text) {
  const found = [];
  for (const match of text.matchAll(WORD)) {
    const kind = KINDS.find((each) => match.groups[each] !== undefined);
    if (kind && !(kind === "keyword" && PLAIN.has(match[0]))) {
      found.push({ kind, start: match.index, end: match.index + match[0].length });
    }
  }
  return found;
}
