"""What tasks tell, apart from Airflow."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.provider.reporting import level_of
from airflow_sqlmodels.run.result import Result, Status


@pytest.mark.parametrize(
    ("status", "level"),
    [("success", 20), ("pass", 20), ("no-op", 20), ("warn", 30), ("fail", 40), ("error", 40), ("partial success", 40)],
)
def test_what_is_wrong_stands_out_in_the_log(status: Status, level: int) -> None:
    assert level_of(Result(node=NodeId("test.shop.a"), status=status)) == level
