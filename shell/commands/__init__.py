"""The commands: each takes the session and typed arguments, and returns a result."""
