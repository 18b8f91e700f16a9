"""Search: candidates from the full-text index, ranked as every store ranks them."""

from __future__ import annotations

from collections.abc import Sequence

from graph.compiling import record_kind
from graph.model import record_info
from graph.model.codec import decoder
from graph.neo4j_store.connection import Connection
from graph.neo4j_store.names import kind_of, loaded, projections
from graph.neo4j_store.schema import SEARCH_INDEX, searchable
from graph.neo4j_store.search import index_query
from graph.searching import normalise, score
from graph.store import SearchHit

CANDIDATES = 2_000
"""Records ranked at most; the index gives the likely ones first."""

_CANDIDATES = (
    f"CALL db.index.fulltext.queryNodes('{SEARCH_INDEX}', $query, {{limit: $limit}}) YIELD node "
    "WHERE node.tenantId = $tenant "
    "RETURN collect([{kind}, node.key, node.searchTerms, elementId(node)]) AS found"
)


async def search(
    connection: Connection, tenant: str, text: str, kinds: Sequence[str], first: int
) -> list[SearchHit]:
    """Records whose terms hold the text, best first, ties by kind and key."""
    wanted = [kind for kind in dict.fromkeys(kinds) if record_kind(kind).name in searchable()]
    query = normalise(text)
    if not query or not wanted or first <= 0:
        return []
    (found,) = await connection.read(
        _CANDIDATES.replace("{kind}", kind_of("node", searchable())),
        {
            "query": index_query(tenant, wanted, query),
            "limit": max(CANDIDATES, first),
            "tenant": tenant,
        },
    )
    scored = [(score(query, terms), kind, key, at) for kind, key, terms, at in found]
    best = sorted((s for s in scored if s[0] > 0), key=lambda s: (-s[0], s[1], s[2]))[:first]
    return await _hits(connection, [(points, at) for points, _, _, at in best])


async def _hits(connection: Connection, best: Sequence[tuple[float, str]]) -> list[SearchHit]:
    if not best:
        return []
    kinds = [record_info(kind) for kind in searchable()]
    (rows,) = await connection.read(
        "UNWIND $ids AS id MATCH (n) WHERE elementId(n) = id "
        f"WITH id, {', '.join(loaded(kinds, 'n'))} "
        f"RETURN collect([id, nKind, {projections(kinds, 'n')}]) AS rows",
        {"ids": [at for _, at in best]},
    )
    nodes = {at: decoder(kind)(values) for at, kind, values in rows}
    return [SearchHit(nodes[at], points) for points, at in best if at in nodes]
