"""The kinds of node. A kind is a type: what a model has and a source has not is seen by the type checker.

They are msgspec's frozen structs rather than dataclasses: making seventeen dataclasses costs each task 20 ms. The
annotations are not postponed either: msgspec would compile each of them when it makes a decoder.

`config` holds what dbt calls the node's config, resolved: folder, properties and file merged, defaults filled in.
"""

from typing import Any, NewType

from msgspec import Struct, field

from airflow_sqlmodels.errors import Location
from airflow_sqlmodels.manifest.fixtures import FixtureRows, Overrides
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.overload import Argument, Overload, Returns
from airflow_sqlmodels.manifest.relation import Relation

NodeId = NewType("NodeId", str)
"""dbt's unique id: `model.shop.orders`, `source.shop.raw.orders`, `test.shop.unique_orders_id.1a2b3c4d5e`."""


class Ref(Struct, frozen=True):
    """One `ref(...)` as written."""

    name: str
    package: str | None = None
    version: int | float | str | None = None


class SourceRef(Struct, frozen=True):
    """One `source(...)` as written."""

    source: str
    table: str


class Column(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the properties say of a column."""

    name: str
    description: str = ""
    doc_blocks: tuple[str, ...] = ()
    """The docs blocks that the description takes in, by id."""
    data_type: str | None = None
    granularity: str | None = None
    """Of a column of points in time."""
    dimension: dict[str, Any] | str | None = None
    """What it is in the semantic model of its table: a type, or a mapping with one."""
    entity: dict[str, Any] | str | None = None
    """The same, if it is a key."""
    quote: bool | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    constraints: tuple[dict[str, Any], ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """What else is said there, under keys that mean nothing here: for who reads manifest.json."""


class Node(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every kind has."""

    id: NodeId
    name: str
    package: str
    path: str
    """The file, relative to the root of its package, with forward slashes (dbt's original_file_path)."""
    fqn: tuple[str, ...]
    at: Location
    """Where it is defined, relative to the root project."""
    description: str = ""
    doc_blocks: tuple[str, ...] = ()
    """The docs blocks that the description takes in, by id."""
    tags: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    own_config: dict[str, Any] = field(default_factory=dict)
    """What was set for it anywhere, before defaults were filled in (dbt's unrendered_config, rendered and merged)."""
    written: dict[str, Any] = field(default_factory=dict)
    """What was set as it is written, where that differs from `own_config`; None for what counts as not said.

    Of a source: its `schema`, `database` and `quoting`, where it says them, its `tags` and `meta`, where they differ,
    and `freshness` if that is to be none, or comes from a dbt_project.yml.
    """
    patch_path: str | None = None
    """The properties file that describes it, relative to the root project."""
    files: tuple[str, ...] = ()
    """All files it depends on, relative to the root project: when none changed, neither did the node."""
    checksum: str = ""
    """sha256 of its file or template (dbt's checksum)."""
    fingerprint: str = ""
    """sha256 over everything that decides what it does: text, arguments, config, the macros it can reach."""


class Problem(Struct, frozen=True):
    """What is wrong with one node, found while loading."""

    what: str
    at: Location
    hint: str = ""
    only_built: bool = False
    """Whether it can be compiled and shown all the same."""


class Templated(Node, frozen=True, kw_only=True):
    """A node with a template: it can read other nodes."""

    raw_code: str = ""
    refs: tuple[Ref, ...] = ()
    ref_ids: tuple[NodeId, ...] = ()
    """What `refs` resolve to, one each."""
    source_refs: tuple[SourceRef, ...] = ()
    source_ids: tuple[NodeId, ...] = ()
    """What `source_refs` resolve to, one each."""
    function_refs: tuple[Ref, ...] = ()
    """The `function(...)` calls."""
    function_ids: tuple[NodeId, ...] = ()
    """What `function_refs` resolve to, one each."""
    metric_refs: tuple[Ref, ...] = ()
    """The `metric(...)` calls."""
    metric_ids: tuple[NodeId, ...] = ()
    """What `metric_refs` resolve to, one each."""
    macros: tuple[MacroId, ...] = ()
    """The macros the template calls itself, under whatever condition."""
    called: tuple[MacroId, ...] | None = None
    """Those that it and its hooks called when it was read; None if it was read without being rendered."""
    body_line: int = 1
    """The line of the file on which `raw_code` begins."""
    problems: tuple[Problem, ...] = ()
    """What is certain to fail once it is compiled: said before anything runs, if the node is selected."""

    @property
    def depends_on(self) -> tuple[NodeId, ...]:
        """The nodes it reads, each once, in the order in which they are named."""
        if not (self.source_ids or self.function_ids or self.metric_ids) and len(self.ref_ids) < 2:
            return self.ref_ids  # most tests, asked for often
        return tuple(dict.fromkeys((*self.ref_ids, *self.source_ids, *self.function_ids, *self.metric_ids)))


class Model(Templated, frozen=True, kw_only=True):
    """One SELECT in a file; `materialized` says what becomes of it."""

    relation: Relation
    materialized: str
    columns: dict[str, Column] = field(default_factory=dict)
    version: str | None = None
    latest_version: str | None = None
    said_version: int | float | str | None = None
    """The version as YAML reads it: a number, or a text."""
    said_latest_version: int | float | str | None = None
    access: str = "protected"
    group: str | None = None
    constraints: tuple[dict[str, Any], ...] = ()
    """Those of the whole table; those of one column stand with the column."""
    time_spine: dict[str, Any] | None = None
    """What makes it a table of points in time."""
    deprecation_date: str | None = None
    """From when on nobody should read it: a time in ISO 8601."""

    @property
    def language(self) -> str:
        """What it is written in: `sql` or `python`."""
        return "python" if self.path.endswith(".py") else "sql"


class Seed(Node, frozen=True, kw_only=True):
    """A CSV file that is loaded as a table."""

    relation: Relation
    columns: dict[str, Column] = field(default_factory=dict)
    root: str = ""
    """The absolute folder of its package."""
    macros: tuple[MacroId, ...] = ()
    """The macros its hooks call, under whatever condition."""
    called: tuple[MacroId, ...] = ()
    """Those that they called when they were read."""

    @property
    def depends_on(self) -> tuple[NodeId, ...]:
        """A seed reads no other node."""
        return ()


class Snapshot(Templated, frozen=True, kw_only=True):
    """A query whose rows are kept with the time in which they were valid."""

    relation: Relation
    columns: dict[str, Column] = field(default_factory=dict)


class Analysis(Templated, frozen=True, kw_only=True):
    """A query that is compiled, never run."""

    schema: str = ""
    """Where a model with its config would be."""
    columns: dict[str, Column] = field(default_factory=dict)
    """What is said of them, for who reads it."""


class Function(Templated, frozen=True, kw_only=True):
    """A function of the warehouse: a body in a file, arguments and what it returns in properties."""

    relation: Relation
    """Its name."""
    arguments: tuple[Argument, ...] = ()
    returns: Returns
    overloads: tuple[Overload, ...] = ()
    columns: dict[str, Column] = field(default_factory=dict)
    """Allowed, and of no use, as in dbt."""
    language: str = "sql"


class DataTest(Templated, frozen=True, kw_only=True):
    """A query whose rows are at fault. Generic tests come from properties, singular ones from a file."""

    generic: str | None = None
    """The name of the test macro (`unique`, `dbt_utils.expression_is_true`); None for a singular test."""
    short_name: str = ""
    """Of a generic test the name if it fits an identifier, else a stable short form: what its file is called."""
    kwargs: dict[str, Any] = field(default_factory=dict)
    """The arguments of the test macro, `model` and `column_name` included; empty for a singular test."""
    column_name: str | None = None
    attached_node: NodeId | None = None
    """The model, seed, snapshot or source under whose properties it stands."""
    relation: Relation | None = None
    """Where its failing rows are stored, if they are."""


class GivenRows(FixtureRows, frozen=True, kw_only=True):
    """What an input of a unit test holds."""

    input: str
    """As written: `ref('stg_orders')`, `this`."""
    node: NodeId
    """What the input stands for; empty if that is nothing in the project."""


class UnitTest(Node, frozen=True, kw_only=True):
    """Given rows in, expected rows out, for one model."""

    model: NodeId
    model_name: str = ""
    """As written."""
    given: tuple[GivenRows, ...] = ()
    expect: FixtureRows | None = None
    overrides: Overrides | None = None
    schema: str = ""
    """The model's."""
    version: str | None = None
    """Which version of the model is tested."""
    said_version: int | float | str | None = None
    """The same as YAML reads it."""
    versions: dict[str, Any] | None = None
    """`include` and `exclude`, as written."""
    problems: tuple[Problem, ...] = ()
    """What is certain to fail once it is run."""

    @property
    def versioned_name(self) -> str:
        """The name with the version: what people see, and what tells the tests of one definition apart."""
        return self.name if self.version is None else f"{self.name}_v{self.version}"

    @property
    def depends_on(self) -> tuple[NodeId, ...]:
        """The model under test; of one that is off nothing is looked up, as in dbt."""
        return (self.model,) if self.model else ()


class Period(Struct, frozen=True):
    """`count: 12, period: hour` of a freshness rule."""

    count: int
    period: str


class Freshness(Struct, frozen=True):
    """How old the newest row of a source may be."""

    warn_after: Period | None = None
    error_after: Period | None = None
    filter: str | None = None
    off: tuple[str, ...] = ()
    """The thresholds that are said to be none."""


class Source(Node, frozen=True, kw_only=True):
    """A table that others write."""

    source_name: str
    relation: Relation
    columns: dict[str, Column] = field(default_factory=dict)
    source_description: str = ""
    source_meta: dict[str, Any] = field(default_factory=dict)
    loader: str = ""
    loaded_at_field: str | None = None
    loaded_at_query: str | None = None
    freshness: Freshness | None = None
    external: dict[str, Any] | None = None
    """What macros like those of dbt_external_tables make it of."""

    @property
    def depends_on(self) -> tuple[NodeId, ...]:
        """A source is where the graph begins."""
        return ()


class Operation(Templated, frozen=True, kw_only=True):
    """One on-run-start or on-run-end hook."""

    when: str
    """`on-run-start`, `on-run-end`, or `run-operation`: a macro that is called by itself."""
    schema: str = ""
    """Where a model with its config would be."""
    index: int


class Exposure(Templated, frozen=True, kw_only=True):
    """A dashboard or application that reads models; never run."""

    type: str = ""
    owner: dict[str, Any] = field(default_factory=dict)
    label: str | None = None
    url: str | None = None
    maturity: str | None = None


class SemanticModel(Templated, frozen=True, kw_only=True):
    """Entities, dimensions and measures of a model, for dbt's semantic layer; kept, never run."""

    definition: dict[str, Any] = field(default_factory=dict)
    """What the properties say of it."""


class Metric(Node, frozen=True, kw_only=True):
    """A number made of measures or of other metrics; kept, never run."""

    definition: dict[str, Any] = field(default_factory=dict)
    reads: tuple[NodeId, ...] = ()

    @property
    def depends_on(self) -> tuple[NodeId, ...]:
        """The semantic models and metrics it is made of."""
        return self.reads


class SavedQuery(Node, frozen=True, kw_only=True):
    """A query over metrics; kept, never run."""

    definition: dict[str, Any] = field(default_factory=dict)
    reads: tuple[NodeId, ...] = ()

    @property
    def depends_on(self) -> tuple[NodeId, ...]:
        """The metrics it asks for."""
        return self.reads


Semantic = SemanticModel | Metric | SavedQuery
"""What belongs to the semantic layer."""

AnyNode = Model | Seed | Snapshot | Analysis | Function | DataTest | UnitTest | Source | Operation | Exposure | Semantic
"""Everything that can stand in the graph."""

Relational = Model | Seed | Snapshot | Source
"""The nodes that `ref` and `source` can name."""

RESOURCE_TYPES: dict[type, str] = {
    Model: "model",
    Seed: "seed",
    Snapshot: "snapshot",
    Analysis: "analysis",
    Function: "function",
    DataTest: "test",
    UnitTest: "unit_test",
    Source: "source",
    Operation: "operation",
    Exposure: "exposure",
    SemanticModel: "semantic_model",
    Metric: "metric",
    SavedQuery: "saved_query",
}


def resource_type(node: AnyNode) -> str:
    """dbt's word for the kind of node: what the id begins with."""
    return RESOURCE_TYPES[type(node)]
