"""The calls in templates that load a project for: what they are told is part of the node."""

from __future__ import annotations

CAPTURED = ("ref", "source", "function", "metric", "config")
"""Calls that say something about the node itself."""

OVERRIDDEN = ("ref", "source", "config")
"""With macros of these names, dbt renders every template."""
