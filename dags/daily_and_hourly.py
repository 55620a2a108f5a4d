"""One DAG per tag: the orders are fresh every hour, what is summed up per customer once a day."""

from airflow_sqlmodels import SqlModelsDag

for tag in ("hourly", "daily"):
    how = {"select": f"tag:{tag}", "indirect_selection": "buildable", "schedule": f"@{tag}"}
    how["default_args"] = {"owner": "data"}
    globals()[tag] = SqlModelsDag(f"orders_{tag}", project="sql_project", conn_id="warehouse", **how)
