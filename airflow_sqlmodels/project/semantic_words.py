"""The words that dbt's semantic layer knows: types of what it is made of, aggregations, granularities of time."""

from typing import Final

ENTITY_TYPES: Final = ("foreign", "natural", "primary", "unique")
DIMENSION_TYPES: Final = ("categorical", "time")
METRIC_TYPES: Final = ("simple", "ratio", "cumulative", "derived", "conversion")
AGGREGATIONS: Final = (
    *("sum", "min", "max", "count", "count_distinct", "sum_boolean"),
    *("average", "percentile", "median"),
)
GRANULARITIES: Final = (
    *("nanosecond", "microsecond", "millisecond", "second", "minute", "hour"),
    *("day", "week", "month", "quarter", "year"),
)
CALCULATIONS: Final = ("conversions", "conversion_rate")
PERIOD_AGGREGATIONS: Final = ("first", "last", "average")
