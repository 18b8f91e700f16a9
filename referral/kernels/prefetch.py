"""Asking for memory before it is needed: waiting for it is most of what a great graph costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from graph.network.csr import Starts
from referral.kernels.compiling import compiled

AHEAD = 16
"""Short steps of a loop, of some nanoseconds each, that memory takes to come."""

ROWS_AHEAD = 4
"""Rows that are gone through meanwhile."""

BYTE = ir.IntType(8)
READ, KEEP, DATA = (ir.IntType(32)(value) for value in (0, 3, 1))

Emitter = Callable[[Any, Any, Any, Any], Any]


def _prefetch(_: Any, values: types.Array, place: types.Integer) -> tuple[Any, Emitter]:
    """How numba compiles `prefetch`: the signature, and what writes the instructions."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind, index = signature.args
        array = context.make_array(kind)(context, builder, args[0])
        at = context.cast(builder, args[1], index, types.int64 if index.signed else types.uint64)
        stride = cgutils.unpack_tuple(builder, array.strides, kind.ndim)[0]
        first = builder.bitcast(array.data, BYTE.as_pointer())
        address = builder.gep(first, [builder.mul(stride, at)])
        fetch = ir.FunctionType(ir.VoidType(), [first.type, READ.type, KEEP.type, DATA.type])
        wanted = cgutils.get_or_insert_function(builder.module, fetch, "llvm.prefetch.p0")
        builder.call(wanted, [address, READ, KEEP, DATA])
        return context.get_dummy_value()

    return types.void(values, place), emit


prefetch = cast("Callable[[NDArray[Any], Any], None]", intrinsic(_prefetch))
"""In compiled code, `prefetch(values, place)`: values[place] will be wanted soon.

Of a matrix it is the first cell of that row. The core fetches the cache line while it does what
comes before its use. Nothing is read, so a place that does not exist does no harm.
"""


@compiled
def prefetch_row(
    starts: Starts, ids: NDArray[np.integer], nodes: NDArray[np.integer], at: int, end: int
) -> None:
    """The row of a node that comes a few places after nodes[at], among those before `end`.

    First where it begins, and, when that is here, its first entries.
    """
    if at + 2 * ROWS_AHEAD < end:
        prefetch(starts, nodes[at + 2 * ROWS_AHEAD])
        prefetch(ids, starts[nodes[at + ROWS_AHEAD]])
