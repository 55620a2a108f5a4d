"""What YAML files and `config(...)` calls say of a node as they say it: dbt's unrendered_config.

Unlike in the config itself layers are not merged here: the strongest says all. The texts of the node's own
`config(...)` call are not taken up: they are read from its template when a manifest.json is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.project.configs import merge_calls, merge_plainly
from airflow_sqlmodels.templating.inline_config import inline_config, is_literal

_OF_MAPPING = re.compile(r"config\(\s*[{*]")

HOOKS = frozenset(("pre_hook", "post_hook"))
"""Keys that the config spells in its own way."""


class Inline(Struct, frozen=True):
    """What a node says of its config in its own file."""

    configs: Sequence[Mapping[str, Any]] = ()
    """The arguments of each `config(...)`, in order."""
    text: str = ""
    """The template; "" if dbt keeps the values whatever it looks like."""
    rendered: bool = True
    """Whether dbt renders the template even if it is literal."""


def unrendered(
    below: Mapping[str, Any], entry: Mapping[str, Any], inline: Inline, above: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, Any]:
    """Where what is said differs from the config `own`; None for a key that counts as not said.

    `below` and `above` are the folders of dbt_project.yml, of the node's package and, if that is another, of the
    project; `entry` is the config in properties.
    """
    said = merge_plainly(below, entry)
    inside = merge_calls(inline.configs)
    if not inside or not _kept_as_text(inline):
        said.update((key.replace("_hook", "-hook") if key in HOOKS else key, value) for key, value in inside.items())
    else:
        # what `**` brings has no text of its own
        texts = inline_config(inline.text) if len(inline.configs) > 1 or "**" in inline.text else inside
        for key in inside:
            if key in texts:
                said.pop(key, None)
            else:
                said.setdefault(key, None)
    said.update(above)
    kept = HOOKS | (above.keys() & inside.keys())  # else the texts in the file would count
    return {key: value for key, value in said.items() if key in kept or key not in own or own[key] != value}


def _kept_as_text(inline: Inline) -> bool:
    """Whether of its `config(...)` dbt keeps texts: not if all is in a mapping, as those of keywords alone are read."""
    if "config(" not in inline.text or not (inline.rendered or not is_literal(inline.text)):
        return False
    return _OF_MAPPING.search(inline.text) is None or bool(inline_config(inline.text))


def as_written(content: Mapping[str, Any], rendered: Mapping[str, Any]) -> dict[str, Any]:
    """A config in properties, as written; in lists what they give stands behind, as in dbt's manifest."""
    return {**rendered, **{key: _beside(value, rendered.get(key)) for key, value in content.items()}}


def _beside(written: Any, rendered: Any) -> Any:
    if isinstance(written, Mapping) and isinstance(rendered, Mapping):
        return as_written(written, rendered)
    if isinstance(written, list) and isinstance(rendered, list):
        return [*written, *rendered]
    return written
