"""Files of a function folder and what properties say of them -> functions; a file may be an overload of another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from airflow_sqlmodels.errors import Location, ProjectError, closest
from airflow_sqlmodels.manifest.nodes import AnyNode, Function, NodeId
from airflow_sqlmodels.manifest.overload import Argument, Overload, Returns
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.template_nodes import ask, holder_of, seen, shared, template_fields
from airflow_sqlmodels.project.unrendered import Inline
from airflow_sqlmodels.project.yaml_text import YamlMap

TYPES = ("scalar", "aggregate", "table")
VOLATILITIES = ("deterministic", "stable", "non-deterministic")

_LANGUAGES = {"py": "python", "sql": "sql"}
_INVALID = Returns(data_type="INVALID_TYPE")
"""What dbt takes for the type of a function that nobody described: the warehouse refuses it."""


def function(parts: Parts, file: SourceFile) -> Function:
    """The function in a file of a function folder."""
    language = _language(file)
    text, name, package = file.read(), file.stem, file.package
    entry = parts.entries.get(("function", package, name))
    fqn = (package, *file.folders, name)
    asked = ask(
        parts, text, holder_of(parts, file, name, "function")
    )  # Python's too, as in dbt: it may have a config(...)
    own = parts.own_config("function", package, fqn, entry, *asked.configs)
    config = parts.config("function", own, Location(file.shown, 1), entry)
    _refuse_unknown(config, Location(file.shown, 1) if entry is None else entry.at)
    arguments = () if entry is None else _arguments(entry, entry.content)
    returns = _INVALID if entry is None else _needed_returns(entry)
    fields = template_fields(text, asked)
    signature = repr((text.strip(), arguments, returns))
    return Function(
        id=NodeId(f"function.{package}.{name}"),
        relation=parts.rules.relation(seen(name, "function", file, fqn, config), package),
        arguments=arguments,
        returns=returns,
        language=language,
        **shared(parts, file, name, fqn, entry, config, own, Inline(asked.configs, text)),
        **{**fields, "checksum": hashlib.sha256(signature.encode()).hexdigest()},
    )


def with_overloads(nodes: list[AnyNode], entries: Iterable[Entry]) -> list[AnyNode]:
    """The nodes; files that are named as overloads are part of the function whose entry names them."""
    listed = [entry for entry in entries if entry.kind == "function" and entry.content.get("overloads")]
    if not listed:
        return nodes
    functions = {node.id: node for node in nodes if isinstance(node, Function)}
    owners: dict[NodeId, NodeId] = {}
    for entry in listed:
        owner = functions.get(NodeId(f"function.{entry.file.package}.{entry.name}"))
        if owner is not None:
            functions[owner.id] = _extended(owner, entry, functions, owners)
    return [functions[node.id] if isinstance(node, Function) else node for node in nodes if node.id not in owners]


def _extended(
    owner: Function, entry: Entry, functions: Mapping[NodeId, Function], owners: dict[NodeId, NodeId]
) -> Function:
    """The function with its overloads, and all that they read."""
    overloads, parts = [], [owner]
    written = entry.content["overloads"]
    for index, each in enumerate(written):
        at = entry.place(written, index)
        if not isinstance(each, YamlMap) or not each.get("defined_in"):
            raise ProjectError("an overload has no defined_in", at, "name the file with its body, without '.sql'")
        part = _part(owner, str(each["defined_in"]), at, functions, owners)
        owners[part.id] = owner.id
        parts.append(part)
        overloads.append(
            Overload(
                defined_in=str(each["defined_in"]),
                arguments=_arguments(entry, each),
                returns=_returns(entry, each),
                description=each.get("description"),
                raw_body=part.raw_code,
                at=part.at,
            )
        )
    signature = repr((owner.checksum, overloads))
    return replace(
        owner,
        overloads=tuple(overloads),
        refs=tuple(dict.fromkeys(ref for each in parts for ref in each.refs)),
        source_refs=tuple(dict.fromkeys(ref for each in parts for ref in each.source_refs)),
        function_refs=tuple(dict.fromkeys(ref for each in parts for ref in each.function_refs)),
        metric_refs=tuple(ref for each in parts for ref in each.metric_refs),
        macros=tuple(dict.fromkeys(macro for each in parts for macro in each.macros)),
        files=tuple(dict.fromkeys(file for each in parts for file in each.files)),
        checksum=hashlib.sha256(signature.encode()).hexdigest(),
    )


def _part(
    owner: Function, name: str, at: Location, functions: Mapping[NodeId, Function], owners: Mapping[NodeId, NodeId]
) -> Function:
    """The function that an overload's body was read as."""
    if name == owner.name:
        raise ProjectError(f"the function {name!r} cannot be an overload of itself", at)
    part = functions.get(NodeId(f"function.{owner.package}.{name}"))
    if part is None:
        hint = closest(name, (each.name for each in functions.values())) or f"it belongs into functions/{name}.sql"
        raise ProjectError(f"no file {name!r} with the body of an overload", at, hint)
    if part.id in owners:
        raise ProjectError(f"{name!r} is an overload of {owners[part.id]} already", at, "a body has one function")
    return part


def _language(file: SourceFile) -> str:
    ending = file.path.rpartition(".")[2].lower()
    if ending not in _LANGUAGES:
        hint = "Postgres takes SQL: put the body into a .sql file"
        raise ProjectError(f"functions cannot be written in .{ending} here", Location(file.shown, 1), hint)
    return _LANGUAGES[ending]


def _refuse_unknown(config: Mapping[str, Any], at: Location) -> None:
    for key, known in (("type", TYPES), ("volatility", VOLATILITIES)):
        said = config.get(key)
        if said is not None and said not in known:
            hint = closest(str(said), known) or f"there are {', '.join(known)}"
            raise ProjectError(f"a function cannot have the {key} {said!r}", at, hint)


def _needed_returns(entry: Entry) -> Returns:
    returns = _returns(entry, entry.content)
    if returns is None:
        hint = "returns: {data_type: numeric}"
        raise ProjectError(f"nothing says what the function {entry.name!r} returns", entry.at, hint)
    return returns


def _returns(entry: Entry, holder: YamlMap) -> Returns | None:
    said = holder.get("returns")
    if said is None:
        return None
    if not isinstance(said, dict) or not said.get("data_type"):
        raise ProjectError("returns has no data_type", entry.place(holder, "returns"), "returns: {data_type: numeric}")
    return Returns(data_type=str(said["data_type"]), description=said.get("description"))


def _arguments(entry: Entry, holder: YamlMap) -> tuple[Argument, ...]:
    listed = holder.get("arguments") or []
    if not isinstance(listed, list):
        raise ProjectError("arguments must be a list", entry.place(holder, "arguments"), "begin each with '- name:'")
    arguments = tuple(_argument(entry, listed, index) for index in range(len(listed)))
    _refuse_order(entry, listed, arguments)
    return arguments


def _argument(entry: Entry, listed: Any, index: int) -> Argument:
    said = listed[index]
    for key in ("name", "data_type"):
        if not isinstance(said, dict) or not said.get(key):
            hint = "write both: {name: amount, data_type: numeric}"
            raise ProjectError(f"an argument has no {key}", entry.place(listed, index), hint)
    return Argument(
        name=str(said["name"]),
        data_type=str(said["data_type"]),
        description=said.get("description"),
        default_value=said.get("default_value"),
    )


def _refuse_order(entry: Entry, listed: Any, arguments: tuple[Argument, ...]) -> None:
    """Behind an argument with a default all others need one."""
    for index in _without_default_behind_one(arguments):
        raise ProjectError(
            f"the argument {arguments[index].name!r} has no default, and stands behind one that has",
            entry.place(listed, index),
            "put those with a default_value last",
        )


def _without_default_behind_one(arguments: tuple[Argument, ...]) -> Iterator[int]:
    optional = False
    for index, each in enumerate(arguments):
        if optional and each.default_value is None:
            yield index
        optional = optional or each.default_value is not None
