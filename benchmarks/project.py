"""Makes a project of any size: views over sources, layers of tables, data tests. The same size, the same bytes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

LAYERS = 5
SOURCES = 40
ROWS = 10
_PER_FILE = 50


@dataclass(frozen=True, slots=True)
class Shape:
    """A project's size, and the schema its sources lie in."""

    models: int
    tests: int = 2
    """Data tests for each model."""

    @property
    def name(self) -> str:
        """The project's name; its schemas begin with it."""
        return f"bench_{self.models}"


def make_project(root: Path, shape: Shape) -> None:
    """Write the project into `root`, with profiles.yml (host, port, dbname from the environment) and setup.sql."""
    random.seed(shape.models)
    layers = _layers(shape.models)
    reads = _reads(layers)
    for number, layer in enumerate(layers):
        folder = f"models/layer{number}"
        for index, model in enumerate(layer):
            _write(root / folder / f"{model}.sql", _sql(model, index, reads.get(model, [])))
        for start in range(0, len(layer), _PER_FILE):
            listed = "\n".join(_entry(model, shape.tests) for model in layer[start : start + _PER_FILE])
            _write(root / folder / f"_models_{start:05d}.yml", f"models:\n{listed}\n")
    tables = "\n".join(f"      - name: src_{index:02d}" for index in range(SOURCES))
    _write(
        root / "models/_sources.yml", f"sources:\n  - name: raw\n    schema: {shape.name}_raw\n    tables:\n{tables}\n"
    )
    _write(
        root / "macros/within.sql", "{% macro within(value) %}(({{ value }}) % {{ var('modulus') }}){% endmacro %}\n"
    )
    _write(root / "dbt_project.yml", _PROJECT.format(name=shape.name))
    _write(root / "profiles.yml", _PROFILES.format(name=shape.name))
    _write(root / "setup.sql", _setup(shape))


def _layers(models: int) -> list[list[str]]:
    first = max(models * 3 // 10, 1)
    rest = models - first
    sizes = [first, *(rest // (LAYERS - 1) + (index < rest % (LAYERS - 1)) for index in range(LAYERS - 1))]
    return [[f"m{number}_{index:05d}" for index in range(size)] for number, size in enumerate(sizes)]


def _reads(layers: list[list[str]]) -> dict[str, list[str]]:
    """One model of the layer below, and up to two of any layer below."""
    found: dict[str, list[str]] = {}
    below: list[str] = []
    for number, layer in enumerate(layers[1:], start=1):
        below += layers[number - 1]
        for model in layer:
            more = random.sample(below, min(random.choice((0, 1, 1, 2)), len(below)))
            found[model] = list(dict.fromkeys([random.choice(layers[number - 1]), *more]))
    return found


def _sql(model: str, index: int, reads: list[str]) -> str:
    if not reads:
        source = f"src_{index % SOURCES:02d}"
        return (
            f"-- {model}\nselect id, grp, {{{{ within('val + {index}') }}}} as val, kind\n"
            f"from {{{{ source('raw', '{source}') }}}}\nwhere id >= {{{{ var('min_id') }}}}\n"
        )
    ctes = ",\n".join(f"r{i} as (select * from {{{{ ref('{name}') }}}})" for i, name in enumerate(reads))
    joins = "".join(f"\nleft join r{i} on r{i}.id = r0.id" for i in range(1, len(reads)))
    value = " + ".join(f"coalesce(r{i}.val, 0)" for i in range(len(reads)))
    config = "{{ config(tags=['nightly']) }}\n" if index % 10 == 0 else ""
    select = f"select r0.id, r0.grp, {{{{ within('{value}') }}}} as val, r0.kind\nfrom r0{joins}\n"
    return f"{config}-- {model}\nwith {ctes}\n{select}"


def _entry(model: str, tests: int) -> str:
    kinds = (("id", "unique"), ("id", "not_null"), ("val", "not_null"), ("grp", "not_null"))[:tests]
    lines = [f"  - name: {model}", f"    description: The model {model}.", "    columns:"]
    for column in ("id", "val", "grp"):
        lines += [f"      - name: {column}", f"        description: The column {column}."]
        own = [test for name, test in kinds if name == column]
        if own:
            lines += ["        data_tests:", *(f"          - {test}" for test in own)]
    return "\n".join(lines)


def _setup(shape: Shape) -> str:
    schema = f"{shape.name}_raw"
    tables = (
        f"drop table if exists {schema}.src_{index:02d} cascade;\n"
        f"create table {schema}.src_{index:02d} as select g as id, g % 3 as grp, (g * {index + 7})::bigint as val,"
        f" case when g % 2 = 0 then 'a' else 'b' end as kind from generate_series(1, {ROWS}) g;\n"
        for index in range(SOURCES)
    )
    return f"create schema if not exists {schema};\n" + "".join(tables)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


_SOURCES = "sources:\n  - name: raw\n    schema: {name}_raw\n    tables:\n{tables}\n"
_MACRO = "{% macro within(value) %}(({{ value }}) % {{ var('modulus') }}){% endmacro %}\n"

_PROJECT = """\
name: {name}
version: "1.0"
config-version: 2
profile: bench
vars:
  min_id: 1
  modulus: 100003
models:
  {name}:
    +materialized: table
    layer0:
      +materialized: view
"""

_PROFILES = """\
bench:
  target: dev
  outputs:
    dev:
      type: postgres
      host: "{{{{ env_var('BENCH_HOST', '127.0.0.1') }}}}"
      port: 5432
      user: postgres
      password: ""
      dbname: bench
      schema: {name}
      threads: 4
"""
