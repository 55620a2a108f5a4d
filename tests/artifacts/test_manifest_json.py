"""manifest.json says of nodes and macros what dbt's says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load


def written(root: Path, files: dict[str, str], **options: Any) -> dict[str, Any]:
    """The content of manifest.json for a project of these files."""
    manifest = load(root, files, **options)
    return manifest_json(manifest, graph_of(manifest), Invocation(command="parse"))


def test_macros_say_what_they_take_and_call(tmp_path: Path) -> None:
    files = {
        "macros/cents.sql": """
            {% macro cents(column, precision=2) %}
            {{ adapter.dispatch('cents', 'shop')(column, precision) }}{% endmacro %}
            {% macro default__cents(column, precision) %}{{ rounded(column) }}{% endmacro %}
            {% macro rounded(column) %}round({{ column }}){% endmacro %}
            {% test positive(model, column_name) %}select 1{% endtest %}
        """,
        "tests/generic/even.sql": "{% test even(model, column_name) %}select 1{% endtest %}",
        "macros/cents.yml": """
            macros:
              - name: rounded
                description: "{{ doc('rounding') }}"
                arguments: [{name: column, type: text}]
        """,
        "macros/docs.md": "{% docs rounding %}To the nearest.{% enddocs %}",
    }
    content = written(tmp_path, files)

    macros = content["macros"]
    taken = {
        name: [each["name"] for each in macros[f"macro.shop.{name}"]["arguments"]]
        for name in ("cents", "test_positive", "test_even")
    }
    assert taken == {"cents": ["column", "precision"], "test_positive": ["model", "column_name"], "test_even": []}
    assert macros["macro.shop.cents"]["depends_on"] == {"macros": ["macro.shop.default__cents"]}
    assert macros["macro.shop.default__cents"]["depends_on"] == {"macros": ["macro.shop.rounded"]}
    rounded = macros["macro.shop.rounded"]
    assert rounded["arguments"] == [{"name": "column", "type": "text", "description": ""}]
    assert (rounded["description"], rounded["patch_path"]) == ("To the nearest.", "shop://macros/cents.yml")
    assert content["docs"]["doc.shop.rounding"]["path"] == "docs.md"
