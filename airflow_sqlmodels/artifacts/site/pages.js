// The pages as HTML: the start, one node, the whole lineage; and what stands at the side.

const SQL_PARTS = new RegExp(
  [
    /(?<c>--[^\n]*|\/\*[\s\S]*?\*\/|\{#[\s\S]*?#\})/,
    /(?<j>\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})/,
    /(?<s>'(?:[^']|'')*')/,
    /(?<k>\b(?:select|from|where|group|order|by|having|join|left|right|full|inner|outer|cross|lateral|on|using|with|as|recursive|union|all|except|intersect|distinct|case|when|then|else|end|and|or|not|in|is|null|between|like|ilike|exists|limit|offset|over|partition|filter|cast|interval|true|false|desc|asc|values)\b)/,
  ].map((part) => part.source).join("|"),
  "gi"
);

function sqlHtml(sql) {
  let html = "";
  let at = 0;
  for (const match of sql.matchAll(SQL_PARTS)) {
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    html += escaped(sql.slice(at, match.index)) + `<span class="${kind}">${escaped(match[0])}</span>`;
    at = match.index + match[0].length;
  }
  return html + escaped(sql.slice(at));
}

function overviewPage(project) {
  const counts = new Map();
  for (const node of project.shown) counts.set(node.resource_type, (counts.get(node.resource_type) ?? 0) + 1);
  const tests = [...project.nodes.values()].filter((node) => node.resource_type === "test").length;
  const chips = [...counts, ...(tests ? [["test", tests]] : [])]
    .map(([kind, count]) => `<span class="chip">${count} ${escaped(kind)}${count === 1 ? "" : kind === "analysis" ? "" : "s"}</span>`);
  const text = project.overview();
  const made = project.manifest.metadata.generated_at?.slice(0, 16).replace("T", " ");
  return `<h1>${breakable(project.name)}</h1><div class="chips">${chips.join("")}</div>` +
    `<div class="told">${text ? markdown(text) : ""}</div>` +
    `<h2>Models</h2>${modelTable(project)}<p class="faint">Made ${escaped(made)} UTC</p>`;
}

function modelTable(project) {
  const models = project.shown.filter((node) => node.resource_type === "model" && node.package_name === project.name);
  const rows = models.sort((one, other) => one.original_file_path.localeCompare(other.original_file_path)).map((node) =>
    `<tr><td>${nodeLink(node)}</td><td class="type">${escaped(node.config?.materialized)}</td>` +
    `<td>${firstLine(node.description)}</td></tr>`
  );
  return `<table><thead><tr><th>name</th><th>kind</th><th>description</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function nodePage(project, id, options) {
  const node = project.nodes.get(id);
  if (!node) return `<h1>Not here</h1><p>There is no ${escaped(id)} in this project.</p>`;
  const kind = node.resource_type;
  return `<div class="crumb">${escaped(node.package_name)} / ${escaped(node.original_file_path)}</div>` +
    `<h1>${breakable(label(node))}</h1><div class="chips">${chips(project, node).join("")}</div>` +
    `<div class="told">${node.description ? markdown(node.description) : '<p class="faint">No description.</p>'}</div>` +
    facts(project, node) + columnTable(project, node) + testList(project, node) +
    `<h2 id="lineage">Lineage</h2>${depthButtons(options)}${neighbourhood(project, id, options)}` +
    neighbours(project, "Reads", project.reads(id)) +
    (kind === "exposure" ? "" : neighbours(project, "Is read by", project.readers(id))) + code(node, options);
}

function chips(project, node) {
  const said = [node.config?.materialized !== node.resource_type && node.config?.materialized, node.access !== "protected" && node.access,
    node.config?.contract?.enforced && "contract", node.group && `group ${node.group}`, node.maturity, node.type && node.resource_type === "exposure" && node.type,
    node.config?.incremental_strategy, node.latest_version && node.latest_version !== node.version && `latest is v${node.latest_version}`];
  const tags = [...new Set(node.tags ?? [])].map((tag) => `#${tag}`);
  return [`<span class="chip kind ${node.resource_type}">${escaped(node.resource_type)}</span>`,
    ...[...said, ...tags].filter(Boolean).map((text) => `<span class="chip">${escaped(text)}</span>`)];
}

function facts(project, node) {
  const there = project.catalog[node.unique_id]?.metadata;
  const meta = { ...node.meta, ...node.config?.meta };
  const known = [
    ["relation", node.relation_name ? relationName(node) : ""],
    ["in the warehouse", there ? `${there.type.toLowerCase()}, owner ${there.owner}` : node.relation_name && node.resource_type !== "exposure" ? "not found" : ""],
    ["comment in the warehouse", there?.comment !== node.description ? there?.comment : ""],
    ["loader", node.loader], ["source", node.source_description],
    ["owner", node.resource_type === "exposure" && [node.owner?.name, node.owner?.email].filter(Boolean).join(", ")],
    ["described in", node.patch_path?.split("://").pop()],
    ...Object.entries(meta).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : String(value)]),
  ].filter(([, value]) => value);
  const url = /^https?:/.test(node.url ?? "") ? `<p><a href="${escaped(node.url)}">${escaped(node.url)}</a></p>` : "";
  return `<dl class="facts">${known.map(([key, value]) => `<div><dt>${escaped(key)}</dt><dd>${breakable(value)}</dd></div>`).join("")}</dl>${url}`;
}

function columnTable(project, node) {
  const columns = project.columns(node.unique_id);
  if (!columns.length) return "";
  const tests = project.tests(node.unique_id);
  const rows = columns.map((column) => {
    const own = tests.filter((test) => test.column_name?.toLowerCase() === column.name.toLowerCase());
    const missing = column.missing ? ' <span class="faint">(not in the warehouse)</span>' : "";
    return `<tr><td class="name">${escaped(column.name)}${missing}</td><td class="type">${escaped(column.type)}</td>` +
      `<td>${markdown(column.text)}</td><td class="tests">${own.map(testBadge).join("")}</td></tr>`;
  });
  return `<h2>Columns</h2><table><thead><tr><th>name</th><th>type</th><th>description</th><th>tests</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function testBadge(test) {
  const { kwargs = {}, name, namespace } = test.test_metadata ?? {};
  const shown = Object.entries(kwargs).filter(([key]) => !["model", "column_name"].includes(key));
  const title = shown.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join("\n");
  const text = name ? [namespace, name].filter(Boolean).join(".") : test.name;
  return `<a class="badge" href="${address(test)}" title="${escaped(title || test.name)}">${escaped(text)}</a>`;
}

function testList(project, node) {
  const whole = project.tests(node.unique_id).filter((test) => !test.column_name);
  const units = project.unitTestsOf(node.unique_id);
  if (!whole.length && !units.length) return "";
  const unit = units.map((test) => `<span class="badge" title="${escaped(test.description)}">unit test ${escaped(test.name)}</span>`);
  return `<h2>Tests of the whole ${escaped(node.resource_type)}</h2><p>${whole.map(testBadge).join("")}${unit.join("")}</p>`;
}

function depthButtons(options) {
  const button = (depth, text) => `<button data-depth="${depth}" aria-pressed="${options.depth === depth}">${text}</button>`;
  return `<div class="tabs">${button(1, "1 step")}${button(2, "2 steps")}${button(4, "4 steps")}${button(999, "all")}</div>`;
}

function neighbourhood(project, id, options) {
  const above = project.reach(id, (each) => project.reads(each), options.depth);
  const below = project.reach(id, (each) => project.readers(each), options.depth);
  return lineageDrawing(project, new Set([...above, ...below]), id);
}

function neighbours(project, title, ids) {
  if (!ids.length) return "";
  const items = ids.map((id) => project.nodes.get(id)).map((node) => `<li>${nodeLink(node)}</li>`);
  return `<h2>${title}</h2><ul class="links">${items.join("")}</ul>`;
}

function code(node, options) {
  const texts = [["source", node.raw_code], ["compiled", node.compiled_code]].filter(([, text]) => text);
  if (!texts.length) return "";
  const [name, text] = texts.find(([each]) => each === options.code) ?? texts[0];
  const buttons = texts.map(([each]) => `<button data-code="${each}" aria-pressed="${each === name}">${each}</button>`);
  return `<h2 id="code">SQL</h2><div class="tabs">${buttons.join("")}<button class="push" data-copy="1">copy</button></div>` +
    `<pre class="sql"><code id="sql">${sqlHtml(text.trim())}</code></pre>`;
}

function graphPage(project) {
  const every = project.shown.filter((node) => node.resource_type !== "analysis");
  const isAlone = (node) => !project.reads(node.unique_id).length && !project.readers(node.unique_id).length;
  const drawn = every.filter((node) => !isAlone(node)).map((node) => node.unique_id);
  const drawing = drawn.length ? lineageDrawing(project, new Set(drawn), null) : "";
  return `<h1>Lineage of ${escaped(project.name)}</h1><div class="wide">${drawing}</div>` +
    neighbours(project, "Neither read nor are read", every.filter(isAlone).map((node) => node.unique_id));
}

function nodeLink(node) {
  return `<a class="link" href="${address(node)}"><span class="dot ${node.resource_type}"></span><span>${breakable(label(node))}</span></a>`;
}

// A name that may go on in the next line where its words end.
function breakable(name) {
  return escaped(name).replace(/[_./]+(?=\w)/g, "$&<wbr>");
}

function firstLine(text) {
  return inline(String(text ?? "").trim().split("\n")[0]);
}

const MANY = 150; // nodes, from which on folders are closed until one is wanted

// The side: sources by their name, the rest by package and folder.
function treeHtml(project, here) {
  const top = new Map([[project.name, new Map()]]);
  for (const node of project.shown) put(top, project, node);
  return [...top].filter(([, branch]) => branch.size).map(([name, branch]) => {
    const open = name === project.name || name === "Sources" || holds(branch, here);
    return `<details class="top" ${open ? "open" : ""}><summary><span>${breakable(name)}</span></summary>${branchHtml(branch, here, name !== project.name || project.shown.length > MANY)}</details>`;
  }).join("");
}

function put(top, project, node) {
  const folders = node.original_file_path.split("/").slice(0, -1);
  const path = { source: ["Sources", node.source_name], exposure: ["Exposures"] }[node.resource_type] ?? [node.package_name, ...folders];
  let branch = top;
  for (const name of path) {
    if (!branch.has(name)) branch.set(name, new Map());
    branch = branch.get(name);
  }
  branch.set(`\u0000${label(node)}`, node); // a node may be called like a folder
}

function holds(branch, here) {
  return [...branch.values()].some((each) => (each instanceof Map ? holds(each, here) : each.unique_id === here));
}

function branchHtml(branch, here, closed) {
  return [...branch].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, each]) => {
    if (!(each instanceof Map)) {
      const text = each.resource_type === "source" ? each.name : label(each);
      const current = each.unique_id === here ? "here" : "";
      return `<a class="item ${each.resource_type} ${current}" href="${address(each)}"><span class="dot"></span><span>${breakable(text)}</span></a>`;
    }
    const open = !closed || holds(each, here) ? "open" : "";
    return `<details ${open}><summary><span>${breakable(name)}</span></summary>${branchHtml(each, here, closed)}</details>`;
  }).join("");
}

// What is found: each word somewhere in a node's name, columns, tags or descriptions; names first.
function hitsHtml(project, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = project.shown.map((node) => hit(project, node, words)).filter(Boolean);
  found.sort((one, other) => one.rank - other.rank || one.name.length - other.name.length || (one.name < other.name ? -1 : 1));
  if (!found.length) return '<p class="faint" style="padding: 0 8px">Nothing found.</p>';
  return found.slice(0, 200).map(({ node, name, why }) =>
    `<a class="hit ${node.resource_type}" href="${address(node)}"><span class="dot"></span><span>${highlighted(name, words)}</span>` +
    (why ? `<span class="why">${escaped(why.field)} ${highlighted(around(why.text, why.word), words)}</span>` : "") + "</a>"
  ).join("");
}

function hit(project, node, words) {
  const name = label(node);
  const fields = searched(project, node);
  const holder = (word) => fields.find(({ text }) => text.toLowerCase().includes(word));
  const others = words.filter((word) => !name.toLowerCase().includes(word));
  if (!others.every(holder)) return null;
  const rank = others.length ? 1 + others.length : name.toLowerCase().startsWith(words[0]) ? 0 : 1;
  return { node, name, rank, why: others.length ? { ...holder(others[0]), word: others[0] } : null };
}

function searched(project, node) {
  const described = Object.values(node.columns ?? {});
  return [
    ...Object.values(project.catalog[node.unique_id]?.columns ?? {}).map((column) => ({ field: "column", text: column.name })),
    ...described.map((column) => ({ field: "column", text: column.name })),
    ...(node.tags ?? []).map((tag) => ({ field: "tag", text: tag })),
    { field: "", text: node.description ?? "" },
    ...described.map((column) => ({ field: column.name, text: column.description ?? "" })),
  ];
}

function around(text, word) {
  const at = Math.max(text.toLowerCase().indexOf(word) - 30, 0);
  return (at ? "…" : "") + text.slice(at, at + 90) + (text.length > at + 90 ? "…" : "");
}

function highlighted(text, words) {
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi");
  return text.split(pattern).map((part, index) => (index % 2 ? `<mark>${escaped(part)}</mark>` : escaped(part))).join("");
}
