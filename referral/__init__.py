"""What the numbers mean: one analytic a module, pure functions over a network snapshot."""
