"""The whole project as a DAG: one task for each model, its tests behind it, arrows from the SQL."""

from airflow_sqlmodels import SqlModelsDag

dag = SqlModelsDag(
    "customer_orders", project="sql_project", conn_id="warehouse", schedule="@daily", default_args={"owner": "data"}
)
