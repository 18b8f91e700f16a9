"""Runs operations level by level, from plans compiled once.

Every field of the schema is an attribute of its parent or a batched relation, so a query is a
tree of levels: one call gives what a relation holds for all parents at once, one generated
function makes the answer's part from it. In the order of reading:

    documents   the texts that came, parsed and validated once, with their costs and plans
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
    executor    the door: an operation's text in, data and errors out

What has no plan is run by graphql-core with the same relations (`schema.loading`).
"""

from schema.execution.counters import Counters
from schema.execution.executor import Executor, Mode

__all__ = ["Counters", "Executor", "Mode"]
