"""GraphQL over HTTP (https://graphql.github.io/graphql-over-http/), as a thin ASGI application.

In the order of reading:

    media       which media type an answer has
    requests    the operation in a request
    presence    stops the work for a client that is gone
    writing     how an answer and the server speak of the connection
    events      answers one by one, as server-sent events
    parts       an answer in parts, as multipart/mixed
    sockets     events over a WebSocket
    endpoint    a request in, an answer out

The connection itself, with uvicorn's protocol, is `api.server` and `api.arrival`.
No request or response object stands between the server and the executor: they cost more than a
small query does.
"""

from api.http.endpoint import Endpoint
from api.http.events import Streaming
from api.http.media import HTML, JSON, RESPONSE_JSON, HttpError, negotiate
from api.http.requests import GraphQLRequest
from api.http.sockets import Rules, Sockets
from api.http.writing import ABORT, LEAVE, WHOLE

__all__ = [
    "ABORT",
    "HTML",
    "JSON",
    "LEAVE",
    "RESPONSE_JSON",
    "WHOLE",
    "Endpoint",
    "GraphQLRequest",
    "HttpError",
    "Rules",
    "Sockets",
    "Streaming",
    "negotiate",
]
