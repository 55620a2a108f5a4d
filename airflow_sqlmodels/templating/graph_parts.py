"""What `graph` consists of in templates; what else is in it was put there by macros."""

from collections.abc import Mapping

PARTS: Mapping[str, tuple[str, ...]] = {
    "exposures": ("exposure",),
    "functions": ("function",),
    "groups": (),
    "metrics": ("metric",),
    "nodes": ("model", "snapshot", "analysis", "test", "seed", "operation"),
    "sources": ("source",),
    "semantic_models": ("semantic_model",),
    "saved_queries": ("saved_query",),
    "unit_tests": ("unit_test",),
}
"""The parts, with the kinds of nodes in each."""
