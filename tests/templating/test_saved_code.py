"""Compiled templates are kept for the next process, where nobody else can put code."""

from __future__ import annotations

from pathlib import Path
from types import CodeType

import pytest

from airflow_sqlmodels.manifest.cache_folder import FOLDER_VARIABLE
from airflow_sqlmodels.templating import saved_code as saving
from airflow_sqlmodels.templating.environment import Environment
from airflow_sqlmodels.templating.saved_code import saved_code


class Compiler:
    """Notes how often it compiled."""

    def __init__(self, value: int = 1) -> None:
        self.value = value
        self.calls = 0

    def __call__(self) -> CodeType:
        self.calls += 1
        return compile(str(self.value), "<template>", "eval")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    saving._folder.cache_clear()
    return tmp_path


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("templates/*.jinja"))


def test_compiles_once(cache: Path) -> None:
    one, other = Compiler(1), Compiler(2)
    assert eval(saved_code("text", "{{ x }}", one)) == 1
    assert eval(saved_code("text", "{{ x }}", other)) == 1
    assert eval(saved_code("native", "{{ x }}", other)) == 2
    assert eval(saved_code("text", "{{ y }}", other)) == 2
    assert (one.calls, other.calls, len(kept(cache))) == (1, 2, 3)


@pytest.mark.parametrize("broken", [b"", b"x", b"x" * 300])
def test_a_broken_file_is_written_anew(cache: Path, broken: bytes) -> None:
    saved_code("text", "a", Compiler(1))
    (path,) = kept(cache)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if broken == b"x" else broken)
    assert eval(saved_code("text", "a", Compiler(1))) == 1
    assert path.read_bytes() == whole


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_keeps_nothing_where_others_may_write(cache: Path, mode: int) -> None:
    cache.chmod(mode)
    compiler = Compiler()
    for _ in range(2):
        saved_code("text", "a", compiler)
    assert compiler.calls == 2
    assert not kept(cache)


def test_keeps_nothing_if_saving_is_off(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    saved_code("text", "a", Compiler())
    assert not kept(cache)


@pytest.mark.usefixtures("cache")
def test_another_release_compiles_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    saved_code("text", "a", Compiler(1))
    monkeypatch.setattr(saving, "_made_by", lambda: b"another")
    assert eval(saved_code("text", "a", Compiler(2))) == 2


def test_what_is_old_goes(cache: Path) -> None:
    saved_code("text", "a", Compiler())
    (old,) = kept(cache)
    for path in (old, cache / "templates" / "cleaned"):
        saving.os.utime(path, (0, 0))
    saving._folder.cache_clear()
    saved_code("text", "b", Compiler())
    assert old not in kept(cache)
    assert len(kept(cache)) == 1


def test_a_template_is_the_same_from_what_was_kept(cache: Path) -> None:
    text = "{% macro m(x) %}{{ x + 1 }}{% endmacro %}{% for i in [1, 2] %}{{ m(i) }}{% endfor %}"
    first = Environment().from_string(text).render()
    from airflow_sqlmodels.templating import environment  # noqa: PLC0415  # as if it were another process

    environment._code.cache_clear()
    assert len(kept(cache)) == 1
    assert Environment().from_string(text).render() == first == "23"
