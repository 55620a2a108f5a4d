{{ automate_dv.ref_table(src_pk='nation', src_extra_columns=['long_name'], source_model='nations') }}
