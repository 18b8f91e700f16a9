"""What is asked of each server: the same questions, in the words of its schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FIELDS = "key name sex region birthday birthdayCalendar hobbies revision createdAt updatedAt"

CONTACT = f"query ($key: String!) {{ contact(key: $key) {{ {FIELDS} }} }}"
PEER_CONTACT = f"""query ($key: String!) {{
  contact: people(where: {{key: {{eq: $key}}}}) {{ {FIELDS} }} }}"""

NETWORK = """query ($key: String!) { contact(key: $key) { key name
  ties(first: 20, orderBy: [{since: DESC}]) { totalCount edges { since kind node { key name
    affiliations(first: 3, filter: {kind: {eq: WORKS_AT}}, orderBy: [{since: ASC}]) {
      edges { since node { key name kind } } }
    ties(first: 20, orderBy: [{since: DESC}]) { edges { since kind node { key name
      affiliations(first: 3, filter: {kind: {eq: WORKS_AT}}, orderBy: [{since: ASC}]) {
        edges { since node { key name } } } } } } } } } } }"""
_TIES = "tiesConnection(first: 20, sort: [{edge: {since: DESC}}, {edge: {key: ASC}}])"
_WORK = """affiliations: affiliationsConnection(
  first: 3, sort: [{edge: {since: ASC}}, {edge: {key: ASC}}])"""
PEER_NETWORK = f"""query ($key: String!) {{
  contact: people(where: {{key: {{eq: $key}}}}) {{ key name
  ties: {_TIES} {{ totalCount edges {{ properties {{ since kind }} node {{ key name
    {_WORK} {{ edges {{ properties {{ since }} node {{ key name kind }} }} }}
    ties: {_TIES} {{ edges {{ properties {{ since kind }} node {{ key name
      {_WORK} {{ edges {{ properties {{ since }} node {{ key name }} }} }} }} }} }}
  }} }} }} }} }}"""

LIST = """{ contacts(first: 100, orderBy: [{name: ASC}],
    filter: {sex: {eq: FEMALE}, birthdayCalendar: {eq: SOLAR}}) {
  edges { node { key name sex region birthday birthdayCalendar revision createdAt } } } }"""
PEER_LIST = """{ contacts: people(limit: 100, sort: [{name: ASC}, {key: ASC}],
    where: {sex: {eq: "FEMALE"}, birthdayCalendar: {eq: "SOLAR"}}) {
  key name sex region birthday birthdayCalendar revision createdAt } }"""

MEMORY = """query ($key: String!) { contact(key: $key) { name ties(first: 20) { totalCount
  edges { kind since node { key name region ties(first: 20) { totalCount edges { kind node {
    key name region sex affiliations(first: 1) { edges { title node { name kind } } }
  } } } } } } } }"""

TINY = "{ __typename }"
ANALYTIC = "{ networkStatistics { version } }"


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of request.

    Attributes:
        name: what the table calls it.
        ours, peer: the documents.
        keyed: whether it asks about one contact, another one each time.
        same: brings a peer's `data` to the shape of ours.
    """

    name: str
    ours: str
    peer: str
    keyed: bool = True
    same: Callable[[Any], Any] = lambda data: data


def as_ours(data: Any) -> Any:
    """An answer of @neo4j/graphql in the shape of ours."""
    if isinstance(data, list):
        return [as_ours(item) for item in data]
    if not isinstance(data, dict):
        return data
    shown = {key: as_ours(value) for key, value in data.items() if key != "properties"}
    return {**data.get("properties", {}), **shown}


def _one(data: Any) -> Any:
    return {"contact": as_ours(data["contact"])[0]}


def _listed(data: Any) -> Any:
    return {"contacts": {"edges": [{"node": node} for node in data["contacts"]]}}


WORKS = (
    Work("one contact, 10 fields", CONTACT, PEER_CONTACT, same=_one),
    Work("2-hop network", NETWORK, PEER_NETWORK, same=_one),
    Work("list of 100", LIST, PEER_LIST, keyed=False, same=_listed),
)
IN_MEMORY = Work("2-hop network, in memory", MEMORY, MEMORY)
_REACH = "query ($key: String!) { referralReach(kind: CONTACT, key: $key) { count depth } }"
REACH = Work("reach of a referrer, from the snapshot", _REACH, _REACH)
TYPENAME = Work("{ __typename }", TINY, TINY, keyed=False)
