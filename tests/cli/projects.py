"""A small project on disk, for commands to work on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from airflow_sqlmodels.cli.main import exit_code

Call = Callable[..., tuple[int, str]]
"""Runs a command: the exit code, and all that it said."""

FILES = {
    "dbt_project.yml": """\
        name: shop
        profile: shop
        models:
          shop:
            staging: {+tags: daily, +materialized: view}
            marts: {+materialized: table}
        """,
    "profiles.yml": """\
        shop:
          outputs:
            default:
              {type: postgres, host: localhost, user: me, password: hush, dbname: warehouse, schema: public, threads: 2}
        """,
    "models/staging/stg_orders.sql": "select * from {{ ref('raw_orders') }}\n",
    "models/marts/revenue.sql": "select sum(amount) as amount from {{ ref('stg_orders') }}\n",
    "models/marts/orders.sql": "select * from {{ ref('stg_orders') }} where amount > {{ var('least', 0) }}\n",
    "models/schema.yml": """\
        models:
          - name: stg_orders
            columns:
              - name: id
                data_tests: [unique, not_null]
        """,
    "seeds/raw_orders.csv": "id,amount\n1,10\n2,20\n",
}


def write_project(folder: Path, **changed: str | None) -> Path:
    """The project in `folder`; files by path are added, changed, or left out if None."""
    for path, text in {**FILES, **changed}.items():
        if text is not None:
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(dedent(text), encoding="utf-8")
    return folder


def profile_for(dsn: dict[str, str]) -> str:
    """A profiles.yml for a running server."""
    fields = ", ".join(f"{key}: '{value}'" for key, value in dsn.items())
    return f"shop:\n  outputs:\n    default: {{type: postgres, {fields}, schema: public, threads: 2}}\n"


def calling(folder: Path, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs commands on the project in a folder that has its profiles.yml, too."""

    def run(*args: str) -> tuple[int, str]:
        code = exit_code([*args, "--project-dir", str(folder), "--profiles-dir", str(folder)])
        said = capfd.readouterr()
        return code, said.out + said.err

    return run
