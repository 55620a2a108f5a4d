{{ automate_dv.stage(
    source_model='raw',
    derived_columns={'record_source': '!shop', 'effective_from': 'ordered_on', 'start_date': 'load_at',
                     'end_date': "'9999-12-31'::timestamp"},
    null_columns={'optional': ['phone']},
    hashed_columns={'customer_pk': 'customer_id', 'order_pk': 'order_id', 'order_customer_pk': ['order_id', 'customer_id'],
                    'customer_hashdiff': {'is_hashdiff': true, 'columns': ['name', 'nation', 'phone']}},
    ranked_columns={'load_rank': {'partition_by': 'customer_id', 'order_by': 'load_at', 'dense_rank': true}},
) }}
