// manifest.json and catalog.json, as questions that the pages ask.

class Project {
  constructor(manifest, catalog) {
    this.manifest = manifest;
    this.name = manifest.metadata.project_name || "Documentation";
    this.catalog = { ...catalog.nodes, ...catalog.sources };
    this.nodes = new Map(
      [...Object.values(manifest.nodes), ...Object.values(manifest.sources), ...Object.values(manifest.exposures ?? {})]
        .filter((node) => node.resource_type !== "operation")
        .map((node) => [node.unique_id, node])
    );
    this.unitTests = Object.values(manifest.unit_tests ?? {});
    this.shown = [...this.nodes.values()].filter((node) => node.resource_type !== "test" && node.docs?.show !== false);
    this.parents = new Map();
    this.children = new Map();
    for (const node of this.nodes.values()) this.connect(node);
  }

  connect(node) {
    const parents = (node.depends_on?.nodes ?? []).filter((id) => this.nodes.has(id));
    this.parents.set(node.unique_id, parents);
    for (const id of parents) {
      if (!this.children.has(id)) this.children.set(id, []);
      this.children.get(id).push(node.unique_id);
    }
  }

  // What reads the node, but for tests.
  readers(id) {
    return (this.children.get(id) ?? []).filter((child) => this.nodes.get(child).resource_type !== "test");
  }

  reads(id) {
    return this.parents.get(id) ?? [];
  }

  // The data tests of a node; tests of several nodes count for each of them.
  tests(id) {
    const attached = (test) => !test.attached_node || test.attached_node === id;
    return (this.children.get(id) ?? []).map((child) => this.nodes.get(child))
      .filter((node) => node.resource_type === "test" && attached(node));
  }

  unitTestsOf(id) {
    return this.unitTests.filter((test) => (test.depends_on?.nodes ?? [test.model]).includes(id));
  }

  // Columns of the warehouse in their order, then those that are only described. Names may differ in case.
  columns(id) {
    const described = new Map(Object.values(this.nodes.get(id).columns ?? {}).map((each) => [each.name.toLowerCase(), each]));
    const there = Object.values(this.catalog[id]?.columns ?? {}).sort((one, other) => one.index - other.index);
    const found = there.map((column) => {
      const said = described.get(column.name.toLowerCase());
      described.delete(column.name.toLowerCase());
      return { name: column.name, type: column.type, text: said?.description || column.comment || "" };
    });
    const rest = [...described.values()].map((said) => ({ name: said.name, type: said.data_type ?? "", text: said.description, missing: there.length > 0 }));
    return [...found, ...rest];
  }

  // All nodes above (or below) one, at most so many steps away.
  reach(id, step, depth) {
    const found = new Set([id]);
    let edge = [id];
    for (let done = 0; done < depth && edge.length; done++) {
      edge = edge.flatMap((each) => step(each)).filter((each) => !found.has(each) && found.add(each));
    }
    return found;
  }

  overview() {
    const texts = Object.values(this.manifest.docs ?? {}).filter((doc) => doc.name === "__overview__");
    const own = texts.find((doc) => doc.package_name === this.name) ?? texts.find((doc) => doc.package_name !== "dbt");
    return own?.block_contents ?? "";
  }
}

function label(node) {
  if (node.resource_type === "source") return `${node.source_name}.${node.name}`;
  return node.version ? `${node.name} v${node.version}` : node.label || node.name;
}

function address(node) {
  return `#!/${node.resource_type}/${encodeURIComponent(node.unique_id)}`;
}

function relationName(node) {
  return [node.database, node.schema, node.identifier ?? node.alias].filter(Boolean).join(".");
}
