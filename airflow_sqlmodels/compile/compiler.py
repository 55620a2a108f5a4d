"""Compiles one node: renders its template and puts the ephemeral models it reads in front."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from airflow_sqlmodels.compile.ctes import with_ctes
from airflow_sqlmodels.compile.origins import CompiledText, Template, template_of
from airflow_sqlmodels.errors import CompilationError, EphemeralError, Location, SqlModelsError
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model, NodeId, Operation, Seed, Source, Templated
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.templating.arguments import NAME as ARGUMENTS
from airflow_sqlmodels.templating.arguments import argument_values
from airflow_sqlmodels.templating.batches import has_batches
from airflow_sqlmodels.templating.code import CompiledCode
from airflow_sqlmodels.templating.plain import plain_parts
from airflow_sqlmodels.templating.relation import CTE_PREFIX
from airflow_sqlmodels.warehouse.session import Session


class Compiled(Struct, frozen=True):
    """A node as SQL, and the rendering it came from: hooks are rendered in the same one."""

    sql: str
    rendering: Rendering
    templates: tuple[Template, ...] = ()
    """What the SQL was made of: the node's own template, and those of the ephemeral models it reads."""

    @property
    def wrote(self) -> bool:
        """Whether its template changed something in the warehouse, which is not committed then."""
        return self.rendering.notes.wrote

    def text(self, label: str) -> CompiledText:
        """The SQL under the name by which people find it, with what tells where a place in it came from."""
        return CompiledText(self.sql, label, self.templates)


def compile_node(means: Answerer, node: AnyNode, session: Session | None, *, inject: bool = True) -> Compiled:
    """The SQL of a node. Raises CompilationError with the place if its template fails.

    Without a session, whatever asks the warehouse while compiling is refused. Without `inject` ephemeral models that
    it reads are not put in front.
    """
    rendering = Rendering(means, node, session)
    if isinstance(node, Seed):
        means.compiled[node.id] = CompiledCode("")
    if isinstance(node, (Seed, Source)) or not isinstance(node, Templated):
        return Compiled("", rendering)
    refuse_problems(node, built=False)
    if isinstance(node, DataTest) and node.generic is not None:
        rendering.give(ARGUMENTS, _arguments(node, rendering))
    try:
        # Python is no template
        body = node.raw_code if isinstance(node, Model) and node.language != "sql" else (
            rendering.text(node.raw_code, _place(node), node.body_line if _of_own_file(node) else 1))  # fmt: skip
        read = _read_inline(rendering) if inject else []
    except SqlModelsError:
        _note(rendering, None, [])
        raise
    models = tuple(each.model for each in read)
    own = (node, *models) if _of_own_file(node) else models
    sql = _in_front(body, read)
    _note(rendering, sql, read)
    return Compiled(sql, rendering, tuple(map(template_of, own)))


def plain_sql(means: Answerer, node: AnyNode) -> str | None:
    """The SQL of a node that can be told without Jinja and without the warehouse; None if it cannot.

    Raises SqlModelsError as `compile_node` does.
    """
    if not isinstance(node, Templated):
        return ""
    if plain_parts(node.raw_code) is None or (isinstance(node, Model) and has_batches(node)):
        return None
    return compile_node(means, node, None).sql


def with_ephemeral(rendering: Rendering, body: str) -> str:
    """The SQL that a rendering gave, with the ephemeral models that it reads in front."""
    return _in_front(body, _read_inline(rendering))


def note_called(compiled: Compiled, macros: tuple[MacroId, ...] = ()) -> None:
    """Keep the macros that were called for the node since it was compiled, behind these."""
    rendering = compiled.rendering
    noted = rendering.means.compiled
    code = noted.get(rendering.node.id, CompiledCode(compiled.sql))
    noted[rendering.node.id] = replace(code, macros=(*macros, *rendering.called_macros))


class _Inlined(Struct, frozen=True):
    """An ephemeral model as others read it."""

    model: Model
    query: str
    reads: list[_Inlined]
    """The ephemeral models that it reads itself."""


def _note(rendering: Rendering, sql: str | None, read: list[_Inlined]) -> None:
    """Keep the SQL for whoever asks `graph` and `model` for it from now on."""
    noted = rendering.means.compiled
    noted[rendering.node.id] = CompiledCode(sql, _ctes(read), rendering.called_macros)
    for each in read:
        if each.model.id not in noted:
            noted[each.model.id] = CompiledCode(_in_front(each.query, each.reads), _ctes(each.reads))
    rendering.forget("model")


def _ctes(read: Iterable[_Inlined]) -> tuple[tuple[NodeId, str], ...]:
    return tuple(
        (each.model.id, f" {CTE_PREFIX}{each.model.relation.identifier} as (\n{each.query}\n)") for each in read
    )


def refuse_problems(node: AnyNode, *, built: bool = True) -> None:
    """Raises CompilationError for what was found wrong with the node while loading; `built`: if it is to be built."""
    for problem in getattr(node, "problems", ()):
        if problem.only_built and not built:
            continue
        raise CompilationError(problem.what, problem.at, problem.hint)


def _in_front(body: str, read: Iterable[_Inlined]) -> str:
    return with_ctes(body, [(CTE_PREFIX + each.model.relation.identifier, each.query) for each in read])


def _read_inline(rendering: Rendering) -> list[_Inlined]:
    """The ephemeral models that a rendering reads with their queries, what they read themselves first, each once."""
    return _inlined(rendering, {}, ())


def _inlined(rendering: Rendering, known: dict[NodeId, _Inlined], above: tuple[NodeId, ...]) -> list[_Inlined]:
    found: dict[NodeId, _Inlined] = {}
    for node_id, node in list(rendering.ephemeral.items()):
        if node_id not in known:
            if node_id in above:
                raise CompilationError(f"the ephemeral model {node.name!r} reads itself", node.at)
            inner = Rendering(rendering.means, node, rendering.session)
            try:
                sql = inner.text(node.raw_code, _place(node), node.body_line)
            except CompilationError as error:
                raise EphemeralError(error.what, error.at, error.hint, node_id) from error
            known[node_id] = _Inlined(node, sql, _inlined(inner, known, (*above, node_id)))
            rendering.notes.wrote |= inner.notes.wrote
        for each in (*known[node_id].reads, known[node_id]):
            found.setdefault(each.model.id, each)
    return list(found.values())


def _arguments(node: DataTest, rendering: Rendering) -> Mapping[str, Any]:
    """The arguments of a generic test, as values."""
    return argument_values(
        node.kwargs,
        lambda tested: rendering.where_subquery(tested, node.at),
        lambda template: rendering.value(template, node.at),
    )


def _of_own_file(node: AnyNode) -> bool:
    return not (isinstance(node, Operation) or (isinstance(node, DataTest) and node.generic is not None))


def _place(node: AnyNode) -> Location:
    return Location(node.at.path, node.at.line) if not isinstance(node, Model) else Location(node.at.path)
