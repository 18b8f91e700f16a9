"""Mutations, derived from the records: a new record gets its own by itself."""

from schema.mutations.fields import fields

__all__ = ["fields"]
