"""The built-in macros, as files a template author can read."""
