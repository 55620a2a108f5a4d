"""Sources: what the project says over those of packages, and how they tell their age."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.errors import CompilationError, ProjectError
from airflow_sqlmodels.manifest.nodes import DataTest, Freshness, NodeId, Period, Source
from airflow_sqlmodels.templating.entries.view import config_view, freshness_view, node_view, unrendered_config
from tests.projects import PROJECT, load

PACKAGE = {
    "packages.yml": "packages: [{local: tools}]",
    "dbt_packages/tools/dbt_project.yml": "name: tools\n",
    "dbt_packages/tools/models/m.sql": "select * from {{ source('raw', 'a') }}",
    "dbt_packages/tools/models/s.yml": """\
        sources:
          - name: raw
            schema: theirs
            loaded_at_field: at
            freshness: {warn_after: {count: 1, period: hour}}
            tables:
              - {name: a, identifier: first, columns: [{name: id, data_tests: [unique, not_null]}]}
              - {name: b}
        """,
}
OVERRIDE = """\
sources:
  - name: raw
    overrides: tools
    schema: mine
    freshness: {warn_after: {count: 2, period: day}}
    tables:
      - {name: a, freshness: null, columns: [{name: id, data_tests: [unique]}]}
"""


def test_the_project_says_anew_what_a_packages_source_is(tmp_path: Path) -> None:
    manifest = load(tmp_path, PACKAGE | {"models/s.yml": OVERRIDE})

    first, second = (manifest[NodeId(f"source.tools.raw.{name}")] for name in "ab")
    assert isinstance(first, Source)
    assert isinstance(second, Source)
    assert (first.relation.schema, first.relation.identifier, first.freshness) == ("mine", "first", None)
    assert second.relation.schema == "mine"
    assert second.written["schema"] == "theirs"
    assert second.freshness is not None
    assert second.freshness.warn_after == Period(2, "day")
    assert [node.name for node in manifest.values() if isinstance(node, DataTest)] == ["source_unique_raw_a_id"]
    assert manifest[NodeId("model.tools.m")].depends_on == (first.id,)
    assert [each.name for each in manifest.warnings] == ["SourceOverrideDeprecation"]


def test_two_overrides_of_one_source_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"t\.yml:2:5: two entries override the source.*s\.yml"):
        load(tmp_path, PACKAGE | {"models/s.yml": OVERRIDE, "models/t.yml": OVERRIDE})


def test_an_override_of_a_package_that_is_not_there_is_told_and_left(tmp_path: Path) -> None:
    manifest = load(tmp_path, PACKAGE | {"models/s.yml": OVERRIDE.replace("tools", "tool")})

    told = [each.text for each in manifest.warnings if each.name == "UnusedTables"]
    assert len(told) == 1
    assert "in the package 'tool' to override" in told[0]
    assert "did you mean 'tools'" in told[0]


def test_an_override_of_nothing_is_told(tmp_path: Path) -> None:
    manifest = load(tmp_path, PACKAGE | {"models/s.yml": OVERRIDE.replace("name: raw", "name: row")})
    warning = manifest.warnings[-1]
    assert str(warning).startswith("models/s.yml:2:5: there is no source 'row' in the package 'tools' to override")


@pytest.mark.parametrize(
    ("above", "own", "field", "query"),
    [
        ("loaded_at_field: at", "", "at", None),
        ("loaded_at_field: at", "loaded_at_field: null", None, None),
        ("loaded_at_query: select 1", "config: {loaded_at_field: at}", "at", None),
        ("loaded_at_query: select 1", "", None, "select 1"),
        ("config: {loaded_at_field: at}", "loaded_at_query: select 2", "at", "select 2"),
        ("loaded_at_query: 'select {{ anything() }}'", "", None, "select {{ anything() }}"),
    ],
)
def test_a_tables_own_word_on_its_age_counts(
    above: str, own: str, field: str | None, query: str | None, tmp_path: Path
) -> None:
    text = f"sources: [{{name: raw, {above}, tables: [{{name: a, {own}}}]}}]"
    source = load(tmp_path, {"models/s.yml": text})[NodeId("source.shop.raw.a")]
    assert isinstance(source, Source)
    assert (source.loaded_at_field, source.loaded_at_query) == (field, query)


@pytest.mark.parametrize(
    ("above", "own", "refusal"),
    [
        ("loader: x", "loaded_at_field: ''", "cannot be an empty string"),
        ("loader: x", "loaded_at_field: at, loaded_at_query: q", "both loaded_at_field and loaded_at_query at table"),
        ("loaded_at_field: at, config: {loaded_at_query: q}", "", "both loaded_at_field and loaded_at_query at source"),
    ],
)
def test_two_words_on_the_age_are_refused(above: str, own: str, refusal: str, tmp_path: Path) -> None:
    text = f"sources: [{{name: raw, {above}, tables: [{{name: a, {own}}}]}}]"
    with pytest.raises(ProjectError, match=rf"models/s\.yml:1:\d+: .*{refusal}"):
        load(tmp_path, {"models/s.yml": text})


@pytest.mark.parametrize(("first", "second"), [("false", "true"), ("true", "false"), ("false", "false")])
def test_a_table_stands_there_once_though_one_is_disabled(first: str, second: str, tmp_path: Path) -> None:
    tables = ", ".join(f"{{name: a, config: {{enabled: {each}}}}}" for each in (first, second))

    with pytest.raises(ProjectError, match="two sources with the name 'raw_a'"):
        load(tmp_path, {"models/s.yml": f"sources: [{{name: raw, tables: [{tables}]}}]"})


def _aged(tmp_path: Path, package: str, properties: str, own: str = "", above: str = "") -> Source:
    """A source of a package, or of the project itself, by what its files say of freshness."""
    settings = {name: f"name: {name}\nprofile: shop\n" for name in ("shop", "tools")}
    settings[package] += f"sources:\n  {package}: {{{own}}}\n" if own else ""
    settings["shop"] += f"sources:\n  {package}: {{{above}}}\n" if above else ""
    files = {
        "dbt_project.yml": settings["shop"],
        "dbt_packages/tools/dbt_project.yml": settings["tools"],
        ("" if package == "shop" else "dbt_packages/tools/")
        + "models/s.yml": f"sources: [{{name: raw, {properties}}}]",
    }
    found = load(tmp_path, files)[NodeId(f"source.{package}.raw.a")]
    assert isinstance(found, Source)
    return found


WARN, ERROR = "warn_after: {count: 5, period: hour}", "error_after: {count: 7, period: day}"


@pytest.mark.parametrize(
    ("package", "properties", "own", "above", "rule"),
    [
        ("shop", "tables: [{name: a}]", f"+freshness: {{{WARN}}}", "", Freshness(Period(5, "hour"))),
        ("shop", f"freshness: {{{ERROR}}}, tables: [{{name: a}}]", f"+freshness: {{{WARN}}}", "",
         Freshness(None, Period(7, "day"))),
        ("shop", f"freshness: {{{ERROR}}}, tables: [{{name: a}}]", "+freshness: null", "",
         Freshness(None, Period(7, "day"))),
        ("shop", f"freshness: {{{ERROR}}}, tables: [{{name: a, freshness: {{error_after: null}}}}]",
         f"+freshness: {{{WARN}}}", "", Freshness(Period(5, "hour"))),
        ("shop", "freshness: {warn_after: {count: \"{{ var('hours', 24) }}\", period: hour}}, tables: [{name: a}]", "",
         "", Freshness(Period(24, "hour"))),
        ("tools", f"freshness: {{{ERROR}}}, tables: [{{name: a}}]", "", f"+freshness: {{{WARN}}}",
         Freshness(Period(5, "hour"))),
    ],
)  # fmt: skip
def test_the_strongest_place_says_all_of_the_freshness(
    package: str, properties: str, own: str, above: str, rule: Freshness, tmp_path: Path
) -> None:
    source = _aged(tmp_path, package, properties, own, above)
    assert source.freshness == rule
    assert config_view(source)["freshness"] == freshness_view(rule)


@pytest.mark.parametrize(
    ("package", "properties", "own", "above"),
    [
        ("shop", "freshness: null, tables: [{name: a}]", "", ""),
        ("shop", "freshness: null, tables: [{name: a}]", f"+freshness: {{{WARN}}}", ""),
        ("shop", "tables: [{name: a}]", "+freshness: null", ""),
        ("tools", f"freshness: {{{ERROR}}}, tables: [{{name: a}}]", "", "+freshness: null"),
    ],
)
def test_a_freshness_that_is_none_is_none(package: str, properties: str, own: str, above: str, tmp_path: Path) -> None:
    source = _aged(tmp_path, package, properties, own, above)
    assert source.freshness is None
    assert (config_view(source)["freshness"], unrendered_config(source)["freshness"]) == (None, None)


def test_a_freshness_of_the_project_file_is_kept_as_written(tmp_path: Path) -> None:
    said = "{warn_after: {count: \"{{ var('hours', 24) }}\", period: hour}}"
    source = _aged(tmp_path, "shop", "tables: [{name: a}]", f"+freshness: {said}")
    assert source.freshness == Freshness(Period(24, "hour"))
    assert unrendered_config(source)["freshness"] == {
        "warn_after": {"count": "{{ var('hours', 24) }}", "period": "hour"}
    }


COUNT = "freshness: {warn_after: {count: \"{{ '24' }}\", period: hour}}"


@pytest.mark.parametrize("place", ["{}, tables: [{{name: a}}]", "tables: [{{name: a, {}}}]"])
def test_a_count_that_is_a_text_must_stand_in_a_config(place: str, tmp_path: Path) -> None:
    source = _aged(tmp_path / "config", "shop", place.format(f"config: {{{COUNT}}}"), "")
    assert source.freshness == Freshness(Period(24, "hour"))
    with pytest.raises(ProjectError, match=r"\.yml:\d.*this is a text, and no number: '24'"):
        _aged(tmp_path / "outside", "shop", place.format(COUNT), "")


def test_a_bad_freshness_of_the_project_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no rule for freshness: 5"):
        _aged(tmp_path, "shop", "tables: [{name: a}]", "+freshness: 5")


@pytest.mark.parametrize(
    ("package", "own", "above", "field"),
    [
        ("shop", "+loaded_at_field: mine", "", "at"),
        ("tools", "+loaded_at_field: mine", "", "at"),
        ("tools", "", "+loaded_at_field: mine", "mine"),
    ],
)
def test_only_the_root_project_says_when_rows_of_a_packages_source_were_loaded(
    package: str, own: str, above: str, field: str, tmp_path: Path
) -> None:
    source = _aged(tmp_path, package, "loaded_at_field: at, tables: [{name: a}]", own, above)
    assert source.loaded_at_field == field


@pytest.mark.parametrize(("flag", "theirs"), [("false", "shop"), ("true", "tools")])
def test_a_source_that_two_packages_have_is_the_projects(flag: str, theirs: str, tmp_path: Path) -> None:
    source = "sources: [{{name: raw, schema: {0}, tables: [{{name: orders}}]}}]\n"
    files = {
        "dbt_project.yml": f"{PROJECT}flags: {{require_ref_searches_node_package_before_root: {flag}}}\n",
        "models/s.yml": source.format("here"),
        "models/mine.sql": "select * from {{ source('raw', 'orders') }}",
        "dbt_packages/tools/dbt_project.yml": "name: tools\n",
        "dbt_packages/tools/models/s.yml": source.format("there"),
        "dbt_packages/tools/models/theirs.sql": "select * from {{ source('raw', 'orders') }}",
    }
    manifest = load(tmp_path, files)
    assert manifest[NodeId("model.shop.mine")].depends_on == (NodeId("source.shop.raw.orders"),)
    assert manifest[NodeId("model.tools.theirs")].depends_on == (NodeId(f"source.{theirs}.raw.orders"),)


def test_a_source_that_is_off_is_told_as_such(tmp_path: Path) -> None:
    files = {
        "models/m.sql": "select * from {{ source('raw', 'orders') }}",
        "models/s.yml": "sources: [{name: raw, config: {enabled: false}, tables: [{name: orders}]}]\n",
    }
    told = r"m\.sql:1:\d+: model\.shop\.m depends on a source named 'raw\.orders' which is disabled: see models/s\.yml"
    with pytest.raises(ProjectError, match=told):
        load(tmp_path, files)


def test_what_is_said_of_an_external_table_is_kept(tmp_path: Path) -> None:
    properties = """\
        sources:
          - name: lake
            tables:
              - name: people
                external:
                  location: "{{ var('bucket', 's3://b') }}/people"
                  delimiter: ";"
                  partitions: [{name: day, data_type: date}, month]
              - {name: plain}
        """

    manifest = load(tmp_path, {"models/s.yml": properties})

    people, plain = (manifest[NodeId(f"source.shop.lake.{name}")] for name in ("people", "plain"))
    assert isinstance(people, Source)
    assert isinstance(plain, Source)
    assert node_view(people, dialect_named("postgres"))["external"] == {
        "location": "s3://b/people",
        "file_format": None,
        "row_format": None,
        "tbl_properties": None,
        "partitions": [{"description": "", "meta": {}, "name": "day", "data_type": "date"}, "month"],
        "delimiter": ";",
    }
    assert node_view(plain, dialect_named("postgres"))["external"] is None


def test_a_partition_of_an_external_table_has_a_type(tmp_path: Path) -> None:
    properties = "sources: [{name: lake, tables: [{name: people, external: {partitions: [{name: day}]}}]}]"

    with pytest.raises(CompilationError, match="must have names and data types"):
        load(tmp_path, {"models/s.yml": properties})


def test_names_of_sources_and_tables_may_be_templates(tmp_path: Path) -> None:
    properties = """\
        sources:
          - name: "{{ var('lake', target.schema) }}"
            tables:
              - {name: "{{ 'peo' ~ 'ple' }}", columns: [{name: id, data_tests: [unique]}]}
        """
    files = {"models/s.yml": properties, "models/m.sql": "select * from {{ source('shop', 'people') }}"}

    manifest = load(tmp_path, files)

    people = manifest[NodeId("source.shop.shop.people")]
    assert isinstance(people, Source)
    assert (people.source_name, people.relation.schema, people.relation.identifier) == ("shop", "shop", "people")
    assert manifest[NodeId("model.shop.m")].depends_on == (people.id,)
    assert [node.name for node in manifest.values() if isinstance(node, DataTest)] == ["source_unique_shop_people_id"]


def test_tags_of_sources_are_those_of_their_entries_and_meta_those_of_all(tmp_path: Path) -> None:
    """dbt 1.12 does not hear `sources: +tags:`."""
    properties = """\
        sources:
          - {name: bare, tables: [{name: t}]}
          - name: own
            meta: {top: 1, both: 1}
            config: {meta: {both: 2}, tags: [a]}
            tables: [{name: t, tags: [b], meta: {table: 1}}]
        """
    project = f"{PROJECT}sources: {{+tags: [all], +meta: {{project: 1}}}}\n"
    manifest = load(tmp_path, {"dbt_project.yml": project, "models/s.yml": properties})

    bare, own = (manifest.nodes[NodeId(f"source.shop.{name}.t")] for name in ("bare", "own"))
    assert isinstance(own, Source)
    assert (bare.tags, own.tags) == ((), ("a", "b"))
    assert (bare.meta, own.meta) == ({"project": 1}, {"project": 1, "top": 1, "both": 2, "table": 1})
    assert own.source_meta == {"top": 1, "both": 2}
    assert unrendered_config(own)["meta"] == {"top": 1, "both": 2, "table": 1}
