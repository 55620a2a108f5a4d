"""One Jinja for everything: the environment, dbt's block tags, and what a template may call."""
