"""Records, the stores that keep them, and the network snapshot built from them."""
