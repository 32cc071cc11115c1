# The same steps as in .ci/run, one by one.

# Everything that CI runs.
ci:
    bash .ci/run

# Tests.
test:
    pytest

# Hostile inputs, kills, full disks: all campaigns, and their figures into docs/reliability.md.
attack:
    python -m tests.attack --write

# Lint, format, types, import contract.
check:
    ruff check .
    ruff format --check .
    mypy
    lint-imports

# Put the code in shape.
format:
    ruff check --fix .
    ruff format .

# Rebuild the store of an editable install after an edit in data/.
store:
    python -m perovdb.store.build

# Ratios against peers, measured in one run.
bench:
    python benchmarks/startup.py
    python benchmarks/xrd.py
    python benchmarks/paths.py
    python benchmarks/hops.py
    python benchmarks/ordering.py
