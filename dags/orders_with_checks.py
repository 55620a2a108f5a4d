"""The models between other operators: nothing runs before there are orders, somebody is told afterwards."""
from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.sdk import DAG

from airflow_sqlmodels import SqlModelsTaskGroup
with DAG("orders_with_checks", schedule=None) as dag:
    arrived = SQLCheckOperator(task_id="orders_arrived", conn_id="warehouse", sql="select count(*) from raw.orders")
