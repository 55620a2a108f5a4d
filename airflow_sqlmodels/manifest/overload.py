"""What a function of the warehouse takes and gives. Structs as in `nodes`, for the same reasons."""

from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import Location


class Argument(Struct, frozen=True, kw_only=True):
    """One argument of a function."""

    name: str
    data_type: str
    description: str | None = None
    default_value: Any = None


class Returns(Struct, frozen=True, kw_only=True):
    """What a function returns."""

    data_type: str
    description: str | None = None


class Overload(Struct, frozen=True, kw_only=True):
    """The same function for other arguments; its body stands in a file of its own."""

    defined_in: str
    """The name of that file, without its ending."""
    arguments: tuple[Argument, ...] = ()
    returns: Returns | None = None
    """None: the same as without."""
    description: str | None = None
    raw_body: str = ""
    at: Location
    """The file."""
