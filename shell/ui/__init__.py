"""The terminal: the only package that knows prompt_toolkit and rich."""
