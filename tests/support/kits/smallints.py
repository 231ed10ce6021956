"""Loads barcore with every sum, product and shift watched, to prove that no small int of a board becomes a big one."""

import ast
import importlib
import importlib.abc
import importlib.util
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from barhold.image import firmware_files

MOST = 1 << 30


class Watcher(ast.NodeTransformer):
    """Wraps each binary operation of a module in a call that looks at its result."""

    def __init__(self, room: str) -> None:
        self.room = room

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        where = ast.Constant(f"{self.room}:{node.lineno}")
        return ast.copy_location(ast.Call(ast.Name("_watch", ast.Load()), [node, where], []), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        whole = ast.Assign([node.target], self.visit(ast.BinOp(target, node.op, node.value, lineno=node.lineno)))
        return ast.copy_location(whole, node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        for arg in node.args.args:
            arg.annotation = None
        self.generic_visit(node)
        return node


class WatchedLoader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds barcore's modules and runs them with every operation watched."""

    def __init__(self, overflows: dict[str, int]) -> None:
        self.overflows = overflows
        self.folder: Path = firmware_files.folder() / "barcore"

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        return importlib.util.spec_from_loader(name, self) if name.startswith("barcore.") else None

    def exec_module(self, module: types.ModuleType) -> None:
        room = module.__name__.split(".")[1]
        tree = Watcher(room).visit(ast.parse((self.folder / f"{room}.py").read_text()))
        module.__dict__["_watch"] = self.watch
        exec(compile(ast.fix_missing_locations(tree), room, "exec"), module.__dict__)

    def watch(self, value: object, where: str) -> object:
        if type(value) is int and not -MOST <= value < MOST:
            self.overflows[where] = max(self.overflows.get(where, 0), abs(value))
        return value


@contextmanager
def watched_barcore() -> Iterator[dict[str, int]]:
    """Within it `import barcore...` gives watched modules; yields a dict that fills with {room:line: worst value}."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "barcore"}
    overflows: dict[str, int] = {}
    loader = WatchedLoader(overflows)
    package = types.ModuleType("barcore")
    package.__path__ = []
    sys.modules["barcore"] = package
    sys.meta_path.insert(0, loader)
    try:
        yield overflows
    finally:
        sys.meta_path.remove(loader)
        for name in [n for n in sys.modules if n.split(".")[0] == "barcore"]:
            del sys.modules[name]
        sys.modules.update(kept)
