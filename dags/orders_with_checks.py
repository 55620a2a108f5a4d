# The models between two tasks of one's own: nothing starts without orders, and money must have been earned.
from airflow.providers.common.sql.operators.sql import SQLCheckOperator
from airflow.sdk import DAG

from airflow_sqlmodels import SqlModelsTaskGroup

with DAG("orders_with_checks", schedule=None, default_args={"owner": "data"}):
    models = SqlModelsTaskGroup("models", project="sql_project", conn_id="warehouse")
    SQLCheckOperator(task_id="orders_arrived", conn_id="warehouse", sql="select count(*) from raw.orders") >> models
    models >> SQLCheckOperator(task_id="revenue", conn_id="warehouse", sql="select sum(revenue) from marts.fct_orders")
