"""The shapes of what belongs to dbt's semantic layer, in lists of its own and inside of models."""

from __future__ import annotations

from typing import Any, Final

from airflow_sqlmodels.project.semantic_words import (
    AGGREGATIONS,
    CALCULATIONS,
    DIMENSION_TYPES,
    ENTITY_TYPES,
    GRANULARITIES,
    PERIOD_AGGREGATIONS,
)
from airflow_sqlmodels.project.shape_rules import (
    BOOLEAN,
    MAPPING,
    NUMBER,
    PERIOD,
    TEXT,
    WHOLE,
    Closed,
    Either,
    Maybe,
    Word,
)

_MAYBE_TEXT: Final = Maybe(TEXT)
_CONDITION: Final = Maybe(Either((TEXT, [TEXT])))
_ELEMENT: Final[dict[str, Any]] = {
    **dict.fromkeys(("name", "type"), TEXT),
    **dict.fromkeys(("description", "label"), _MAYBE_TEXT),
    "config": {"meta": MAPPING},
}
"""What entities, dimensions and measures have in common."""
_VALIDITY: Final = Maybe(Closed({"is_start": BOOLEAN, "is_end": BOOLEAN}))

_ENTITY: Final = Closed({**_ELEMENT, "role": _MAYBE_TEXT, "expr": _MAYBE_TEXT}, needs=("type",))
_TIME: Final = Closed(
    {"time_granularity": Word(GRANULARITIES), "validity_params": _VALIDITY}, needs=("time_granularity",)
)
_DIMENSION: Final = Closed(
    {**_ELEMENT, "is_partition": BOOLEAN, "type_params": Maybe(_TIME), "expr": _MAYBE_TEXT}, needs=("type",)
)
_PERCENTILE: Final = Closed(
    {"percentile": Maybe(NUMBER), **dict.fromkeys(("use_discrete_percentile", "use_approximate_percentile"), BOOLEAN)}
)
_ASIDE: Final = Closed(
    {"name": TEXT, "window_choice": Word(AGGREGATIONS), "window_groupings": [TEXT]}, needs=("name", "window_choice")
)
_MEASURE: Final = Closed(
    {
        **{key: shape for key, shape in _ELEMENT.items() if key != "type"},
        "agg": TEXT,
        "expr": Maybe(Either((TEXT, BOOLEAN, WHOLE))),
        "agg_params": Maybe(_PERCENTILE),
        "non_additive_dimension": Maybe(_ASIDE),
        "agg_time_dimension": _MAYBE_TEXT,
        "create_metric": BOOLEAN,
    },
    needs=("name", "agg"),
)
SEMANTIC_MODEL: Final = Closed(
    {
        **dict.fromkeys(("name", "model"), TEXT),
        **dict.fromkeys(("description", "label", "primary_entity"), _MAYBE_TEXT),
        "config": MAPPING,
        "defaults": Maybe(Closed({"agg_time_dimension": _MAYBE_TEXT})),
        "entities": [_ENTITY],
        "dimensions": [_DIMENSION],
        "measures": [_MEASURE],
    },
    needs=("model",),
)

_INPUT: Final[dict[str, Any]] = {"name": TEXT, "filter": _CONDITION, "alias": _MAYBE_TEXT}
_OF_METRIC: Final = Closed({**_INPUT, **dict.fromkeys(("offset_window", "offset_to_grain"), _MAYBE_TEXT)}, ("name",))
_OF_MEASURE: Final = Closed({**_INPUT, "join_to_timespine": BOOLEAN, "fill_nulls_with": Maybe(WHOLE)}, ("name",))
_METRIC: Final = Either((TEXT, _OF_METRIC))
_A_MEASURE: Final = Either((TEXT, _OF_MEASURE))
_PROPERTIES: Final = [
    Closed(dict.fromkeys((_PAIR := ("base_property", "conversion_property")), TEXT), needs=_PAIR),
]
_ANY_METRIC: Final[dict[str, Any]] = {
    **dict.fromkeys(("name", "type", "label", "description"), TEXT),
    "filter": _CONDITION,
    "time_granularity": _MAYBE_TEXT,
    "config": MAPPING,
}
_CONVERSION: Final = Closed(
    {
        **dict.fromkeys(("base_measure", "conversion_measure"), _A_MEASURE),
        **dict.fromkeys(("entity", "calculation"), TEXT),
        "window": _MAYBE_TEXT,
        "constant_properties": Maybe(_PROPERTIES),
    },
    needs=("base_measure", "conversion_measure", "entity"),
)
_CUMULATIVE: Final = Closed({**dict.fromkeys(("window", "grain_to_date"), _MAYBE_TEXT), "period_agg": TEXT})
OLDER_METRIC: Final = Closed(
    {
        **_ANY_METRIC,
        "meta": MAPPING,
        "tags": [TEXT],
        "type_params": Closed(
            {
                "measure": Maybe(_A_MEASURE),
                **dict.fromkeys(("numerator", "denominator"), Maybe(_METRIC)),
                "expr": Maybe(Either((TEXT, BOOLEAN))),
                **dict.fromkeys(("window", "grain_to_date"), _MAYBE_TEXT),
                "metrics": Maybe([_METRIC]),
                "conversion_type_params": Maybe(_CONVERSION),
                "cumulative_type_params": Maybe(_CUMULATIVE),
            }
        ),
    },
)
"""A metric with `type_params`."""
METRIC: Final = Closed(
    {
        **_ANY_METRIC,
        "label": _MAYBE_TEXT,
        "hidden": BOOLEAN,
        **dict.fromkeys(("agg", "percentile_type", "agg_time_dimension", "window", "grain_to_date"), _MAYBE_TEXT),
        **dict.fromkeys(("entity", "calculation"), _MAYBE_TEXT),
        "period_agg": TEXT,
        "percentile": Maybe(NUMBER),
        "join_to_timespine": Maybe(BOOLEAN),
        "fill_nulls_with": Maybe(WHOLE),
        "expr": Maybe(Either((TEXT, WHOLE))),
        "non_additive_dimension": Maybe(
            Closed({"name": TEXT, "window_agg": TEXT, "group_by": [TEXT]}, needs=("name", "window_agg"))
        ),
        **dict.fromkeys(
            ("input_metric", "numerator", "denominator", "base_metric", "conversion_metric"), Maybe(_METRIC)
        ),
        "input_metrics": Maybe([_METRIC]),
        "constant_properties": Maybe(_PROPERTIES),
    }
)
"""One that says all beside its name."""

_SHIFTED: Final = Maybe(Either((TEXT, {"offset_window": Maybe(PERIOD)})))
MADE_METRIC: Final = {
    **{"window": Maybe(PERIOD), "grain_to_date": Maybe(Word(GRANULARITIES))},
    **dict.fromkeys(("numerator", "denominator"), _SHIFTED),
    "metrics": Maybe([_SHIFTED]),
    "conversion_type_params": Maybe(
        {
            **{"window": Maybe(PERIOD), "calculation": Word(CALCULATIONS)},
            **dict.fromkeys(("base_metric", "conversion_metric"), _SHIFTED),
        }
    ),
    "metric_aggregation_params": {
        "agg": Word(AGGREGATIONS),
        "non_additive_dimension": Maybe({"window_choice": Word(AGGREGATIONS)}),
    },
}
"""Both in one form, as far as the words in it matter."""
MADE_CUMULATIVE: Final = {
    **MADE_METRIC,
    "cumulative_type_params": {"window": Maybe(PERIOD), "period_agg": Word(PERIOD_AGGREGATIONS), "metric": _SHIFTED},
}
"""The same for a cumulative one."""

SAVED_QUERY: Final = Closed(
    {
        "name": TEXT,
        **dict.fromkeys(("description", "label"), _MAYBE_TEXT),
        "config": MAPPING,
        "tags": Either((TEXT, [TEXT])),
        "query_params": Closed(
            {**{key: [TEXT] for key in ("metrics", "group_by", "order_by")}, "where": _CONDITION, "limit": Maybe(WHOLE)}
        ),
        "exports": [Closed({"name": TEXT, "config": MAPPING}, needs=("name",))],
    },
    needs=("query_params",),
)

_IN_COLUMN: Final = {**_ELEMENT, "name": _MAYBE_TEXT}
_ENTITY_TYPE: Final = Word(ENTITY_TYPES)
_DIMENSION_TYPE: Final = Word(DIMENSION_TYPES)
OF_COLUMNS: Final[dict[str, Any]] = {
    "granularity": Maybe(Word(GRANULARITIES)),
    "entity": Maybe(Either((_ENTITY_TYPE, Closed({**_IN_COLUMN, "type": _ENTITY_TYPE}, needs=("type",))))),
    "dimension": Maybe(
        Either(
            (
                _DIMENSION_TYPE,
                Closed(
                    {
                        **{**_IN_COLUMN, "type": _DIMENSION_TYPE},
                        "is_partition": BOOLEAN,
                        "validity_params": _VALIDITY,
                    },
                    needs=("type",),
                ),
            )
        )
    ),
}
"""What a column says of itself for the semantic model of its model."""
OF_MODELS: Final[dict[str, Any]] = {
    "time_spine": Maybe(
        Closed(
            {
                "standard_granularity_column": TEXT,
                "custom_granularities": [Closed({"name": TEXT, "column_name": _MAYBE_TEXT}, needs=("name",))],
            },
            needs=("standard_granularity_column",),
        )
    ),
    "semantic_model": Maybe(
        Either(
            (
                BOOLEAN,
                Closed(
                    {
                        **dict.fromkeys(("name", "group"), _MAYBE_TEXT),
                        "enabled": BOOLEAN,
                        "config": Maybe(Closed({"meta": MAPPING})),
                    }
                ),
            )
        )
    ),
    **dict.fromkeys(("agg_time_dimension", "primary_entity"), _MAYBE_TEXT),
    "metrics": Maybe([METRIC]),
    "derived_semantics": Maybe(
        Closed(
            {
                "entities": [Closed({**_ELEMENT, "name": _MAYBE_TEXT, "expr": TEXT}, needs=("type", "expr"))],
                "dimensions": [
                    Closed(
                        {
                            **_ELEMENT,
                            **{"expr": TEXT, "granularity": _MAYBE_TEXT, "is_partition": BOOLEAN},
                            "validity_params": _VALIDITY,
                        },
                        needs=("name", "type", "expr"),
                    )
                ],
            }
        )
    ),
}
"""What a model says of itself as a semantic model, its metrics included."""
