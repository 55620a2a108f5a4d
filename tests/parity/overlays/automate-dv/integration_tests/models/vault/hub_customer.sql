{{ automate_dv.hub(src_pk='customer_pk', src_nk='customer_id', src_ldts='load_at', src_source='record_source', source_model='stg_orders') }}
