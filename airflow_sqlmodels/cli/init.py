"""`sqlmodels init`: a new project with one seed, two models and their tests, ready to be built."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.cli.options import global_options, option
from airflow_sqlmodels.errors import ProfileError, ProjectError, SettingsError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.project.profiles import find_profiles_file
from airflow_sqlmodels.project.settings import profile_name
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml

FILES = {
    "dbt_project.yml": """\
name: {name}
version: "1.0"
profile: {profile}

models:
  {name}:
    staging:
      +materialized: view
    marts:
      +materialized: table
""",
    "profiles.yml": """\
{profile}:
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
"""By path, with the names of the project and of its profile as `{name}` and `{profile}`."""


PROFILES = "profiles.yml"
_NAME = re.compile(r"[^\d\W]\w*")
_RESERVED = ("dbt", "dbt_postgres")


@click.command()
@global_options
@click.argument("name", required=False)
@option("--skip-profile-setup", "-s", is_flag=True, help="Write no profiles.yml.")
@option("--skip-debug", is_flag=True, help="Accepted as in dbt; the connection is not looked at anyhow.")
@click.pass_context
def init(context: click.Context, /, name: str | None, skip_profile_setup: bool, **_values: Any) -> int:
    """Begin a new project in a folder of its name. In a project that is there, write its profile."""
    here = context.params.get("project_dir") or Path.cwd()
    profile, profiles_dir = context.params.get("profile"), context.params.get("profiles_dir")
    if (here / PROJECT_FILE).is_file():
        if profile:
            hint = "edit 'profile:' in dbt_project.yml instead"
            raise SettingsError("Can not init existing project with specified profile", None, hint)
        if not skip_profile_setup:
            _add_profile(here, profiles_dir)
        return 0
    if profile:
        _find_profile(here, profiles_dir, profile)
    name, sets_up = _valid_name(name), not (skip_profile_setup or profile)
    asks = sets_up and _at_terminal()
    made = _write_project(here, name, profile, with_profile=sets_up and not asks)
    if made and asks:
        _ask(name, here / name, profiles_dir)
    if made:
        todo = f" Put your connection into {here / name / PROFILES}, then:" if sets_up and not asks else " Now:"
        click.echo(f"{here / name} is ready.{todo}\n  cd {name}\n  sqlmodels debug\n  sqlmodels build")
    return 0


def _at_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()


def _ask(name: str, project: Path, profiles_dir: Path | None) -> None:
    """Ask for the profile of a project, and write it into the profiles.yml that is there, else into the user's."""
    from airflow_sqlmodels.cli.profile_questions import ask_for_profile  # noqa: PLC0415  # only at a terminal

    found = None if profiles_dir else find_profiles_file(project, None)
    path = found or (profiles_dir or Path.home() / ".dbt") / PROFILES
    if ask_for_profile(name, path, project):
        click.echo(f"The profile {name} is in {path} now. Validate it with: sqlmodels debug")


def _valid_name(said: str | None) -> str:
    """The name of the project; asked for at a terminal, if what was said cannot be one."""
    name = said or ""
    while not _NAME.fullmatch(name) or name in _RESERVED:
        what = f"{name} is not a valid project name" if name else "nothing says what the project is called"
        if not _at_terminal():
            raise ProjectError(what, None, "use letters, digits and underscores: sqlmodels init my_project")
        if name:
            click.echo(what)
        name = click.prompt("Enter a name for your project (letters, digits, underscore)")
    return name


def _write_project(here: Path, name: str, profile: str | None, *, with_profile: bool) -> bool:
    """Write the files. Whether that was done: a folder of that name stays as it is."""
    folder = here / name
    if folder.exists():  # as in dbt, that is no failure
        click.echo(f"A project called {name} already exists here: {folder}")
        return False
    for path, text in FILES.items():
        if path == PROFILES and not with_profile:
            continue
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.format(name=name, profile=profile or name), encoding="utf-8")
    return True


def _find_profile(here: Path, profiles_dir: Path | None, name: str) -> None:
    """Raises ProfileError if no profiles.yml has a profile of that name."""
    path = find_profiles_file(here, profiles_dir)
    if path is None or name not in _names(path):
        hint = f"{path} has {', '.join(map(repr, _names(path))) or 'none'}" if path else "there is no profiles.yml"
        raise ProfileError(f"Could not find profile named {name!r}", None, hint)


def _add_profile(project: Path, profiles_dir: Path | None) -> None:
    """Write the profile that a project names, unless it is there; at a terminal, what is asked for."""
    name = profile_name(project, {})
    if _at_terminal():
        _ask(name, project, profiles_dir)
        return
    path = find_profiles_file(project, profiles_dir) or (profiles_dir or project) / PROFILES
    if path.is_file() and name in _names(path):
        click.echo(f"The profile {name} is in {path} already.")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    before = f"{text_of(path, path.name).rstrip()}\n\n" if path.is_file() else ""
    path.write_text(before.lstrip() + FILES[PROFILES].format(name=name, profile=name), encoding="utf-8")
    click.echo(f"The profile {name} is in {path} now. Put your connection into it, then: sqlmodels debug")


def _names(path: Path) -> list[str]:
    content = parse_yaml(text_of(path, path.name), path.name)
    return [str(key) for key in content if key != "config"] if isinstance(content, dict) else []
