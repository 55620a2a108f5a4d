"""manifest.json when little has changed: the entries of a few nodes are put in the place of the old ones."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import msgspec

from airflow_sqlmodels.artifacts.compilation import Compilation
from airflow_sqlmodels.artifacts.entry_text import spliced
from airflow_sqlmodels.artifacts.json_text import json_bytes, time_text, write_bytes
from airflow_sqlmodels.artifacts.mark import COMPILED_KEY, HEAD_BYTES, NOTHING, holds_compiled, marked
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, NodeId
from airflow_sqlmodels.templating.entries.node import node_json
from airflow_sqlmodels.templating.invocation import Invocation

_END = b'},"sources":{'
"""What stands behind the last entry of `nodes`."""


def update_manifest(path: Path, manifest: Manifest, invocation: Invocation) -> bool:
    """Put what is new since the file was written into it. False if it must be written as a whole."""
    since, text = manifest.since, _read(path)
    if marked(manifest.mark) in text[:HEAD_BYTES]:
        changed: tuple[NodeId, ...] = ()
    elif since is not None and since.mark and marked(since.mark) in text[:HEAD_BYTES]:
        changed = since.changed
    else:
        return False
    return _rewrite(path, text, manifest, invocation, changed, None)


def note_compiled(path: Path, manifest: Manifest, invocation: Invocation, compilation: Compilation) -> bool:
    """Put what was compiled into the file that was written from this manifest. False if it must be written anew."""
    text = _read(path)
    if not manifest.mark or marked(manifest.mark) not in text[:HEAD_BYTES]:
        return False
    digest = compilation.digest()
    if holds_compiled(text[:HEAD_BYTES], digest):
        write_bytes(path, _with_head(text, manifest, invocation, digest))
        return True
    return _rewrite(path, text, manifest, invocation, (), compilation)


def _rewrite(  # what a file is made of, one by one
    path: Path,
    text: bytes,
    manifest: Manifest,
    invocation: Invocation,
    changed: Iterable[NodeId],
    compilation: Compilation | None,
) -> bool:
    """Make the entries of changed nodes anew, and note what was compiled in place of what an earlier run did.

    Whether that can be done.
    """
    noted = frozenset(() if compilation is None else (*compilation.codes, *compilation.built))
    wanted = noted.union(changed, _with_sql(text))
    if any(node_id.startswith(_ELSEWHERE) for node_id in wanted):
        return False
    parts: list[bytes] = []
    done = 0
    for node_id, after in _in_file(manifest, wanted):
        begin = text.find(_key(node_id) + b"{", done) + len(_key(node_id))
        end = text.find(_END if after is None else b"," + _key(after) + b"{", begin)
        if begin < len(_key(node_id)) or end < 0:
            return False
        node, old = manifest[node_id], text[begin:end]
        made = spliced(old, node, compilation) if compilation is not None and node_id in noted else None
        parts += (text[done:begin], _made(node, old, manifest, invocation, compilation) if made is None else made)
        done = end
    text = b"".join((*parts, text[done:]))
    digest = compilation.digest() if compilation else NOTHING
    write_bytes(path, _with_head(text, manifest, invocation, digest))
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _with_sql(text: bytes) -> Iterator[NodeId]:
    """The nodes whose entries hold what an earlier run brought up."""
    if not holds_compiled(text[:HEAD_BYTES]):
        return
    for found in _NOTED.finditer(text):
        begin = text.rfind(_ID, 0, found.start()) + len(_ID)
        yield NodeId(text[begin : text.index(b'"', begin)].decode())


_NOTED = re.compile(rb'"compiled":true|"build_path":"')
_ID = b'"unique_id":"'


def _key(name: str) -> bytes:
    # inside of a string the quotes would be escaped, and in no other part a node's id is followed by an object
    return json_bytes(name) + b":"


def _in_file(manifest: Manifest, wanted: Container[NodeId]) -> Iterator[tuple[NodeId, NodeId | None]]:
    """These nodes in the order of the part `nodes`, each with what stands behind it; None: it is the last."""
    here = [node_id for node_id in manifest.nodes if not node_id.startswith(_ELSEWHERE)]
    behind = [*here[1:], None][: len(here)]  # a project may have no nodes
    return (pair for pair in zip(here, behind, strict=True) if pair[0] in wanted)


_ELSEWHERE = ("source.", "exposure.", "unit_test.", "metric.", "semantic_model.", "saved_query.", "function.")


def _with_head(text: bytes, manifest: Manifest, invocation: Invocation, digest: str) -> bytes:
    """The file with the head of this run. `digest`: of what was compiled."""
    head, rest = text[:HEAD_BYTES], text[HEAD_BYTES:]
    for key, value in (
        ("sqlmodels_mark", manifest.mark),
        (COMPILED_KEY, digest),
        ("invocation_id", invocation.id),
        ("generated_at", time_text(invocation.started_at)),
        ("invocation_started_at", time_text(invocation.started_at)),
        ("run_started_at", time_text(invocation.started_at)),
    ):
        old = re.search(rb'"%b":"[^"]*"' % key.encode(), head)
        if old is not None:
            head = head[: old.start()] + _key(key) + json_bytes(value) + head[old.end() :]
    return head + rest


def _made(
    node: AnyNode, old: bytes, manifest: Manifest, invocation: Invocation, compilation: Compilation | None
) -> bytes:
    """The entry of a node, made anew."""
    made = node_json(node, manifest, invocation.started_at.timestamp())
    if "primary_key" in made:
        # it follows from properties, and these are as they were; finding the tests would mean to read all nodes
        made["primary_key"] = msgspec.json.decode(old)["primary_key"]
    if compilation is not None and node.id in compilation:
        made = compilation.noted(node, made)
    return json_bytes(made)
