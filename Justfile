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

# All pages that show what the store holds or the commands print; read the difference.
readme: store
    python docs/make_data_page.py
    python docs/make_examples.py

# Ratios against peers, measured in one run.
bench:
    python benchmarks/startup.py
    python benchmarks/xrd.py
    python benchmarks/paths.py
    python benchmarks/hops.py
    python benchmarks/ordering.py

# Mutants of one package against its tests, in a copy: just mutants calculators/kinetics
mutants package tests=("tests/" + package):
    #!/usr/bin/env bash
    set -euo pipefail
    copy=$(mktemp -d)
    git clone --quiet . "$copy"
    cd "$copy"
    cat >> pyproject.toml << 'TOML'
    [tool.mutmut]
    source_paths = ["src"]
    also_copy = ["CHANGELOG.md", "LICENSE", "README.md", "benchmarks", "cli", "data", "docs"]
    only_mutate = ["src/perovdb/{{ package }}/*"]
    pytest_add_cli_args = ["-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider"]
    pytest_add_cli_args_test_selection = ["{{ replace(tests, ' ', '", "') }}"]
    # Each mutant starts from a process in which no test has filled a cache.
    process_isolation = "forkserver"
    track_dependencies = false
    timeout_multiplier = 4.0
    timeout_constant = 5.0
    TOML
    export PYTHONPATH="$copy/src:$copy/cli" OMP_NUM_THREADS=1
    python -m perovdb.store.build
    mutmut run
    echo "survivors: cd $copy && mutmut results; mutmut show NAME"
