"""The one query that gives all that hangs on a table or view, as JSON: what publishing must carry over or refuse.

Sources for the catalogs and their letters: postgresql.org/docs/current/catalogs.html. Fields that some of Postgres 13
to 18 lack are read through `to_jsonb`, which gives null for them. Names inside definitions are written as the session's
own search_path sees them, so they mean the same when the session says them again.
"""

from __future__ import annotations

import functools


@functools.cache
def attached_query() -> str:
    """SQL that gives (schema, name, JSON) for those of the two relations that exist.

    It has no parameters, so that the server makes one plan for a connection: planning takes longer than running it.
    """
    return (
        f"with recursive {_WANTED},\n{_ABOVE}\n"
        f"select c.nspname, c.relname, json_strip_nulls(json_build_object({_parts(_RELATION | _TABLE)}))::text\n"
        "from wanted c cross join lateral (select c.oid) root"
    )


def _parts(parts: dict[str, str]) -> str:
    return ",\n".join(f"'{key}', {text.strip()}" for key, text in parts.items())


NAMES = ("sqlmodels.schema_1", "sqlmodels.name_1", "sqlmodels.schema_2", "sqlmodels.name_2")
"""The settings in which the names stand."""

_GIVEN = [f"current_setting('{name}')::name" for name in NAMES]

_WANTED = f"""wanted as (
    select c.*, n.nspname
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where (n.nspname, c.relname) in (({_GIVEN[0]}, {_GIVEN[1]}), ({_GIVEN[2]}, {_GIVEN[3]}))
        and c.relkind in ('r', 'p', 'f', 'v', 'm')
)"""

# a view's select rule (ev_type 1) depends on what the view reads; a view that reads itself recursively is left out
_ABOVE = """above (root, oid, level) as (
    select w.oid, r.ev_class, 1
    from wanted w
    join pg_catalog.pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = w.oid
    join pg_catalog.pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    where r.ev_type = '1' and r.ev_class <> w.oid
    union
    select a.root, r.ev_class, a.level + 1
    from above a
    join pg_catalog.pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = a.oid
    join pg_catalog.pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    where r.ev_type = '1' and r.ev_class <> a.oid
)"""

_GRANTS = """(select json_agg(json_build_array(
        case when g.grantee = 0 then null else pg_get_userbyid(g.grantee) end, g.privilege_type, g.is_grantable)
        order by g.grantee, g.privilege_type)
    from aclexplode({acl}) g where g.grantee <> c.relowner)"""

_COLUMN = {
    "name": "a.attname",
    "type": "format_type(a.atttypid, a.atttypmod)",
    "collation": "nullif(a.attcollation, t.typcollation)::bigint",
    "not_null": "a.attnotnull",
    "comment": "col_description(c.oid, a.attnum)",
    "default": """case when a.attgenerated = '' then (select pg_get_expr(f.adbin, f.adrelid)
        from pg_catalog.pg_attrdef f where f.adrelid = c.oid and f.adnum = a.attnum) end""",
    "identity": "a.attidentity <> ''",
    "statistics": "nullif((to_jsonb(a) ->> 'attstattarget')::int, -1)",
    "storage": "case when a.attstorage <> t.typstorage then a.attstorage end",
    "options": "a.attoptions",
    "grants": _GRANTS.format(acl="a.attacl"),
}

_COLUMNS = f"""(select json_agg(json_build_object({_parts(_COLUMN)}) order by a.attnum)
    from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)"""

_INDEX = {
    "name": "x.relname",
    # what stands behind the names: "using btree (id)"
    "tail": """substr(pg_get_indexdef(i.indexrelid), length('CREATE ' || case when i.indisunique then 'UNIQUE ' else ''
        end || 'INDEX ' || quote_ident(x.relname) || ' ON ' || quote_ident(c.nspname) || '.' || quote_ident(c.relname)
        || ' ') + 1)""",
    "unique": "i.indisunique",
    "method": "(select m.amname from pg_catalog.pg_am m where m.oid = x.relam)",
    # the plain columns; null if there is more to it, so that the config could not have asked for it
    "columns": """case when i.indexprs is null and i.indpred is null and i.indnatts = i.indnkeyatts then
        (select json_agg(a.attname order by k.place)
        from unnest(i.indkey::smallint[]) with ordinality k (number, place)
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number) end""",
    "uses": """(select json_agg(distinct a.attname) from pg_catalog.pg_depend d
        join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = c.oid
            or d.classid = 'pg_constraint'::regclass and d.objid = q.oid and d.refobjid = c.oid)""",
    "valid": "i.indisvalid",
    "clustered": "i.indisclustered",
    "replica_identity": "i.indisreplident",
    "comment": "obj_description(i.indexrelid, 'pg_class')",
    "constraint": "q.conname",
    "constraint_kind": "q.contype",
    "constraint_def": "pg_get_constraintdef(q.oid)",
}

_INDEXES = f"""(select json_agg(json_build_object({_parts(_INDEX)}) order by x.relname)
    from pg_catalog.pg_index i
    join pg_catalog.pg_class x on x.oid = i.indexrelid
    left join pg_catalog.pg_constraint q
        on q.conindid = i.indexrelid and q.conrelid = c.oid and q.contype in ('p', 'u', 'x')
    where i.indrelid = c.oid)"""

_TRIGGERS = """(select json_agg(json_build_object('name', t.tgname, 'definition', pg_get_triggerdef(t.oid),
        'enabled', t.tgenabled) order by t.tgname)
    from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)"""

_RULES = """(select json_agg(json_build_object('name', r.rulename, 'definition', pg_get_ruledef(r.oid),
        'enabled', r.ev_enabled) order by r.rulename)
    from pg_catalog.pg_rewrite r where r.ev_class = c.oid and r.ev_type <> '1')"""

_LABELS = """(select json_agg(json_build_array(l.provider, l.label, (select a.attname from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum = l.objsubid and l.objsubid > 0)))
    from pg_catalog.pg_seclabel l where l.classoid = 'pg_class'::regclass and l.objoid = c.oid)"""

_RELATION = {
    "schema": "c.nspname",
    "name": "c.relname",
    "oid": "c.oid::bigint",
    "kind": "c.relkind",
    "owner": "pg_get_userbyid(c.relowner)",
    "ours": "pg_has_role(c.relowner, 'USAGE')",
    "comment": "obj_description(c.oid, 'pg_class')",
    "options": "c.reloptions",
    "granted": "c.relacl is not null",
    "grants": _GRANTS.format(acl="c.relacl"),
    "columns": _COLUMNS,
    "indexes": _INDEXES,
    "triggers": _TRIGGERS,
    "rules": _RULES,
    "labels": _LABELS,
}

_VIEWS = f"""(select json_agg(json_build_object({_parts(_RELATION)},
        'level', up.level, 'direct', up.direct, 'definition', rtrim(pg_get_viewdef(c.oid), '; '),
        'populated', c.relispopulated,
        'defaults', (select json_agg(distinct case when g.grantee = 0 then null else pg_get_userbyid(g.grantee) end)
            from pg_catalog.pg_default_acl d cross join lateral aclexplode(d.defaclacl) g
            where d.defaclobjtype = 'r' and pg_get_userbyid(d.defaclrole) = current_user and g.grantee <> d.defaclrole
                and d.defaclnamespace in (0, c.relnamespace)),
        'uses', (select json_agg(distinct a.attname)
            from pg_catalog.pg_rewrite r
            join pg_catalog.pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
            join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where r.ev_class = c.oid and r.ev_type = '1' and d.refclassid = 'pg_class'::regclass
                and d.refobjid = root.oid and d.refobjsubid > 0),
        'reads', (select json_agg(distinct d.refobjid::bigint)
            from pg_catalog.pg_rewrite r
            join pg_catalog.pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
            where r.ev_class = c.oid and r.ev_type = '1' and d.refclassid = 'pg_class'::regclass
                and d.refobjid <> c.oid)) order by up.level, c.oid)
    from (select u.oid, max(u.level) as level, bool_or(u.level = 1) as direct
        from above u where u.root = root.oid group by u.oid) up
    join (select v.*, n.nspname from pg_catalog.pg_class v join pg_catalog.pg_namespace n on n.oid = v.relnamespace) c
        on c.oid = up.oid)"""

_CONSTRAINTS = """(select json_agg(json_build_object('name', q.conname, 'kind', q.contype,
        'definition', pg_get_constraintdef(q.oid), 'uses', (select json_agg(a.attname)
            from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any (q.conkey)),
        'comment', obj_description(q.oid, 'pg_constraint')) order by q.conname)
    from pg_catalog.pg_constraint q where q.conrelid = c.oid and q.contype in ('c', 'f'))"""

_POLICIES = """(select json_agg(json_build_object('name', p.polname, 'permissive', p.polpermissive, 'command', p.polcmd,
        'roles', (select json_agg(case when r = 0 then null else pg_get_userbyid(r) end) from unnest(p.polroles) r),
        'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
        order by p.polname)
    from pg_catalog.pg_policy p where p.polrelid = c.oid)"""

# the view pg_publication_tables tells row filter and columns since Postgres 15
_PUBLICATIONS = """(select json_agg(json_build_object('name', b.pubname, 'filter', to_jsonb(v) ->> 'rowfilter',
        'columns', case when (to_jsonb(pr) ->> 'prattrs') is not null then to_jsonb(v) -> 'attnames' end)
        order by b.pubname)
    from pg_catalog.pg_publication_rel pr
    join pg_catalog.pg_publication b on b.oid = pr.prpubid
    left join pg_catalog.pg_publication_tables v
        on v.pubname = b.pubname and v.schemaname = c.nspname and v.tablename = c.relname
    where pr.prrelid = c.oid)"""

_STATISTICS = """(select json_agg(json_build_object('name', s.stxname, 'schema', n.nspname,
        'uses', (select json_agg(distinct a.attname) from pg_catalog.pg_depend d
            join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where d.classid = 'pg_statistic_ext'::regclass and d.objid = s.oid and d.refobjid = c.oid),
        'definition', substr(pg_get_statisticsobjdef(s.oid),
            length('CREATE STATISTICS ' || quote_ident(n.nspname) || '.' || quote_ident(s.stxname)) + 1,
            length(pg_get_statisticsobjdef(s.oid))
            - length('CREATE STATISTICS ' || quote_ident(n.nspname) || '.' || quote_ident(s.stxname))
            - length(' FROM ' || c.oid::regclass::text))) order by s.stxname)
    from pg_catalog.pg_statistic_ext s join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
    where s.stxrelid = c.oid)"""

_REFERENCED = """(select json_agg(json_build_object('name', q.conname, 'table', q.conrelid::regclass::text,
        'definition', pg_get_constraintdef(q.oid), 'ours', pg_has_role(r.relowner, 'USAGE'), 'kind', r.relkind)
        order by q.conname)
    from pg_catalog.pg_constraint q join pg_catalog.pg_class r on r.oid = q.conrelid
    where q.confrelid = c.oid and q.contype = 'f' and q.conrelid <> c.oid and q.conparentid = 0)"""

# what else would keep it from being dropped: functions, rules and policies of others, columns of its row type
_OTHERS = """(select json_agg(distinct pg_describe_object(d.classid, d.objid, d.objsubid))
    from pg_catalog.pg_depend d
    where d.deptype = 'n'
        and ((d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid)
            or (d.refclassid = 'pg_type'::regclass and d.refobjid in (
                select t.oid from pg_catalog.pg_type t where t.typrelid = c.oid
                union all select t.typarray from pg_catalog.pg_type t where t.typrelid = c.oid)))
        and not (d.classid = 'pg_class'::regclass and d.objid = c.oid)
        and not exists (select from pg_catalog.pg_rewrite r
            where d.classid = 'pg_rewrite'::regclass and r.oid = d.objid and (r.ev_type = '1' or r.ev_class = c.oid))
        and not exists (select from pg_catalog.pg_constraint q
            where d.classid = 'pg_constraint'::regclass and q.oid = d.objid and c.oid in (q.conrelid, q.confrelid))
        and not exists (select from pg_catalog.pg_policy p
            where d.classid = 'pg_policy'::regclass and p.oid = d.objid and p.polrelid = c.oid)
        and not exists (select from pg_catalog.pg_trigger t
            where d.classid = 'pg_trigger'::regclass and t.oid = d.objid and t.tgrelid = c.oid)
        and not exists (select from pg_catalog.pg_attrdef f
            where d.classid = 'pg_attrdef'::regclass and f.oid = d.objid and f.adrelid = c.oid)
        and not exists (select from pg_catalog.pg_publication_rel pr
            where d.classid = 'pg_publication_rel'::regclass and pr.oid = d.objid and pr.prrelid = c.oid)
        and not exists (select from pg_catalog.pg_inherits h
            where d.classid = 'pg_class'::regclass and h.inhrelid = d.objid and h.inhparent = c.oid))"""

_TABLE = {
    "session": "pg_backend_pid()",
    "views": _VIEWS,
    "constraints": _CONSTRAINTS,
    "policies": _POLICIES,
    "row_security": "c.relrowsecurity",
    "force_row_security": "c.relforcerowsecurity",
    "publications": _PUBLICATIONS,
    "replica_identity": "c.relreplident",
    "extended_statistics": _STATISTICS,
    "toast_options": "(select o.reloptions from pg_catalog.pg_class o where o.oid = c.reltoastrelid)",
    "tablespace": "(select s.spcname from pg_catalog.pg_tablespace s where s.oid = c.reltablespace)",
    "method": "(select m.amname from pg_catalog.pg_am m where m.oid = c.relam)",
    "referenced_by": _REFERENCED,
    "parents": """(select json_agg(h.inhparent::regclass::text)
        from pg_catalog.pg_inherits h where h.inhrelid = c.oid)""",
    "children": """(select json_agg(h.inhrelid::regclass::text)
        from pg_catalog.pg_inherits h where h.inhparent = c.oid)""",
    "sequences": """(select json_agg(json_build_object(
            'name', s.oid::regclass::text, 'column', a.attname, 'identity', d.deptype = 'i') order by s.oid)
        from pg_catalog.pg_depend d
        join pg_catalog.pg_class s on d.classid = 'pg_class'::regclass and s.oid = d.objid and s.relkind = 'S'
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
        where d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype in ('a', 'i'))""",
    "extension": """(select e.extname from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')""",
    "others": _OTHERS,
}
