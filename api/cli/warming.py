"""The command that compiles the analytics' kernels ahead of their first use."""

from __future__ import annotations

import typer

from api.caches import keep_kernels
from api.cli.session import settings_for


def warm() -> None:
    """Compile what the analytics run on, so that no first question has to wait for it."""
    keep_kernels(settings_for(None, None))
    from referral.kernels.warming import warm as compile_kernels
    from referral.trades.warming import warm as compile_trades

    typer.echo(f"compiled in {compile_kernels() + compile_trades():.1f} s")
