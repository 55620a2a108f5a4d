{{ automate_dv.link(src_pk='order_customer_pk', src_fk=['order_pk', 'customer_pk'], src_ldts='load_at', src_source='record_source', source_model='stg_orders') }}
