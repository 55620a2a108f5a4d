"""The saved form of a manifest: one file, in which one node is found and read without the rest.

    magic · records, one behind the other · index: (hash of key, offset, length), ordered by hash · offset of the index

It is written beside its place and moved there, so a reader sees the old file or the new one, never a half.
Records are MessagePack of the frozen nouns; reading one can run no code.
"""

from __future__ import annotations

import functools
import hashlib
import mmap
import os
import struct
import tempfile
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from airflow_sqlmodels.manifest.macro import Doc, Macro, MacroId
from airflow_sqlmodels.manifest.manifest import Manifest, Settings
from airflow_sqlmodels.manifest.nodes import RESOURCE_TYPES, AnyNode, NodeId
from airflow_sqlmodels.manifest.warned import Warned

K = TypeVar("K", bound=str)
V = TypeVar("V")

_MAGIC = b"sqlmodels manifest 10\n"
_ENTRY = struct.Struct("<16sQI")
_TAIL = struct.Struct("<QI")

_encode = msgspec.msgpack.Encoder(enc_hook=str).encode
_KINDS: dict[str, type] = {name: kind for kind, name in RESOURCE_TYPES.items()}


@functools.cache
def _decoder(kind: Any) -> Any:
    """Made when the first record of the kind is read: a worker reads few kinds."""
    return msgspec.msgpack.Decoder(kind)


class Broken(Exception):  # noqa: N818  # it says what the file is
    """The file is no saved manifest, or not one of this release. The project is loaded anew then."""


class Store(Struct, frozen=True):
    """An open file of records."""

    data: mmap.mmap | bytes
    index: int
    """The offset of the index."""
    count: int

    def get(self, key: str) -> bytes | None:
        """The record of `key`; None if there is none. A few pages of the file are touched, whatever its size."""
        wanted = _hash(key)
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            found, offset, length = _ENTRY.unpack_from(self.data, self.index + middle * _ENTRY.size)
            if found == wanted:
                return self.data[offset : offset + length]
            if found < wanted:
                low = middle + 1
            else:
                high = middle
        return None

    def several(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """The records of many keys: the index is read once, not looked through for each."""
        index = self.data[self.index : self.index + self.count * _ENTRY.size]
        places = {found: (offset, length) for found, offset, length in _ENTRY.iter_unpack(index)}
        for key in keys:
            place = places.get(_hash(key))
            yield key, None if place is None else self.data[place[0] : place[0] + place[1]]

    def need(self, key: str) -> bytes:
        """The record of `key`. Raises Broken if there is none."""
        found = self.get(key)
        if found is None:
            raise Broken(key)
        return found


def open_store(path: Path) -> Store:
    """The store in a file. Raises Broken, or FileNotFoundError if there is no file."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < len(_MAGIC) + _TAIL.size:
            raise Broken(str(path))
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    index, count = _TAIL.unpack_from(data, size - _TAIL.size)
    if data[: len(_MAGIC)] != _MAGIC or index + count * _ENTRY.size + _TAIL.size != size:
        raise Broken(str(path))
    return Store(data, index, count)


def write_store(path: Path, records: Iterable[tuple[str, bytes]]) -> None:
    """Write records to a file, in one step for whoever reads it."""
    parts, entries, offset = [_MAGIC], [], len(_MAGIC)
    for key, record in records:
        parts.append(record)
        entries.append((_hash(key), offset, len(record)))
        offset += len(record)
    entries.sort()
    parts += [_ENTRY.pack(*entry) for entry in entries]
    _put(path, (*parts, _TAIL.pack(offset, len(entries))))


def _put(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file beside its place, and move it there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as file:
            file.writelines(parts)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def rewrite_store(path: Path, store: Store, changed: Mapping[str, bytes]) -> None:
    """Write the store again with some records changed: the others are copied as they lie."""
    entries = {found: (offset, length) for found, offset, length in _ENTRY.iter_unpack(
        store.data[store.index : store.index + store.count * _ENTRY.size])}  # fmt: skip
    added, offset = [], store.index
    for key, record in changed.items():
        entries[_hash(key)] = (offset, len(record))
        added.append(record)
        offset += len(record)
    index = b"".join(_ENTRY.pack(key, *entries[key]) for key in sorted(entries))
    _put(path, (store.data[: store.index], *added, index, _TAIL.pack(offset, len(entries))))


def manifest_records(manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """A manifest as records."""
    yield "mark", manifest.mark.encode()
    yield "settings", _encode(manifest.settings)
    yield "order", _encode(list(manifest.nodes))
    yield "macro-order", _encode(list(manifest.macros))
    yield "docs", _encode(list(manifest.docs.values()))
    disabled = ((node_id, [_encode(node) for node in several]) for node_id, several in manifest.disabled.items())
    yield "disabled", _encode(list(disabled))
    yield "groups", _encode(dict(manifest.groups))
    yield "selectors", _encode(dict(manifest.selectors))
    yield "warnings", _encode([each for each in manifest.warnings if not each.once])
    for node_id, node in manifest.nodes.items():
        yield node_id, node_record(node)
    for macro_id, macro in manifest.macros.items():
        yield macro_id, _encode(macro)


def node_record(node: AnyNode) -> bytes:
    """One node as a record."""
    return _encode(node)


def read_manifest(store: Store) -> Manifest:
    """The manifest in a store; nodes and macros are read when they are asked for. Raises Broken."""
    try:
        docs = {doc["id"]: msgspec.convert(doc, Doc) for doc in msgspec.msgpack.decode(store.need("docs"))}
        disabled = {
            NodeId(key): tuple(decode_node(NodeId(key), record) for record in records)
            for key, records in msgspec.msgpack.decode(store.need("disabled"))
        }
        return Manifest(
            settings=_decoder(Settings).decode(store.need("settings")),
            nodes=Stored(store, "order", decode_node, NodeId),
            macros=Stored(store, "macro-order", _decode_macro, MacroId),
            docs=docs,
            disabled=disabled,
            groups=msgspec.msgpack.decode(store.need("groups")),
            selectors=msgspec.msgpack.decode(store.need("selectors")),
            mark=store.need("mark").decode(),
            warnings=_decoder(tuple[Warned, ...]).decode(store.need("warnings")),
        )
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError) as error:
        raise Broken(str(error)) from error


class Stored(Mapping[K, V], Generic[K, V]):
    """A mapping whose values lie in a store until they are asked for."""

    __slots__ = ("_decode", "_key", "_known", "_listed", "_order", "_store")

    def __init__(self, store: Store, order: str, decode: Callable[[K, bytes], V], key: Callable[[str], K]) -> None:
        self._store = store
        self._listed = order
        self._decode = decode
        self._key = key
        self._known: dict[str, V | None] = {}
        self._order: dict[K, None] | None = None

    def __getitem__(self, key: K) -> V:
        found = self._known.get(key) or self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: K, default: Any = None) -> Any:
        """The value, read once; `default` if there is none."""
        if key not in self._known:
            record = self._store.get(key)
            self._known[key] = None if record is None else self._decode(key, record)
        found = self._known[key]
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return key in self._ids()

    def items(self) -> ItemsView[K, V]:
        """All of them, read at once."""
        self._read_all()
        return super().items()

    def values(self) -> ValuesView[V]:
        """All of them, read at once."""
        self._read_all()
        return super().values()

    def _read_all(self) -> None:
        missing = [key for key in self._ids() if key not in self._known]
        for key, record in self._store.several(missing):
            self._known[key] = None if record is None else self._decode(self._key(key), record)

    def with_values(self, values: Mapping[K, V]) -> Stored[K, V]:
        """The same mapping with other values for some of its keys."""
        changed = Stored(self._store, self._listed, self._decode, self._key)
        changed._known = dict(self._known)
        for key, value in values.items():
            changed._known[key] = value
        changed._order = self._order
        return changed

    def __iter__(self) -> Iterator[K]:
        return iter(self._ids())

    def __len__(self) -> int:
        return len(self._ids())

    def _ids(self) -> dict[K, None]:
        if self._order is None:
            listed = msgspec.msgpack.decode(self._store.need(self._listed), type=list[str])
            self._order = {self._key(each): None for each in listed}
        return self._order


def decode_node(node_id: NodeId, record: bytes) -> AnyNode:
    """The node in a record. Raises Broken."""
    kind = _KINDS.get(node_id.partition(".")[0])
    if kind is None:
        raise Broken(node_id)
    try:
        node: AnyNode = _decoder(kind).decode(record)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Broken(str(error)) from error
    return node


def _decode_macro(_macro_id: MacroId, record: bytes) -> Macro:
    try:
        macro: Macro = _decoder(Macro).decode(record)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Broken(str(error)) from error
    return macro


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
