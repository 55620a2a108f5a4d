// What the user does -> which page is shown. The address after # is dbt's, so that old links go on working.

const place = {
  page: document.getElementById("page"),
  tree: document.getElementById("tree"),
  search: document.getElementById("search"),
  home: document.getElementById("home"),
};
const options = { depth: 2, code: "source" };

async function fetched(name, otherwise) {
  const answer = await fetch(name);
  if (answer.ok) return answer.json();
  if (otherwise) return otherwise;
  throw new Error(`${name}: ${answer.status}`);
}

async function start() {
  const catalog = { nodes: {}, sources: {} };
  const data = DATA ?? { manifest: await fetched("manifest.json"), catalog: await fetched("catalog.json", catalog) };
  const project = new Project(data.manifest, { ...catalog, ...data.catalog });
  place.home.innerHTML = breakable(project.name);
  document.title = project.name;
  window.addEventListener("hashchange", () => show(project, true));
  place.search.addEventListener("input", () => showSide(project));
  place.page.addEventListener("click", (event) => pressed(project, event.target.closest("button")));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== place.search) {
      event.preventDefault();
      place.search.focus();
    }
  });
  show(project, true);
}

function here() {
  const [, kind, id] = location.hash.match(/^#!\/([\w-]+)\/?([^?]*)/) ?? [null, "overview", ""];
  return { kind, id: decodeURIComponent(id) };
}

function show(project, anew) {
  const { kind, id } = here();
  const top = place.page.scrollTop;
  if (kind === "graph") place.page.innerHTML = graphPage(project);
  else if (id) place.page.innerHTML = nodePage(project, id, options);
  else place.page.innerHTML = overviewPage(project);
  place.page.scrollTop = anew ? 0 : top;
  document.title = id ? `${label(project.nodes.get(id) ?? { name: id })} · ${project.name}` : project.name;
  const drawing = place.page.querySelector(".lineage");
  const centre = drawing?.querySelector(".centre rect");
  if (centre) drawing.scrollLeft = centre.x.baseVal.value + centre.width.baseVal.value / 2 - drawing.clientWidth / 2;
  if (centre) drawing.scrollTop = centre.y.baseVal.value - drawing.clientHeight / 2;
  showSide(project);
}

function showSide(project) {
  const query = place.search.value.trim();
  place.tree.innerHTML = query ? hitsHtml(project, query) : treeHtml(project, here().id);
  place.tree.querySelector(".here")?.scrollIntoView({ block: "nearest" });
}

function pressed(project, button) {
  if (!button) return;
  if (button.dataset.copy) {
    navigator.clipboard?.writeText(document.getElementById("sql").textContent);
    button.textContent = "copied";
    return;
  }
  if (button.dataset.depth) options.depth = Number(button.dataset.depth);
  if (button.dataset.code) options.code = button.dataset.code;
  show(project, false);
}

start().catch((error) => {
  const hint = location.protocol === "file:"
    ? "A browser reads no other files for a page that was opened from the disk: run <code>sqlmodels docs serve</code>, or open <code>static_index.html</code>, which <code>sqlmodels docs generate --static</code> writes."
    : "Run <code>sqlmodels docs generate</code>.";
  place.page.innerHTML = `<h1>Nothing to show</h1><p>${escaped(error.message)}</p><p>${hint}</p>`;
});
