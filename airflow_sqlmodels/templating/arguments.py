"""Arguments of generic tests: values in YAML that may be templates."""

from __future__ import annotations

import re
from typing import Any

_CALLS = re.compile(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$", re.DOTALL)


def rendered_argument(value: Any) -> Any:
    """An argument as a template: a call of ref, source, var… is wrapped in braces; what lies inside likewise."""
    if isinstance(value, str):
        return "{{ " + value + " }}" if _CALLS.match(value) else value
    if isinstance(value, dict):
        return {key: rendered_argument(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rendered_argument(each) for each in value]
    return value
