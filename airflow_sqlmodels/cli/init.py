"""`sqlmodels init`: a new project with one seed, two models and their tests, ready to be built."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.cli.options import global_options
from airflow_sqlmodels.errors import ProjectError

FILES = {
    "dbt_project.yml": """\
name: {name}
version: "1.0"
profile: {name}

models:
  {name}:
    staging:
      +materialized: view
    marts:
      +materialized: table
""",
    "profiles.yml": """\
{name}:
  target: dev
  outputs:
    dev:
      type: postgres
      host: "{{{{ env_var('POSTGRES_HOST', 'localhost') }}}}"
      port: 5432
      user: "{{{{ env_var('POSTGRES_USER', 'postgres') }}}}"
      password: "{{{{ env_var('POSTGRES_PASSWORD', '') }}}}"
      dbname: postgres
      schema: {name}
      threads: 4
""",
    "seeds/raw_orders.csv": "id,customer,amount\n1,ann,10.50\n2,bob,7.25\n3,ann,3.00\n",
    "models/staging/stg_orders.sql": "select id, customer, amount from {{{{ ref('raw_orders') }}}}\n",
    "models/marts/customers.sql": """\
select customer, count(*) as orders, sum(amount) as amount
from {{{{ ref('stg_orders') }}}}
group by customer
""",
    "models/schema.yml": """\
version: 2
models:
  - name: stg_orders
    columns:
      - name: id
        data_tests: [unique, not_null]
  - name: customers
    description: One row per customer.
    columns:
      - name: customer
        data_tests: [unique, not_null]
""",
    ".gitignore": "target/\nlogs/\ndbt_packages/\n",
}
"""By path, with the project's name as `{name}`."""


@click.command()
@global_options
@click.argument("name", default="my_project")
@click.pass_context
def init(context: click.Context, /, name: str, **_values: Any) -> int:
    """Begin a new project in a folder of its name."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        raise ProjectError(f"a project cannot be called {name!r}", None, "use letters, digits and underscores")
    folder = (context.params.get("project_dir") or Path.cwd()) / name
    if folder.exists():
        raise ProjectError(f"{folder} is there already", None, "choose another name")
    for path, text in FILES.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.format(name=name), encoding="utf-8")
    click.echo(f"{folder} is ready. Put your connection into {folder / 'profiles.yml'}, then:")
    click.echo(f"  cd {name}\n  sqlmodels debug\n  sqlmodels build")
    return 0
