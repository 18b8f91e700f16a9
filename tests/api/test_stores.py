from __future__ import annotations

import pytest

from api.settings import load
from api.stores import open_store, public_url, serving_store
from graph.errors import BadInput
from graph.record_cache import CachedStore
from graph.sqlite import SqliteStore


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://x", "store URL 'mysql://x' has no known scheme; use sqlite:///folder"),
        ("folder", "store URL 'folder' has no known scheme"),
        ("sqlite://folder", "store URL 'sqlite://folder' names no folder; write sqlite:///"),
        ("sqlite:///", "names no folder"),
        ("bolt://host:port", "store URL 'bolt://host:port': its port is no number up to 65535"),
        ("bolt://[::1", "store URL 'bolt://[::1': Invalid IPv6 URL"),
        ("bolt://neo4j:secret@", "the store URL names no host"),
        ("bolt://127.0.0.1:7687", "no password for Neo4j; put it in the store URL, in RENMAI_"),
    ],
)
def test_a_wrong_store_url_is_refused_with_the_remedy(url: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        open_store(load(store=url))

    assert message in str(caught.value)


def test_a_password_in_a_wrong_url_is_not_repeated() -> None:
    with pytest.raises(BadInput) as caught:
        open_store(load(store="blot://neo4j:s3cret@host"))

    assert "s3cret" not in str(caught.value)
    assert "'host' has no known scheme" in str(caught.value)


def test_a_record_cache_stands_before_the_store_unless_it_has_no_memory() -> None:
    kept = serving_store(load(store="sqlite:///x", record_cache_mb=2))

    assert isinstance(kept, CachedStore)
    assert kept.kept.limit == 2 * 2**20
    assert isinstance(serving_store(load(store="sqlite:///x", record_cache_mb=0)), SqliteStore)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("bolt://neo4j:p@ss:w@host:7687", "bolt://neo4j@host:7687"),
        ("neo4j+s://host", "neo4j+s://host"),
        ("sqlite:///folder", "sqlite:///folder"),
    ],
)
def test_the_public_url_has_no_password(url: str, shown: str) -> None:
    assert public_url(url) == shown
