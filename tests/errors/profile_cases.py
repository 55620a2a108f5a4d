"""Profiles that are wrong, or lead nowhere, by the name of their golden file."""

from __future__ import annotations

from tests.errors.commands import PASSWORD
from tests.errors.refused_cases import STG, Case

PROFILE = "shop:\n  outputs:\n    dev:\n      type: postgres\n"

CASES: dict[str, Case] = {
    "no_server_at_the_port": Case(STG, fields={"host": "localhost", "port": "1"}),
    "no_server_of_that_name": Case(STG, fields={"host": "no-such-host.invalid"}),
    "no_such_database": Case(STG, fields={"dbname": "wharehouse"}),
    "no_such_role": Case(STG, fields={"user": "nobody_here"}),
    "unknown_adapter": Case(STG, fields={"type": "postgress"}),
    "port_that_is_no_number": Case(STG, fields={"port": "54E32"}),
    "search_path_that_is_a_list": Case(
        {**STG, "profiles.yml": f"{PROFILE}      schema: shop\n      dbname: shop\n      search_path: [one, two]\n"},
        words=("build", "--target", "dev"),
    ),
    "field_missing": Case(STG, fields={"schema": ""}),
    "no_such_profile": Case({**STG, "dbt_project.yml": "name: shop\nprofile: shopp\n"}),
    "no_such_target": Case(STG, words=("build", "--target", "prd")),
    "no_profiles_file": Case(STG, words=("build", "--profiles-dir", "elsewhere")),
    "profile_that_is_no_yaml": Case(
        {**STG, "profiles.yml": f"shop:\n  outputs:\n    dev:\n      user: me\n     password: *{PASSWORD}\n"}
    ),
    "password_like_a_yaml_alias": Case({**STG, "profiles.yml": f"{PROFILE}      password: *{PASSWORD}\n"}),
    "password_like_a_yaml_tag": Case({**STG, "profiles.yml": f"{PROFILE}      password: !{PASSWORD}\n"}),
    "password_with_an_open_quote": Case({**STG, "profiles.yml": f'{PROFILE}      password: "{PASSWORD}\n'}),
    "password_with_a_colon": Case({**STG, "profiles.yml": f"{PROFILE}      password: {PASSWORD}: b: c\n"}),
    "profile_without_an_environment_variable": Case(STG, fields={"host": '{{ env_var("SHOP_HOST_X") }}'}),
    "profile_with_a_secret_like_a_template": Case(STG, fields={"sslpassword": PASSWORD + "{% x"}),
    "profile_with_an_unclosed_template": Case(STG, fields={"host": '{{ env_var("SHOP_HOST_X" }}'}),
}
