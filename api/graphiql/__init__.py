"""GraphiQL, the query page for people: bundled in static/ and served from our own origin."""

from api.graphiql.serve import page, routes

__all__ = ["page", "routes"]
