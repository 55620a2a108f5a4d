"""Packages that a project asks for: what packages.yml says -> which versions -> the folders in dbt_packages.

Nothing of this is imported unless packages are installed.
"""
