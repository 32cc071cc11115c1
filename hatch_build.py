"""Build hook: make the store from data/ for every wheel and every editable install."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StoreBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from perovdb.store.build import build

        target = root / "src" / "perovdb" / "perovdb.sqlite"
        build(root / "data", target)
        build_data["artifacts"].append("src/perovdb/perovdb.sqlite")
