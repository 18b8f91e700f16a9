from __future__ import annotations

import pytest

from api.http import JSON, RESPONSE_JSON, HttpError, negotiate


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", RESPONSE_JSON),
        ("application/graphql-response+json, application/json", RESPONSE_JSON),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.5, application/graphql-response+json", RESPONSE_JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("*/*, application/graphql-response+json;q=0", JSON),
        ("application/graphql-response+json;q=0.5, application/*", JSON),
        ("application/json, */*", JSON),
        ("application/json;q=0, */*", RESPONSE_JSON),
        ("application/*;q=0.1, */*", RESPONSE_JSON),
        ("*/*", RESPONSE_JSON),
        ("application/*; q=0.1", RESPONSE_JSON),
        ("text/html, application/json;q=0.9, */*;q=0.8", JSON),
    ],
)
def test_the_answer_is_of_the_type_the_client_likes_best(accept: str | None, media: str) -> None:
    assert negotiate(accept) == media


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/json;q=0",
        "application/json;q=x",
        "multipart/mixed",
        "application/*;q=0, */*",
    ],
)
def test_a_client_that_takes_no_json_is_refused(accept: str) -> None:
    with pytest.raises(HttpError) as caught:
        negotiate(accept)

    assert caught.value.status == 406
    assert "also beside multipart/mixed" in str(caught.value)
