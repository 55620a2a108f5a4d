"""The nouns: what a project is, once it is loaded. Values only; nothing here reads files or renders."""
