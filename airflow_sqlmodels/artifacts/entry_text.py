"""The text of an entry of manifest.json, in which only what a run brought up is another.

To make an entry takes ten times as long, and a run compiles all nodes of a project.
"""

from __future__ import annotations

import re

import msgspec

from airflow_sqlmodels.artifacts.compilation import Compilation
from airflow_sqlmodels.artifacts.json_text import json_bytes
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model

_STRING = rb'(?:null|"(?:[^"\\]|\\.)*")'
_HEAD = re.compile(rb'\{"unique_id":("[^"]*"),"build_path":%b,"compiled_path":%b,' % (_STRING, _STRING))
_DEPENDS = re.compile(rb'"depends_on":(\{"macros":\[[^\]]*\],"nodes":\[[^\]]*\]\}),')
_TAIL = b',"compiled":true,"compiled_code":'
"""From here to its end an entry holds what a run brought up. In a string the quotes would be escaped."""


def spliced(text: bytes, node: AnyNode, compilation: Compilation) -> bytes | None:
    """The entry with what was compiled in place of what an earlier run did; None if it has to be made anew."""
    head, depends = _HEAD.match(text), _DEPENDS.search(text)
    if head is None or depends is None or not isinstance(node, (Model, DataTest)):
        return None
    said = compilation.said(node, msgspec.json.decode(depends[1]))
    cut = text.rfind(_TAIL)
    body = text[head.end() : len(text) - 1 if cut < 0 else cut]
    if said is None or b'"foreign_key"' in body:
        return None
    if isinstance(node, DataTest) and b'"relation_name":null' not in body:  # it may be that of an earlier run
        return None
    paths = [json_bytes(said.pop(key, None)) for key in ("build_path", "compiled_path")]
    rest = b"," + json_bytes(said)[1:] if said else b"}"
    return b'{"unique_id":%b,"build_path":%b,"compiled_path":%b,' % (head[1], *paths) + body + rest
