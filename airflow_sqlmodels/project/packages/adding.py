"""`deps --add-package`: one more entry in packages.yml, in the place of the one for the same package."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.project.packages.reading import DEPENDENCIES_FILE, PACKAGES_FILE
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import YamlList, YamlMap, parse_yaml, plain

_KINDS = {"hub": ("package", "version"), "git": ("git", "revision"), "local": ("local", "")}
_NAMES = ("package", "git", "local", "tarball", "private")


def add_package(root: Path, said: str, source: str) -> str:
    """Write the package into packages.yml, or dependencies.yml if the project's packages are there. What was done."""
    entry = _entry(said, source)
    path = _file_of(root)
    text = text_of(path, path.name) if path.is_file() else ""
    path.write_text(with_entry(text, entry, path.name), encoding="utf-8")
    shown = " ".join(str(value) for value in entry.values())
    return f"Added {shown} to {path.name}"


def with_entry(text: str, entry: Mapping[str, Any], path: str) -> str:
    """The file's text with the entry; comments and all else stay as they are."""
    content = parse_yaml(text, path)
    content = YamlMap() if content is None else content
    if not isinstance(content, YamlMap):
        raise ProjectError("this is not a mapping", Location(path), "begin it with 'packages:'")
    listed = content.get("packages") or []
    kept = [plain(each) for each in listed if not same_package(each, entry)]
    wanted = {**plain(content), "packages": [*kept, dict(entry)]}
    written = _edited(text, content, entry)
    with contextlib.suppress(ProjectError):  # lists in brackets have no lines of their own
        if plain(parse_yaml(written, path)) == wanted:
            return written
    return yaml.safe_dump(wanted, sort_keys=False)


def same_package(old: Any, new: Mapping[str, Any]) -> bool:
    """Whether both are the same package: by its name, wherever it comes from, `-` and `_` being one."""
    if not isinstance(old, dict):
        return False
    before, after = _name(old), _name(new)
    return before == after or before.rpartition("/")[2] == after.rpartition("/")[2]


def _name(entry: Mapping[str, Any]) -> str:
    said = next((str(entry[key]) for key in _NAMES if entry.get(key)), "")
    return said.rstrip("/").removesuffix(".git").replace("-", "_").lower()


def _entry(said: str, source: str) -> dict[str, Any]:
    name, version = said, ""
    if source != "local":
        match = re.fullmatch(r"(.+)@([^@:/]+|[^@:]+)", said) if source == "git" else re.fullmatch(r"(.+?)@(.+)", said)
        name, version = (match[1], match[2]) if match else (said, "")
    key, version_key = _KINDS[source]
    if source == "hub" and not version:
        raise ProjectError(f"--add-package {said!r} names no version", None, f"write it as {said}@1.0.0")
    bounds = [each.strip() for each in version.split(",")]
    return {key: name, **({version_key: bounds if len(bounds) > 1 else version} if version else {})}


def _file_of(root: Path) -> Path:
    dependencies = root / DEPENDENCIES_FILE
    if dependencies.is_file() and not (root / PACKAGES_FILE).is_file():
        content = parse_yaml(text_of(dependencies, DEPENDENCIES_FILE), DEPENDENCIES_FILE)
        if isinstance(content, dict) and "packages" in content:
            return dependencies
    return root / PACKAGES_FILE


def _edited(text: str, content: YamlMap, entry: Mapping[str, Any]) -> str:
    """The text with the entry behind the last one, and without those for the same package."""
    listed = content.get("packages")
    if not isinstance(listed, YamlList) or not listed:
        start = text if not text or text.endswith("\n") else text + "\n"
        head = "" if "packages" in content else "packages:\n"
        return start + head + _lines(entry, 2)
    lines = text.splitlines(keepends=True)
    ends = _ends(lines, content, listed)
    dash = max(listed.places[0][1] - 2, 0)
    lines[ends[-1] - 1] = lines[ends[-1] - 1].rstrip("\n") + "\n"
    lines.insert(ends[-1], _lines(entry, dash))
    for (line, _column), end, each in reversed(list(zip(listed.places, ends, listed, strict=True))):
        if same_package(each, entry):
            del lines[line:end]
    return "".join(lines)


def _ends(lines: list[str], content: YamlMap, listed: YamlList) -> list[int]:
    """The line behind each entry of the list; comments and empty lines behind an entry are no part of it."""
    starts = [line for line, _column in listed.places]
    begin = content.places["packages"][0]
    behind = min((line for line, _column in content.places.values() if line > begin), default=len(lines))
    return [_last_line(lines, start, end) for start, end in zip(starts, [*starts[1:], behind], strict=True)]


def _last_line(lines: list[str], start: int, end: int) -> int:
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _lines(entry: Mapping[str, Any], indent: int) -> str:
    texts = [f"{key}: {_scalar(value)}" for key, value in entry.items()]
    return f"{' ' * indent}- " + f"\n{' ' * indent}  ".join(texts) + "\n"


def _scalar(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    return yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("...\n").rstrip("\n")
