"""manifest.json when little has changed: the entries of a few nodes are put in the place of the old ones."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from airflow_sqlmodels.artifacts.json_text import json_bytes, time_text, write_bytes
from airflow_sqlmodels.artifacts.mark import HEAD_BYTES, marked
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.entries.node import node_json
from airflow_sqlmodels.templating.invocation import Invocation

_END = b'},"sources":{'
"""What stands behind the last entry of `nodes`."""


def update_manifest(path: Path, manifest: Manifest, invocation: Invocation) -> bool:
    """Put what is new since the file was written into it. False if it must be written as a whole."""
    since = manifest.since
    if since is None:
        return False
    try:
        text = path.read_bytes()
    except OSError:
        return False
    if not since.mark or marked(since.mark) not in text[:HEAD_BYTES]:
        return False
    following = _following(manifest, since.changed)
    for node_id in since.changed:
        begin = text.find(_key(node_id) + b"{")
        after = following.get(node_id)
        end = -1 if begin < 0 else text.find(_END if after is None else b"," + _key(after) + b"{", begin)
        if end < 0:
            return False
        made = node_json(manifest[node_id], manifest, _made(invocation))
        # it follows from properties, and these are as they were; finding the tests would mean to read all nodes
        made["primary_key"] = msgspec.json.decode(text[begin + len(_key(node_id)) : end])["primary_key"]
        text = text[:begin] + _key(node_id) + json_bytes(made) + text[end:]
    write_bytes(path, _with_head(text, manifest, invocation))
    return True


def _key(name: str) -> bytes:
    # inside of a string the quotes would be escaped, and in no other part a node's id is followed by an object
    return json_bytes(name) + b":"


def _following(manifest: Manifest, wanted: tuple[NodeId, ...]) -> dict[NodeId, NodeId]:
    """What stands behind each of these nodes in the part `nodes`."""
    found: dict[NodeId, NodeId] = {}
    last: NodeId | None = None
    for node_id in manifest.nodes:
        if node_id.startswith(_ELSEWHERE):
            continue
        if last in wanted:
            assert last is not None
            found[last] = node_id
        last = node_id
    return found


_ELSEWHERE = ("source.", "exposure.", "unit_test.", "metric.", "semantic_model.", "saved_query.", "function.")


def _with_head(text: bytes, manifest: Manifest, invocation: Invocation) -> bytes:
    """The file with the head of this run."""
    head, rest = text[:HEAD_BYTES], text[HEAD_BYTES:]
    for key, value in (
        ("sqlmodels_mark", manifest.mark),
        ("invocation_id", invocation.id),
        ("generated_at", time_text(invocation.started_at)),
        ("invocation_started_at", time_text(invocation.started_at)),
        ("run_started_at", time_text(invocation.started_at)),
    ):
        old = re.search(rb'"%b":"[^"]*"' % key.encode(), head)
        if old is not None:
            head = head[: old.start()] + _key(key) + json_bytes(value) + head[old.end() :]
    return head + rest


def _made(invocation: Invocation) -> float:
    return invocation.started_at.timestamp()
