{{ automate_dv.hub(src_pk='order_pk', src_nk='order_id', src_ldts='load_at', src_source='record_source', source_model='stg_orders') }}
