"""Macro files -> macros, the built-in ones among them; and docs blocks, which are cut out the same way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

from msgspec import structs

from airflow_sqlmodels.errors import Location, NamingError, SqlModelsError, location_in
from airflow_sqlmodels.manifest.macro import Doc, Macro, MacroId
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.rendering import YamlRenderer, is_template
from airflow_sqlmodels.project.text_files import with_plain_ends
from airflow_sqlmodels.project.yaml_text import YamlMap
from airflow_sqlmodels.templating.blocks import GENERIC_TESTS, Block, find_blocks, macro_name, opening_tag
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.macro_table import BUILT_IN, macro_id
from airflow_sqlmodels.templating.macros import MacroLibrary, need_dispatched
from airflow_sqlmodels.templating.stray import stray_tags

_LIBRARY = "airflow_sqlmodels.templating.library"


def read_macros(files: Iterable[SourceFile], of_tests: Collection[tuple[str, str]] = ()) -> dict[MacroId, Macro]:
    """The macros in these files. Raises NamingError if one package has two of a name.

    `of_tests`: the package and folder of files that hold generic tests. As in dbt, what else is in these is no macro.
    """
    found: dict[MacroId, Macro] = {}
    for file in files:
        macros = _with_line_ends(file)
        if (file.package, file.base) in of_tests:
            macros = [each for each in macros if (tag := opening_tag(each.text)) and tag.kind in GENERIC_TESTS]
        for macro in macros:
            twin = found.setdefault(macro.id, macro)
            if twin is not macro:
                raise NamingError(f"two macros are named {macro.name!r}: the other is {twin.at}", macro.at)
    return found


def _with_line_ends(file: SourceFile) -> list[Macro]:
    """The macros of a file, which know the line ends of Windows in it: dbt keeps them, and `--state` compares them."""
    written = file.written()
    plain = with_plain_ends(written)
    macros = macros_in(plain, file.package, file.path, file.shown)
    if plain == written:
        return macros
    texts = {macro.id: macro.as_written for macro in macros_in(written, file.package, file.path, file.shown)}
    return [structs.replace(macro, windows=texts.get(macro.id, "")) for macro in macros]


def described(macros: Mapping[MacroId, Macro], parts: Parts, entries: Iterable[Entry]) -> dict[MacroId, Macro]:
    """The macros with what properties say of them."""
    found = dict(macros)
    for entry in entries:
        macro = found.get(macro_id(entry.file.package, entry.name)) if entry.kind == "macro" else None
        if macro is not None:
            package = entry.file.package
            docs = {**(entry.content.get("docs") or {}), **(entry.config.get("docs") or {})}
            rendered = parts.rendered(
                {"meta": entry.config.get("meta") or {}, "docs": docs}, package, entry.at, depth=entry.depth_of_config
            )
            found[macro.id] = structs.replace(
                macro,
                description=parts.description(entry.content.get("description"), package, entry.at),
                **rendered,
                arguments=tuple(_argument(parts, entry, each) for each in entry.content.get("arguments") or ()),
                patch_path=entry.file.path,
            )
    return found


def _argument(parts: Parts, entry: Entry, said: YamlMap) -> dict[str, Any]:
    package = entry.file.package
    rendered = parts.rendered({key: value for key, value in said.items() if key != "description"}, package, entry.at)
    text = parts.description(said.get("description"), package, entry.at)
    return {**rendered, "description": text} if "description" in said else rendered


def built_in_macros() -> dict[MacroId, Macro]:
    """The macros of the `dbt` namespace, in our own words."""
    found: dict[MacroId, Macro] = {}
    for entry in sorted(resources.files(_LIBRARY).iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".sql"):
            shown = f"<built-in>/{entry.name}"
            macros = macros_in(entry.read_text(encoding="utf-8"), BUILT_IN, entry.name, shown)
            found.update((macro.id, macro) for macro in macros)
    return found


def macros_in(text: str, package: str, path: str, shown: str) -> list[Macro]:
    """The macros, tests and materializations of one file. What stands outside of them counts for nothing, as in dbt."""
    blocks = _macro_blocks(text, shown)
    macros = []
    line, counted, end = 1, 0, 0
    for block in blocks:
        line += text.count("\n", counted, block.start)
        counted = block.start
        around = _swallowed(text, block, end)
        end = block.start + len(block.text) + len(around[1])
        name = macro_name(block)
        at = Location(shown, line)
        macros.append(Macro(id=macro_id(package, name), name=name, package=package, path=path, at=at,
                            text=block.text, around=around))  # fmt: skip
    return macros


def stray_words(files: Iterable[SourceFile]) -> Iterator[Warned]:
    """A warning for each tag around the blocks of these files. Raises CompilationError for what cannot be meant."""
    for file in files:
        text = file.read()
        for word, at in stray_tags(text, _macro_blocks(text, file.shown), file.shown):
            found = f"Found unexpected '{word}' block tag."
            data = {"msg": found, "file": file.path}
            text_told = str(SqlModelsError(f"{found} Nothing comes of what stands around macros", at))
            yield Warned(text_told, "UnexpectedJinjaBlockDeprecation", data, once=True)


def refuse_broken(macros: Iterable[Macro], graph: CallGraph, library: MacroLibrary) -> None:
    """Raises CompilationError for a macro that is not Jinja, whether it is called or not, as dbt does.

    So it does for one that dispatches to what is not there. What calls the macro is not known, so any package will do.
    Packages are released with Jinja that can be read: in theirs only what dispatches is looked at.
    """
    for macro in macros:
        own = macro.package == graph.table.root
        if not own and (macro.package == BUILT_IN or "dispatch" not in macro.text):
            continue
        names = graph.names_in(macro)
        if own and "?" in names:  # its syntax could not be followed
            library.template(macro)
        for name in names:
            if graph.leads_nowhere(name, macro.package):
                namespace, _, bare = name.removeprefix("dispatch:").rpartition(".")
                need_dispatched(graph.table, bare, namespace or None, macro.package, macro.at, everywhere=True)


def _macro_blocks(text: str, shown: str) -> list[Block]:
    return [block for block in find_blocks(text, shown) if block.kind not in ("docs", "snapshot")]


def _swallowed(text: str, block: Block, begin: int) -> tuple[str, str]:
    """The white space that the tags of a block take along, from `begin` on."""
    before, behind = text[begin : block.start], text[block.start + len(block.text) :]
    at_start, at_end = not text[: block.start].strip(), not behind.strip()  # a file counts without what is around it
    return (
        before[len(before.rstrip()) :] if block.text.startswith("{%-") and not at_start else "",
        behind[: len(behind) - len(behind.lstrip())] if block.text.endswith("-%}") and not at_end else "",
    )


def read_docs(files: Iterable[SourceFile]) -> dict[str, Doc]:
    """The docs blocks of these files, by id: `doc.shop.orders`. Raises NamingError for two of one name."""
    found: dict[str, Doc] = {}
    for file in files:
        text = file.written()  # as in dbt, what is no template keeps its line ends
        if "docs" not in text:
            continue
        for block in find_blocks(text, file.shown):
            if block.kind == "docs":
                doc_id = f"doc.{file.package}.{block.name}"
                if doc_id in found:
                    what = f"found two docs with the name {block.name!r}: the other is in {found[doc_id].path}"
                    raise NamingError(what, location_in(text, block.start, file.shown), "rename one of them")
                found[doc_id] = Doc(id=doc_id, name=block.name, package=file.package, path=file.path,
                                    text=_docs_text(block, text, file.shown), base=file.base)  # fmt: skip
    return found


def _docs_text(block: Block, text: str, shown: str) -> str:
    """What is in a docs block. As in dbt it is a template, to which no name is known."""
    if not is_template(block.body):
        return block.body.strip()
    at = Location(shown, 1 + text.count("\n", 0, block.start))
    return str(YamlRenderer({}).text(with_plain_ends(block.body), at)).strip()
