"""Edits, the draft, its difference from the base, and the plan. Pure."""
