"""Makes docs/reference/ from signatures, docstrings and the commands' own help: `python -m docs.make_reference`.

`tests/docs` fails when the pages on disk are not what this makes.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from msgspec import NODEFAULT, structs

from airflow_sqlmodels import SqlModelsDag, SqlModelsTaskGroup, Translator, errors, load_project, make_plan, run_step
from airflow_sqlmodels.cli.main import cli
from airflow_sqlmodels.provider.operators import SqlModelsOperator
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.tasks import Models, NodeTasks
from airflow_sqlmodels.run.result import Result

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Made by docs/make_reference.py: change the docstrings and run `make docs`. -->"

OPTIONS: Mapping[str, tuple[str, str]] = {
    "project": ("where", "the folder of `dbt_project.yml`: beside the DAG file, or up to two folders above it"),
    "conn_id": ("where", "an Airflow connection to Postgres"),
    "schema": ("where", "where models go that no `+schema` sends elsewhere; else the profile's, else `public`"),
    "database": ("where", "the database; only for names in templates, the connection says where to connect"),
    "target": ("where", "a target of the project's own `profiles.yml`: its name and schema"),
    "vars": ("where", "variables, above those of the project; Airflow templates are allowed where they don't shape "
                      "the graph"),
    "env": ("where", "what `env_var` finds, above the environment of the process"),
    "select": ("what", "which nodes, a text or a list; everything unless you say"),
    "exclude": ("what", "which of them not"),
    "selector": ("what", "a definition of `selectors.yml`, by name"),
    "indirect_selection": ("what", "which tests come with selected nodes: `eager`, `cautious`, `buildable`, `empty`"),
    "full_refresh": ("what", "build incremental models and seeds anew"),
    "allow_empty": ("what", "let a selection name nothing, which is an import error otherwise"),
    "tests": ("shape", "`after_each`, `with_model`, `after_all`, `none`, `only`"),
    "sources": ("shape", "`freshness`: a task for each source with a freshness rule; `none`"),
    "hooks": ("shape", "`once`: on-run hooks as a task at the start and one at the end; `none`"),
    "group_by": ("shape", "`folder`: task groups as on disk; `none`"),
    "publish": ("how", "taken and checked, without effect yet: new rows are visible before their tests run"),
    "assets": ("how", "each `run` task updates an asset, named by `Translator.asset_uri`"),
    "task_args": ("how", "arguments of the operators by kind: `all`, `run`, `test`, `seed`, `snapshot`, `source`"),
}  # fmt: skip
"""What each option of a DAG is for; the keys are those of `Options`."""


def pages() -> dict[str, str]:
    """The text of each page, by file name."""
    made = {"python.md": python_page(), "errors.md": errors_page(), "command-line.md": command_page()}
    return {
        name: re.sub("\n{3,}", "\n\n", "\n".join([NOTE, "", *lines])).rstrip() + "\n" for name, lines in made.items()
    }


def python_page() -> Iterator[str]:
    """What `airflow_sqlmodels` exports, and what these hand out."""
    yield from ("# Python", "", "`from airflow_sqlmodels import …`", "")
    yield from described(SqlModelsDag)
    yield from ("### Options", "", "All but the first two are optional.", "", *option_table(), "")
    yield from described(SqlModelsTaskGroup)
    yield from ("It takes the options of `SqlModelsDag` and the arguments of Airflow's `TaskGroup`.", "")
    yield from ("## What `.models` gives", "", text_of(Models), "")
    yield from (f"### {NodeTasks.__name__}", "", text_of(NodeTasks), "", *attributes(NodeTasks), "")
    yield from described(Translator)
    yield from methods(Translator)
    yield from described(SqlModelsOperator)
    yield from (f"Its template fields are {', '.join(f'`{each}`' for each in SqlModelsOperator.template_fields)}.", "")
    yield from ("## Without Airflow", "", "The core of the package: load, plan, run one step.", "")
    for function in (load_project, make_plan, run_step):
        yield from described(function, level=3)
    yield from ("### Result", "", text_of(Result), "", *attributes(Result))


def errors_page() -> Iterator[str]:
    """The tree of errors."""
    opening, _, tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")
    drawing = tree.partition("\n\n")[0]
    yield from ("# Errors", "", opening, "", "```", inspect.cleandoc(drawing), "```", "")
    yield from ("They are in `airflow_sqlmodels.errors`. `str(error)` is the whole message, with place and hint.", "")
    for each in vars(errors).values():
        if inspect.isclass(each) and issubclass(each, errors.SqlModelsError):
            yield from described(each)
    yield from ("## What errors carry", "")
    for each in (errors.Location, errors.FailedTest):
        yield from (f"### {each.__name__}", "", text_of(each), "", *attributes(each), "")


def command_page() -> Iterator[str]:
    """The commands of `sqlmodels`, out of click."""
    context = click.Context(cli, info_name="sqlmodels")
    yield from ("# Command line", "", text_of(cli.callback), "")
    yield from (
        "`airflow sqlmodels …` is the same. These options can stand before the command or behind it. As with dbt",
        "most have an environment variable: `--target` is `DBT_TARGET`; `--select`, `--vars`, `--threads` and others",
        "have none. Exit codes: 0 all is well, 1 a node failed, 2 it could not be run at all.",
        "", "## Options of every command", "",
    )  # fmt: skip
    shared = {str(option.name) for option in cli.params}
    yield from option_lines(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None, name
        yield from ("", *command_lines(f"sqlmodels {name}", command, shared))


def command_lines(path: str, command: click.Command, shared: Collection[str]) -> Iterator[str]:
    """One command; of a group, its commands."""
    context = click.Context(command, info_name=path)
    yield from (f"## {path}", "", inspect.cleandoc(command.help or ""), "")
    arguments = [_argument(each) for each in command.params if isinstance(each, click.Argument)]
    yield from ("```", " ".join([path, "[OPTIONS]", *arguments]), "```", "")
    yield from option_lines(command, shared)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, name
            yield from ("", *command_lines(f"{path} {name}", inner, shared))


def option_lines(command: click.Command, shared: Collection[str] = ()) -> Iterator[str]:
    """A table of a command's own options."""
    own = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    shown = [each for each in own if str(each.name) not in shared]
    if shown:
        yield from ("| option | does |", "|---|---|")
    for option in shown:
        names = ", ".join(f"`{each}`" for each in (*option.opts, *option.secondary_opts))
        yield f"| {names}{_values(option)} | {' '.join((option.help or '').split())} |"


def _argument(argument: click.Argument) -> str:
    name = str(argument.name).upper()
    return name if argument.required else f"[{name}]"


def _values(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return ": " + ", ".join(f"`{each}`" for each in option.type.choices)
    return f" {option.type.name.partition(' ')[0].upper()}"


def option_table() -> Iterator[str]:
    """The options of DAGs and groups. Raises KeyError for one that nobody has described."""
    yield from ("| option | default | says | |", "|---|---|---|---|")
    for field in structs.fields(Options):
        about, text = OPTIONS[field.name]
        required = field.required
        plain = None if field.default in (NODEFAULT, ()) else field.default
        yield f"| `{field.name}` | {'required' if required else f'`{plain!r}`'} | {about} | {text} |"
    yield "| `translator` | `Translator` | how | the class that decides how nodes become tasks |"


def described(thing: Any, level: int = 2) -> Iterator[str]:
    """A heading, the signature and the docstring."""
    yield from (f"{'#' * level} {thing.__name__}", "")
    if not (inspect.isclass(thing) and issubclass(thing, Exception)):
        yield from ("```python", signature_of(thing), "```", "")
    yield from (text_of(thing), "")


def methods(owner: type) -> Iterator[str]:
    """The public methods of a class, as its body has them."""
    for name, each in vars(owner).items():
        if inspect.isfunction(each) and not name.startswith("_"):
            yield from (
                f"### {owner.__name__}.{name}",
                "",
                "```python",
                signature_of(each),
                "```",
                "",
                text_of(each),
                "",
            )


def attributes(owner: Any) -> Iterator[str]:
    """The fields and properties of a class of data, with the text that stands below each."""
    texts = texts_below_fields(owner)
    yield from ("| attribute | type | is |", "|---|---|---|")
    for name, kind in inspect.get_annotations(owner).items():
        yield f"| `{name}` | `{_in_table(_type(kind))}` | {texts.get(name, '')} |"
    for name, each in vars(owner).items():
        if isinstance(each, property):
            returned = inspect.signature(each.fget).return_annotation if each.fget else ""
            yield f"| `{name}` | `{_in_table(_type(returned))}` | {' '.join(text_of(each).split())} |"


def texts_below_fields(owner: type) -> dict[str, str]:
    """The literal below each field of a class, by the field's name."""
    found: dict[str, str] = {}
    (tree,) = ast.parse(inspect.getsource(owner)).body
    assert isinstance(tree, ast.ClassDef)
    for field, below in itertools.pairwise(tree.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_text(below):
            found[field.target.id] = " ".join(ast.literal_eval(below.value).split())  # type: ignore[attr-defined]  # see _is_text
    return found


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _in_table(text: str) -> str:
    return text.replace("|", "\\|")


def text_of(thing: Any) -> str:
    """Its own docstring, not one that it inherits."""
    return inspect.cleandoc(thing.__doc__ or "")


def signature_of(thing: Any) -> str:
    """Its name and parameters, one to a line if they are many."""
    signature = inspect.signature(thing)
    listed = [each for each in signature.parameters.values() if each.name != "self"]
    shown = [_parameter(each) for each in listed]
    if any(each.kind is each.KEYWORD_ONLY for each in listed):
        shown.insert(next(i for i, each in enumerate(listed) if each.kind is each.KEYWORD_ONLY), "*")
    returned = "" if inspect.isclass(thing) else f" -> {_type(signature.return_annotation)}"
    plain = f"{thing.__name__}({', '.join(shown)}){returned}"
    return (
        plain
        if len(plain) <= 110
        else "\n    ".join([f"{thing.__name__}(", *(f"{each}," for each in shown)]) + f"\n){returned}"
    )


def _parameter(each: inspect.Parameter) -> str:
    stars = "**" if each.kind is each.VAR_KEYWORD else ""
    said = f"{stars}{each.name}: {_type(each.annotation)}"
    if each.default is each.empty:
        return said
    return f"{said} = {each.default.__name__ if inspect.isclass(each.default) else repr(each.default)}"


def _type(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else str(getattr(annotation, "__name__", annotation))


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
