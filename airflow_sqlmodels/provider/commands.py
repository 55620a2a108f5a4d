"""`airflow sqlmodels …`: the `sqlmodels` command under Airflow's own. Airflow imports this at each of its starts."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, lazy_load_command

_argument: Any = Arg  # it has no types


def get_cli_commands() -> list[Any]:
    """One command that hands everything behind it to `sqlmodels`."""
    return [
        ActionCommand(
            name="sqlmodels",
            help="Load, compile, build and test SQL models; the same as the command `sqlmodels`",
            func=lazy_load_command("airflow_sqlmodels.provider.commands.run"),
            args=(
                _argument(
                    ("arguments",), nargs=argparse.REMAINDER, help="as for sqlmodels: parse, ls, build --select …"
                ),
            ),
        )
    ]


def run(args: argparse.Namespace) -> None:
    """Hand over. Ends the process with the command's own exit code."""
    from airflow_sqlmodels.cli.main import exit_code  # noqa: PLC0415  # Airflow imports this at each of its starts

    sys.exit(exit_code(args.arguments))
