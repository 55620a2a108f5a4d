// Descriptions are Markdown: enough of it for documentation, and nothing that could run.

function escaped(text) {
  const signs = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text ?? "").replace(/[&<>"']/g, (sign) => signs[sign]);
}

// Text -> HTML: paragraphs, headings, lists, tables, code.
function markdown(text) {
  const lines = String(text ?? "").replace(/\r/g, "").split("\n");
  const made = [];
  while (lines.length) made.push(BLOCKS.find(([starts]) => starts(lines))[1](lines));
  return made.join("");
}

const ITEM = /^\s*([-*+]|\d+[.)])\s+/;
const RULE = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;

// Each: whether a block begins at the first line; takes its lines away and gives its HTML.
const BLOCKS = [
  [(lines) => !lines[0].trim(), (lines) => (lines.shift(), "")],
  [(lines) => lines[0].startsWith("```"), codeBlock],
  [(lines) => /^#{1,6}\s/.test(lines[0]), heading],
  [(lines) => /^\s*([-*_])(\s*\1){2,}\s*$/.test(lines[0]), (lines) => (lines.shift(), "<hr>")],
  [(lines) => lines[0].includes("|") && RULE.test(lines[1] ?? ""), table],
  [(lines) => ITEM.test(lines[0]), list],
  [(lines) => /^\s*>/.test(lines[0]), quote],
  [() => true, paragraph],
];

function codeBlock(lines) {
  lines.shift();
  const end = lines.findIndex((line) => line.startsWith("```"));
  const code = lines.splice(0, end < 0 ? lines.length : end);
  lines.shift();
  return `<pre><code>${escaped(code.join("\n"))}</code></pre>`;
}

function heading(lines) {
  const [, signs, text] = lines.shift().match(/^(#+)\s+(.*?)\s*#*$/);
  const level = Math.min(signs.length + 1, 6); // the page has the first level for itself
  return `<h${level}>${inline(text)}</h${level}>`;
}

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => inline(cell.trim()));
  const head = cells(lines.shift()).map((cell) => `<th>${cell}</th>`).join("");
  lines.shift();
  let rows = "";
  while (lines.length && lines[0].includes("|")) {
    rows += `<tr>${cells(lines.shift()).map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  }
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`;
}

function list(lines) {
  const tag = /^\s*\d/.test(lines[0]) ? "ol" : "ul";
  const items = [];
  while (lines.length && lines[0].trim()) {
    const line = lines.shift();
    if (ITEM.test(line)) items.push(line.replace(ITEM, ""));
    else items[items.length - 1] += " " + line.trim();
  }
  return `<${tag}>${items.map((item) => `<li>${inline(item)}</li>`).join("")}</${tag}>`;
}

function quote(lines) {
  const inside = [];
  while (lines.length && /^\s*>/.test(lines[0])) inside.push(lines.shift().replace(/^\s*>\s?/, ""));
  return `<blockquote>${markdown(inside.join("\n"))}</blockquote>`;
}

function paragraph(lines) {
  const inside = [lines.shift()];
  while (lines.length && BLOCKS.findIndex(([starts]) => starts(lines)) === BLOCKS.length - 1) inside.push(lines.shift());
  return `<p>${inside.map(inline).join("\n")}</p>`;
}

// Within a line: code first, so that nothing else is found inside of it.
function inline(text) {
  return text.split(/(`[^`]+`)/).map((part) =>
    part.length > 2 && part.startsWith("`") ? `<code>${escaped(part.slice(1, -1))}</code>` : marked(escaped(part))
  ).join("");
}

function marked(html) {
  return html
    .replace(/!\[([^\]]*)\]\(([^)\s]+)[^)]*\)/g, (all, text, url) => (isSafe(url) ? `<img src="${url}" alt="${text}">` : all))
    .replace(/\[([^\]]+)\]\(([^)\s]+)[^)]*\)/g, (all, text, url) => (isSafe(url) ? `<a href="${url}">${text}</a>` : all))
    .replace(/(^|[\s(])(https?:\/\/[^\s<)]+)/g, '$1<a href="$2">$2</a>')
    .replace(/\*\*([^*]+)\*\*|__([^_]+)__/g, (_all, one, two) => `<strong>${one ?? two}</strong>`)
    .replace(/(^|[^\w*])\*([^*\s][^*]*)\*/g, "$1<em>$2</em>");
}

function isSafe(url) {
  return /^(https?:|mailto:|#|\.?\/|[\w-]+(\/|\.))/i.test(url) && !/^(javascript|data|vbscript):/i.test(url);
}
