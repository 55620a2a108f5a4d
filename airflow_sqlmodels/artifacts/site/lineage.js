// The lineage as a drawing: parents to the left of their children, nodes in a column ordered so that few lines cross.

const BOX = { height: 28, gapX: 56, gapY: 12, margin: 16, letter: 8 };
const MOST = 300; // more boxes than that help nobody

// SVG of these nodes; `centre` is drawn filled. A text if there are too many.
function lineageDrawing(project, ids, centre) {
  const wanted = [...ids].filter((id) => project.nodes.has(id));
  if (wanted.length > MOST) return `<p class="faint">${wanted.length} nodes are too many to draw. Open one of them, or take fewer steps.</p>`;
  const edges = wanted.flatMap((id) => project.reads(id).filter((parent) => ids.has(parent)).map((parent) => [parent, id]));
  const columns = ordered(inColumns(wanted, edges), edges);
  const places = placed(project, columns);
  const lines = edges.map(([from, to]) => edgeLine(places.get(from), places.get(to), from === centre || to === centre));
  const boxes = wanted.map((id) => boxOf(project.nodes.get(id), places.get(id), id === centre));
  const width = Math.max(...[...places.values()].map((box) => box.x + box.width)) + BOX.margin;
  const height = Math.max(...[...places.values()].map((box) => box.y)) + BOX.height + BOX.margin;
  return `<div class="lineage"><svg width="${width}" height="${height}" role="img" aria-label="lineage">${lines.join("")}${boxes.join("")}</svg></div>`;
}

// Each node one column to the right of the last of its parents; what has no parents stands right before its children.
function inColumns(ids, edges) {
  const parents = grouped(edges.map(([from, to]) => [to, from]));
  const children = grouped(edges);
  const column = new Map();
  const depth = (id) => {
    if (!column.has(id)) {
      column.set(id, 0); // in a ring it stays so
      column.set(id, Math.max(-1, ...(parents.get(id) ?? []).map(depth)) + 1);
    }
    return column.get(id);
  };
  ids.forEach(depth);
  for (const id of ids) {
    const below = (children.get(id) ?? []).map((child) => column.get(child));
    if (!parents.has(id) && below.length) column.set(id, Math.min(...below) - 1);
  }
  const found = [];
  for (const id of ids) (found[column.get(id)] ??= []).push(id);
  return found.map((each) => each.sort());
}

// A few sweeps to and fro: a node goes to the middle of its neighbours in the column before.
function ordered(columns, edges) {
  const before = grouped(edges.map(([from, to]) => [to, from]));
  const behind = grouped(edges);
  const rank = new Map();
  const number = (column) => column.forEach((id, index) => rank.set(id, index / Math.max(column.length - 1, 1)));
  columns.forEach(number);
  const sort = (column, neighbours) => {
    const middle = (id) => {
      const near = (neighbours.get(id) ?? []).map((each) => rank.get(each));
      return near.length ? near.reduce((sum, each) => sum + each, 0) / near.length : rank.get(id);
    };
    const middles = new Map(column.map((id) => [id, middle(id)]));
    column.sort((one, other) => middles.get(one) - middles.get(other));
    number(column);
  };
  for (let sweep = 0; sweep < 6; sweep++) {
    columns.forEach((column) => sort(column, before));
    [...columns].reverse().forEach((column) => sort(column, behind));
  }
  return columns;
}

function placed(project, columns) {
  const tallest = Math.max(...columns.map((column) => column.length));
  const places = new Map();
  let x = BOX.margin;
  for (const column of columns) {
    const width = Math.max(...column.map((id) => Math.ceil(label(project.nodes.get(id)).length * BOX.letter) + 20));
    const top = ((tallest - column.length) * (BOX.height + BOX.gapY)) / 2 + BOX.margin;
    column.forEach((id, index) => places.set(id, { x, y: top + index * (BOX.height + BOX.gapY), width }));
    x += width + BOX.gapX;
  }
  return places;
}

function edgeLine(from, to, near) {
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2];
  const bend = Math.max((x2 - x1) / 2, 24);
  return `<path class="${near ? "near" : ""}" d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"/>`;
}

function boxOf(node, place, isCentre) {
  const colour = node.docs?.node_color || node.config?.docs?.node_color;
  const style = colour && /^[#\w]+$/.test(colour) ? ` style="--kind: ${colour}"` : "";
  return `<a href="${address(node)}" class="${node.resource_type} ${isCentre ? "centre" : ""}"${style}>` +
    `<title>${escaped(node.resource_type)} ${escaped(label(node))}</title>` +
    `<rect x="${place.x}" y="${place.y}" width="${place.width}" height="${BOX.height}" rx="7"/>` +
    `<text x="${place.x + 10}" y="${place.y + 18.5}">${escaped(label(node))}</text></a>`;
}

function grouped(pairs) {
  const found = new Map();
  for (const [key, value] of pairs) found.has(key) ? found.get(key).push(value) : found.set(key, [value]);
  return found;
}
