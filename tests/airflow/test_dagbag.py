"""What the DAG processor makes of DAG files."""

from __future__ import annotations

from tests.airflow.dags import ROOT, read


def test_the_examples_have_no_import_errors() -> None:
    assert read(ROOT / "dags").import_errors == {}
def test_x() -> None:
    bag=read(ROOT / "dags")
    for d in bag.dags.values():
        print(d.dag_id, d.max_active_runs)
        for t in d.tasks: print("  ", t.task_id, t.owner, t.retries, sorted(t.upstream_task_ids))
        def show(g, n):
            for k, c in g.children.items():
                if hasattr(c, "children"):
                    print(" "*n, k, c.group_display_name); show(c, n+2)
        show(d.task_group, 4)
    assert 0
