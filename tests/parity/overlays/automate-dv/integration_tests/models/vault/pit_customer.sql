{{ config(materialized='pit_incremental') }}
{{ automate_dv.pit(src_pk='customer_pk', as_of_dates_table='as_of', satellites={'sat_customer': {'pk': {'pk': 'customer_pk'}, 'ldts': {'ldts': 'load_at'}}}, stage_tables_ldts={'stg_orders': 'load_at'}, src_ldts='load_at', source_model='hub_customer') }}
