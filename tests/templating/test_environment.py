"""What templates may do with values: the short ways past the sandbox allow no more than the sandbox does."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from airflow_sqlmodels.templating.environment import Environment

VALUES: dict[str, Any] = {
    "d": {"items": 1, "name": "x", "_hidden": 2, "none": None, 3: "three"},
    "l": [3, 1, 2],
    "s": "Text {0}",
    "f": lambda *args, **kwargs: (args, kwargs),
}

ALLOWED = (
    "{{ d.name }} {{ d['name'] }} {{ d.none }} {{ d.get('x', 5) }} {{ d.items() | list | length }} {{ d[3] }}",
    "{{ d.missing }}|{{ l.missing }}|{{ s.missing }}|{{ d.missing is defined }}",
    "{% do l.append(4) %}{{ l }}{{ l.index(1) }}",
    "{{ s.lower().replace('t', 'T') }} {{ s.format('x') }} {{ s.format_map({}) if false }}",
    "{% for x in l %}{{ loop.index }}{{ f(x, y=loop.index0) }}{{ s.upper() }}{% endfor %}",
    "{% macro m(a, b=2) %}{{ a }}{{ b }}{{ kwargs }}{% endmacro %}{% for x in l %}{{ m(x, c=x) }}{% endfor %}",
)

REFUSED = (
    "{{ ''.__class__.mro() }}",
    "{{ d.__class__.x }}",
    "{{ l.__len__() }}",
    "{{ '{0.__class__}'.format(l) }}",
    "{{ '{a.__class__}'.format_map({'a': l}) }}",
    "{{ d._hidden.x }}",
    "{{ l.append.__self__ }}",
    "{{ d.missing.x }}",
    "{{ d.missing() }}",
)


def rendered(environment: SandboxedEnvironment, text: str) -> str:
    values = {**VALUES, "d": dict(VALUES["d"]), "l": list(VALUES["l"])}
    return environment.from_string(text).render(values)


@pytest.mark.parametrize("text", ALLOWED)
def test_gives_what_the_sandbox_gives(text: str) -> None:
    plain = SandboxedEnvironment(extensions=["jinja2.ext.do"])
    assert rendered(Environment(), text) == rendered(plain, text)


@pytest.mark.parametrize("text", REFUSED)
def test_refuses_what_the_sandbox_refuses(text: str) -> None:
    said = [_outcome(environment, text) for environment in (SandboxedEnvironment(), Environment())]
    assert said[0] == said[1]
    assert said[1] in ("", "SecurityError", "UndefinedError")


def _outcome(environment: SandboxedEnvironment, text: str) -> str:
    try:
        return rendered(environment, text)
    except (SecurityError, UndefinedError) as error:
        return type(error).__name__


@pytest.mark.parametrize(
    "block",
    [
        "{% test low(model, text='%}') %}{% if 1 %}1{% endif %}{{ nobody() }}{% endtest %}",
        "{% materialization mine, adapter='x' %}{% set a = 1 %}{% endmaterialization %}",
        "{% docs one %}{{ nobody() }}{% enddocs %}",
    ],
)
def test_nothing_comes_of_a_block_within_a_template(block: str) -> None:
    assert Environment().from_string(f"a {block} b").render() == "a  b"
