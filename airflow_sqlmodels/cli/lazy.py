"""Commands that are imported when they are used: `sqlmodels --help` and `sqlmodels ls` don't wait for drivers.

This is the one place of the package where modules are imported late.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from airflow_sqlmodels.errors import closest


class LazyGroup(click.Group):
    """A group that knows its commands by name, and imports the one that is called."""

    def __init__(self, *args: Any, places: Mapping[str, tuple[str, str]], package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = places
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The names, in the order in which they are listed."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name; None if there is none."""
        if cmd_name not in self._places:
            return None
        module, _, attribute = self._places[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(f"{self._package}.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called. Raises UsageError, with the nearest name, if there is none."""
        if args and args[0] not in self._places:
            hint = closest(args[0], self._places)
            raise click.UsageError(f"no command {args[0]!r}{', ' + hint if hint else ''}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_place, text) in self._places.items()])
