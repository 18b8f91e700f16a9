"""Runs operations level by level, from plans compiled once.

Every field of the schema is an attribute of its parent or a batched relation, so a query is a
tree of levels. A level is a relation at its place in the query, for all of its parents at once:
one call gives what it holds for them, one generated function makes the answer's part from it.

The words of these modules: a result goes into a slot, the dict that stands for its parent in the
answer; a surprise is a value that the generated function does not handle; switches are the
variables in @skip and @include; to watch is to look at the clock inside long lists.

In the order of reading, the door first; HTTP, which knocks at it, is `api.http`:

    executor    an operation's text in, data and errors out
    documents   the texts that came, parsed and validated once, with their costs and plans
    aside       a thread for what would hold the event loop: long texts, many values
    cost        the most records that an operation may bring
    costing     makes that bound from the schema and the operation
    plan        an operation as a tree of levels
    arguments   what a level's relation is called with
    plain       variables and arguments that are taken as they are
    generate    a level's plan as a Python function
    leaves      how that function checks and shows numbers, texts, enums ...
    run         runs a plan: calls, levels side by side
    ahead       reads several levels by one call, where the store says that this costs less
    ready       JSON kept with the pages it shows
    complete    redoes a level step by step where the generated function was surprised
    failures    errors, and the nulls they leave
    clock       the deadline, and turns for others
    core        graphql-core's executor, for what has no plan, with that clock
    events      subscriptions: an event is answered as a query is
    parts       answers in parts, by @defer and @stream
    streaming   lists with @stream
    counters    what became of the operations

What has no plan is run by graphql-core with the same relations (`schema.loading`).
"""

from schema.execution.counters import Counters
from schema.execution.executor import Executor, Mode

__all__ = ["Counters", "Executor", "Mode"]
