"""What every project's `ls` is asked: one selector of each method and operator, with names out of the project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_FIXED = (
    "",
    "--select resource_type:test",
    "--select config.materialized:table",
    "--select config.materialized:incremental",
    "--select test_type:generic",
    "--select test_type:singular",
    "--select test_name:unique",
    "--select source:*",
    "--select exposure:*",
    "--select path:models",
    "--select config.severity:warn",
    "--select access:public",
    "--resource-type model --resource-type seed",
    "--exclude resource_type:test",
)
_PLACES = (0.0, 0.5, 0.9)
"""Which models are asked for: near the beginning, the middle and the end of the alphabet."""


def selectors_for(manifest: Mapping[str, Any]) -> list[str]:
    """Arguments of `ls`."""
    nodes = list(manifest["nodes"].values())
    models = sorted((node for node in nodes if node["resource_type"] == "model"), key=lambda node: node["unique_id"])
    tags = sorted({tag for node in nodes for tag in node["tags"]})
    found = [
        *_FIXED,
        *_of_models(models),
        *(f"--select package:{name}" for name in sorted({node["package_name"] for node in nodes})[:3]),
        *(f"--select tag:{tag}" for tag in tags[:3]),
        *(f"--select source:{name}+" for name in _source_names(manifest)[:2]),
        *(f"--selector {name}" for name in manifest.get("selectors") or ()),
    ]
    return list(dict.fromkeys(found))


def _of_models(models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for place in _PLACES if models else ():
        model = models[int(len(models) * place)]
        name, path, fqn = model["name"], model["original_file_path"], model["fqn"]
        yield f"--select +{name}"
        yield f"--select {name}+1 --exclude {name}"
        yield f"--select @{name}"
        yield f"--select 1+{name},resource_type:model"
        yield f"--select {name} --indirect-selection cautious"
        yield f"--select +{name} --indirect-selection buildable"
        yield f"--select {path}"
        yield f"--select {path.rsplit('/', 1)[0]}"
        yield f"--select {'.'.join(fqn[:2])}"
        yield f"--select file:{path.rsplit('/', 1)[-1]}+"
        yield f"--select '{name[:5]}*'"


def _source_names(manifest: Mapping[str, Any]) -> list[str]:
    return sorted({source["source_name"] for source in manifest["sources"].values()})
