"""function: `create or replace` in one transaction with its hooks. Readers call the old body or the new, never none."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from airflow_sqlmodels.dialects import ddl, functions
from airflow_sqlmodels.dialects.functions import Signature
from airflow_sqlmodels.errors import CompilationError, UnreachableError, WarehouseError
from airflow_sqlmodels.manifest.nodes import Function
from airflow_sqlmodels.manifest.overload import Argument, Overload
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.dressing import grants_of
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.materializations.main_statement import send_main
from airflow_sqlmodels.materializations.own_dressing import has_own
from airflow_sqlmodels.materializations.writing import writing_of
from airflow_sqlmodels.warehouse.session import Outcome

_USUAL = "scalar_function_sql"
_PARTS = (
    *("scalar_function_create_replace_signature_sql", "formatted_scalar_function_args_sql"),
    *("scalar_function_body_sql", "scalar_function_volatility_sql", "unsupported_volatility_warning"),
)
"""dbt's macros for the parts of the statement."""


def function(build: Build) -> Built:
    """Make the function, then its overloads. One that fails does not undo the others, as in dbt."""
    node = build.node
    assert isinstance(node, Function), node.id
    outcome = _made(build, _signature(build, node.arguments, node.returns.data_type), build.select)
    done: list[str] = []
    failed: list[str] = []
    there = _made_before(build)
    for number, overload in enumerate(node.overloads, 1):
        place = f"{number} of {len(node.overloads)}"
        if overload.defined_in in there:
            build.log(_line(place, f"SKIP function {node.name} overload {overload.defined_in}", "SKIPPED in 0.00s"))
            done.append(overload.defined_in)
            continue
        good = _overload(build, node, overload, place)
        (done if good else failed).append(overload.defined_in)
    results: dict[str, Any] = {"overload_results": {"successful": done, "failed": failed}}
    if failed:
        results["response"] = outcome.status
        return Built(outcome.rows, f"PARTIAL SUCCESS {node.name}", partly=True, details=results)
    return Built(outcome.rows, outcome.status, details=results)


def _made_before(build: Build) -> frozenset[str]:
    """The overloads that the run that is retried could make."""
    assert build.rendering is not None, build.node.id
    return build.rendering.means.invocation.overloads.get(build.node.id, frozenset())


def _overload(build: Build, node: Function, overload: Overload, place: str) -> bool:
    """Make one, and tell so. Whether it could be made."""
    assert build.rendering is not None, node.id
    what, began = f"function {node.name} overload {overload.defined_in}", time.perf_counter()
    build.log(_line(place, f"START {what}", "RUN"))
    returns = node.returns if overload.returns is None else overload.returns
    try:
        body = build.rendering.text(overload.raw_body, overload.at)
        _made(build, _signature(build, overload.arguments, returns.data_type), body)
    except UnreachableError:
        raise
    except (WarehouseError, CompilationError) as error:
        build.session.rollback()
        build.log(_line(place, f"ERROR creating {what}: {error}", f"ERROR in {time.perf_counter() - began:.2f}s"))
        return False
    build.log(_line(place, f"OK created {what}", f"SUCCESS in {time.perf_counter() - began:.2f}s"))
    return True


def _line(place: str, what: str, verdict: str) -> str:
    """A line as dbt says it, which is filled with dots up to the verdict."""
    return f"Overload {place + ' ' + what + ' ':.<80} [{verdict}]"


def _signature(build: Build, arguments: Sequence[Argument], returns: str) -> Signature:
    return Signature(build.relation, arguments, returns, build.config.get("volatility"))


def _made(build: Build, signature: Signature, body: str) -> Outcome:
    run_outside(build, build.pre_hooks)
    with writing_of(build):
        run_inside(build, build.pre_hooks)
        outcome = send_main(build, _statement(build, signature, body))
        dressing = list(_dressing(build, signature))
        if dressing:
            build.session.execute(";\n".join(dressing))
        run_inside(build, build.post_hooks)
    run_outside(build, build.post_hooks)
    return outcome


def _statement(build: Build, signature: Signature, body: str) -> str:
    """SQL that makes it: the project's own, or ours, which knows scalar functions in SQL."""
    node = build.node
    assert isinstance(node, Function), node.id
    macro = f"{build.config['type']}_function_{node.language}"
    making = build.own(macro)
    if making is None and macro == _USUAL and any(build.own(part) is not None for part in _PARTS):
        assert build.rendering is not None, node.id
        making = build.rendering.scope.find(macro)
    if making is not None:
        view = build.node_view
        view.update(compiled_code=body, **_written(signature))
        return str(making(build.template_relation(build.relation, "function")))
    if macro != _USUAL:
        hint = f"write a scalar function in SQL, or a macro default__{macro} that gives the statement"
        raise CompilationError(f"{build.dialect.name} knows no {build.config['type']} functions in {node.language}",
                               node.at, hint)  # fmt: skip
    return functions.create_function(build.dialect, signature, body)


def _written(signature: Signature) -> dict[str, object]:
    """The signature as `model` has it."""
    listed = [
        {"name": each.name, "data_type": each.data_type, "default_value": each.default_value}
        for each in signature.arguments
    ]
    return {"arguments": listed, "returns": {"data_type": signature.returns}}


def _dressing(build: Build, signature: Signature) -> Iterator[str]:
    """SQL for the configs `persist_docs` and `grants`."""
    name = functions.named(build.dialect, signature)
    said = {} if has_own(build, "persist_docs") else build.config.get("persist_docs") or {}
    if said.get("relation") and build.node.description:
        yield ddl.comment(build.dialect, name, build.node.description)
    for privilege, grantees in grants_of(build).items():
        if grantees:
            yield f"grant {privilege} on {name} to {', '.join(grantees)}"
