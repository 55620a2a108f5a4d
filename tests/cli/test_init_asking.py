"""`sqlmodels init` at a terminal: it asks for the profile as dbt does, and writes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

Terminal = Callable[..., tuple[int, str]]

USUAL = [
    ("Enter a number: ", "1"),
    ("host (hostname for the instance): ", "db.local"),
    ("port [5432]: ", ""),
    ("user (dev username): ", "ann"),
    ("pass (dev password): ", "hush-hush"),
    ("dbname (default database that models are built in): ", "shop"),
    ("schema (default schema that models are built in): ", "dev"),
    ("threads (1 or more) [1]: ", "3"),
]
WRITTEN = {
    "target": "dev",
    "outputs": {
        "dev": {
            **{"type": "postgres", "host": "db.local", "port": 5432, "user": "ann", "pass": "hush-hush"},
            **{"dbname": "shop", "schema": "dev", "threads": 3},
        }
    },
}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Runs `init` at a terminal of its own, answering each question when asked: the exit code, and all it said."""
    pty = pytest.importorskip("pty")

    def run(answers: Sequence[tuple[str, str]], *args: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-c", "from airflow_sqlmodels.cli.main import main; main()", "init", *args]
        environment = {**os.environ, "HOME": str(tmp_path / "home"), "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        ) as process:
            os.close(theirs)
            said = _conversation(ours, answers)
            os.close(ours)
            return process.wait(), said

    return run


def _conversation(terminal: int, answers: Sequence[tuple[str, str]]) -> str:
    """All that was said; each answer is given once its question stands there."""
    said, seen, waiting = "", 0, list(answers)
    while True:
        try:
            part = os.read(terminal, 4096).decode()
        except OSError:  # the other side has hung up
            part = ""
        if not part:
            assert not waiting, f"never asked: {waiting[0][0]}\n{said}"
            return said
        said += part
        while waiting and waiting[0][0] in said[seen:]:
            seen = said.index(waiting[0][0], seen) + len(waiting[0][0])
            os.write(terminal, (waiting.pop(0)[1] + "\n").encode())


def _profiles(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_a_new_project_is_asked_for_its_name_and_its_profile(terminal: Terminal, tmp_path: Path) -> None:
    question = "Enter a name for your project (letters, digits, underscore): "

    code, said = terminal([(question, "my-shop"), (question, "shop"), *USUAL])

    assert code == 0
    assert "my-shop is not a valid project name" in said
    assert "Which database would you like to use?\r\n[1] postgres" in said
    assert "hush-hush" not in said
    path = tmp_path / "home/.dbt/profiles.yml"
    assert _profiles(path) == {"shop": WRITTEN}
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "shop/dbt_project.yml").is_file()
    assert not (tmp_path / "shop/profiles.yml").exists()


def test_a_number_that_names_nothing_is_asked_for_again(terminal: Terminal, tmp_path: Path) -> None:
    code, _ = terminal([("Enter a number: ", "2"), *USUAL], "shop", "--profiles-dir", str(tmp_path / "p"))

    assert code == 0
    assert _profiles(tmp_path / "p/profiles.yml") == {"shop": WRITTEN}


def test_nothing_is_asked_where_the_profile_is_left_to_others(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal([], "shop", "--skip-profile-setup")[0] == 0
    assert not (tmp_path / "home/.dbt").exists()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a profile, in the folder where the command runs; its profiles.yml."""
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: theirs\n")
    path = tmp_path / "p/profiles.yml"
    path.parent.mkdir()
    path.write_text("# ours\nother:\n  target: x  # kept\n  outputs: {x: {type: postgres}}\n")
    return path


def test_in_a_project_what_stands_beside_the_profile_stays(terminal: Terminal, project: Path) -> None:
    code, said = terminal(USUAL, "--profiles-dir", str(project.parent))

    assert code == 0
    assert f"The profile theirs is in {project} now" in said
    assert project.read_text().startswith("# ours\nother:\n  target: x  # kept\n")
    assert _profiles(project)["theirs"] == WRITTEN


@pytest.mark.parametrize(("answer", "asked"), [("n", []), ("y", USUAL)])
def test_a_profile_that_is_there_is_replaced_only_if_it_may(
    answer: str, asked: list[tuple[str, str]], terminal: Terminal, project: Path
) -> None:
    before = "theirs:\n  target: mine\n  outputs: {mine: {type: postgres}}\nother: {target: x, outputs: {}}\n"
    project.write_text(before)
    question = f"The profile theirs already exists in {project}. Continue and overwrite it? [y/N]: "

    code, _ = terminal([(question, answer), *asked], "--profiles-dir", str(project.parent))

    assert code == 0
    if not asked:
        assert project.read_text() == before
        return
    assert _profiles(project) == {"theirs": WRITTEN, "other": {"target": "x", "outputs": {}}}


def test_a_project_may_have_questions_of_its_own(terminal: Terminal, project: Path) -> None:
    text = """\
fixed: {type: postgres, host: db}
prompts:
  target: {type: string, hint: your name}
  _choose_authentication_type:
    password: {_fixed_method: pw, pass: {hide_input: true}}
    service: {_fixed_method: svc, service: {default: main}}
  port: {type: int, default: 1}
"""
    (project.parent.parent / "profile_template.yml").write_text(text)
    answers = [
        ("target (your name): ", "ann"),
        ("[1] password\r\n[2] service\r\nDesired authentication type option (enter a number): ", "2"),
        ("service [main]: ", ""),
        ("port [1]: ", "9"),
    ]

    code, _ = terminal(answers, "--profiles-dir", str(project.parent))

    assert code == 0
    expected = {"type": "postgres", "host": "db", "method": "svc", "service": "main", "port": 9}
    assert _profiles(project)["theirs"] == {"target": "ann", "outputs": {"ann": expected}}


def test_questions_that_cannot_be_read_are_told_and_the_usual_ones_asked(terminal: Terminal, project: Path) -> None:
    (project.parent.parent / "profile_template.yml").write_text("- a\n")

    code, said = terminal(USUAL, "--profiles-dir", str(project.parent))

    assert code == 0
    assert "profile_template.yml cannot be used" in said
    assert _profiles(project)["theirs"] == WRITTEN
