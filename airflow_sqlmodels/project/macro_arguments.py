"""What property files say of the arguments of macros, held against the macros themselves.

type := name | "list[" type "]" | "dict[" type "," type "]" | "optional[" type "]"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.macro import Macro, MacroId
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.templating.macro_table import macro_id
from airflow_sqlmodels.templating.signature import arguments_of

FLAG = "validate_macro_args"
"""The project's flag with which this is done; it is on unless it is turned off."""

_TYPES = {
    **dict.fromkeys(("str", "string", "bool", "int", "integer", "float", "any", "relation", "column"), 0),
    **{"list": 1, "optional": 1, "dict": 2},
}
"""The names of types, and how many types each is made of: docs.getdbt.com/reference/resource-properties/arguments."""


def macro_oddities(settings: Settings, macros: Mapping[MacroId, Macro], entries: Iterable[Entry]) -> Iterator[Warned]:
    """A warning for each macro that is described and not there, and for what is said wrongly of one that is."""
    for entry in entries:
        if entry.kind != "macro":
            continue
        macro = macros.get(macro_id(entry.file.package, entry.name))
        if macro is None:
            text = str(SqlModelsError(f"there is no macro {entry.name!r} to describe", entry.at))
            yield Warned(text, "MacroNotFoundForPatch", {"patch_name": entry.name}, once=True)
        elif settings.flag(FLAG, default=True):
            for what in _wrong(entry, arguments_of(macro.text)):
                data = {"msg": what, "macro_unique_id": macro.id, "macro_file_path": macro.path}
                yield Warned(str(SqlModelsError(what, entry.at)), "InvalidMacroAnnotation", data, once=True)


def _wrong(entry: Entry, own: tuple[str, ...]) -> Iterator[str]:
    said = entry.content.get("arguments") or ()
    if not said:
        return
    names = [str(each.get("name")) for each in said]
    for name, there in zip(names, own, strict=False):
        if name != there:
            yield f"Argument {name} in yaml for macro {entry.name} does not match the jinja definition: {there}"
    if len(names) != len(own):
        what = f"The number of arguments in the yaml for macro {entry.name} does not match the jinja definition"
        yield f"{what}: {len(names)} and {len(own)}"
    for name, each in zip(names, said, strict=True):
        kind = str(each.get("type") or "")
        if kind.strip() and not is_type(kind):
            yield f"Argument {name} in the yaml for macro {entry.name} has an invalid type: {kind}"


def is_type(text: str) -> bool:
    """Whether that is the type of an argument.

    >>> [is_type(each) for each in ("list[dict[str, any]]", "int[int]", "dict[str]", "text")]
    [True, False, False, False]
    """
    return _behind_type(re.sub(r"[ \t]", "", text)) == ""


def _behind_type(text: str) -> str | None:
    """What stands behind a type; None if the text begins with none."""
    found = re.match(r"[a-z]+", text)
    if found is None or found[0] not in _TYPES:
        return None
    rest: str | None = text[found.end() :]
    for number in range(_TYPES[found[0]]):
        opens = "," if number else "["
        if rest is None or not rest.startswith(opens):
            return None
        rest = _behind_type(rest[1:])
    if _TYPES[found[0]]:
        return rest[1:] if rest is not None and rest.startswith("]") else None
    return rest
