"""A model with wrong SQL fails, is repaired and cleared: it and what stands behind it run again, nothing else."""

from __future__ import annotations

from tests.live.ask import Live
from tests.live.scenes import ABOVE, BELOW, REPAIRED


def test_a_repaired_model_and_what_is_behind_it_run_again(stack: Live) -> None:
    """Siblings go on without it; after the repair one clear by REST brings exactly its own branch to its end."""
    run = stack.runs["retried"]
    assert run.end() == "failed"
    first = run.tasks()
    assert run.states() == dict.fromkeys(ABOVE, "success") | dict.fromkeys(BELOW, "upstream_failed") | {
        "orders.run": "failed"
    }
    assert tables(stack, "retried") == ["customers", "stg_customers", "stg_orders"]

    (stack.dags / "shop" / "models" / "orders.sql").write_text(REPAIRED)
    cleared = run.clear("orders.run", include_downstream=True, only_failed=False)
    assert cleared == sorted(("orders.run", *BELOW))
    assert run.end() == "success"

    again = run.tasks()
    assert set(run.states().values()) == {"success"}
    for task_id in ABOVE:
        assert (again[task_id]["start_date"], again[task_id]["try_number"]) == (first[task_id]["start_date"], 1)
    assert again["orders.run"]["try_number"] == 2
    assert "amount * 2 as double" in again["orders.run"]["rendered_fields"]["compiled_sql"]
    assert stack.query("select id, double from retried.orders order by id") == [(1, 20), (2, 40), (3, 60)]
    assert stack.query("select name, double from retried.overview") == [("Ann", 120)]


def tables(stack: Live, schema: str) -> list[str]:
    """The tables of a schema."""
    found = stack.query(f"select tablename from pg_tables where schemaname = '{schema}' order by 1")
    return [name for (name,) in found]
