"""A reader who leaves stops nothing, nor one who was never there; a file that cannot be written is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import exit_code
from airflow_sqlmodels.cli.unread import Unread
from tests.cli.projects import write_project

START = "from airflow_sqlmodels.cli.main import main; main()"


class Left:
    """A stream whose reader has left."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    def isatty(self) -> bool:
        return False


def test_what_nobody_takes_is_dropped() -> None:
    stream = Unread(Left())  # type: ignore[arg-type]  # all that is asked of it
    assert stream.isatty() is False
    assert stream.write("one") == 3
    stream.writelines(["two"])
    stream.flush()


def test_a_stream_that_only_flushing_shows_to_be_closed() -> None:
    stream = Unread(Left())  # type: ignore[arg-type]
    stream.flush()
    assert stream.write("one") == 3


@pytest.mark.parametrize("ending", ["| true", ">&-", "2>&-", "<&-"])
def test_the_command_goes_on_to_its_end(ending: str, tmp_path: Path) -> None:
    root = write_project(tmp_path)
    words = (sys.executable, "-c", f'"{START}"', "parse", "--project-dir", str(root), ending)
    line = " ".join(words)
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, check=False, timeout=60)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert (root / "target/manifest.json").is_file()


def test_a_target_folder_that_is_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path, target="")
    assert exit_code(["parse", "--project-dir", str(root)]) == 2
    said = "".join(capsys.readouterr())
    assert "Encountered an error:\nRuntime Error\n" in said.replace("\x1b[31m", "").replace("\x1b[0m", "")
    assert str(root / "target") in said
    assert "Traceback" not in said
