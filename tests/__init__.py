"""The tests: one folder for each package, contract suites beside them."""
