"""Makes firmware/barcore/viper_*.py from the hot_*.py beside them: `python tests/support/viper.py`.

What changes: each function gets the decorator, an array becomes a pointer, and a number with a name becomes the number.
A pointer reads 32 bits without their sign, which two shifts give back where a machine word is longer than that.
"""

import ast
from pathlib import Path

CORE = Path(__file__).resolve().parents[2] / "firmware/barcore"
NAMES = ("motion", "drift", "rep", "measure")
HEAD = '''# ruff: noqa
# mypy: ignore-errors
"""The twin of hot_{name} for MicroPython's viper compiler, made from it by tests/support/viper.py: change it there."""
import struct

import micropython

{imports}WIDE = 8 * struct.calcsize("P") - 32  # bits of a word beyond 32


'''


class Viper(ast.NodeTransformer):
    """Rewrites one function; `numbers` are the module's constants by name, `functions` the names that it may call."""

    def __init__(self, numbers: dict[str, int], functions: set[str]) -> None:
        self.numbers, self.functions = numbers, functions
        self.pointers: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.pointers = set()
        for arg in node.args.args:
            assert arg.annotation, f"{node.name}: {arg.arg} has no type"
            if isinstance(arg.annotation, ast.Constant) and arg.annotation.value == "array[int]":
                self.pointers.add(arg.arg)
                arg.annotation = ast.Name("ptr32", ast.Load())
        del node.body[0]  # the docstring
        node.body = self.visit(ast.Module(node.body, [])).body
        if any(isinstance(one, ast.Name) and one.id == "wide" for part in node.body for one in ast.walk(part)):
            node.body.insert(0, ast.parse("wide = int(WIDE)").body[0])
        if isinstance(node.returns, ast.Constant):
            node.returns = None
        node.decorator_list = [ast.parse("micropython.viper", mode="eval").body]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(self.numbers[node.id]) if node.id in self.numbers else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _folded(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        folded = _folded(node)
        if folded is not node or isinstance(node.op, ast.Not):
            return folded
        assert isinstance(node.op, ast.USub)  # which viper forgets now and then (1.28): so subtract
        return ast.BinOp(ast.Constant(0), ast.Sub(), node.operand)

    def visit_Assign(self, node: ast.Assign) -> "ast.AST | list[ast.stmt]":
        self.generic_visit(node)
        target, value = node.targets[0], node.value
        if not isinstance(target, ast.Tuple):
            return node
        assert isinstance(value, ast.Tuple)  # it would be made as an object, so its parts are assigned one by one
        read = {one.id for one in ast.walk(value) if isinstance(one, ast.Name)}
        names = {one.id for one in target.elts if isinstance(one, ast.Name)}
        assert len(names) == len(target.elts) == len(value.elts)
        assert not read & names, f"line {node.lineno}: what is assigned is read in the same line"
        return [ast.Assign([one], part, lineno=0) for one, part in zip(target.elts, value.elts, strict=True)]

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        assert isinstance(node.value, ast.Name)
        assert node.value.id in self.pointers, f"line {node.lineno}: {node.value.id} is no array"
        node.slice = self.visit(node.slice)
        if isinstance(node.ctx, ast.Store):
            return node
        shifted = ast.BinOp(node, ast.LShift(), ast.Name("wide", ast.Load()))
        return ast.BinOp(shifted, ast.RShift(), ast.Name("wide", ast.Load()))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        assert isinstance(node.target, ast.Name), f"line {node.lineno}: write the element twice instead"
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        assert isinstance(node.func, ast.Name)
        self.generic_visit(node)
        if node.func.id in self.functions:  # what a call gives is an object
            return ast.Call(ast.Name("int", ast.Load()), [node], [])
        assert node.func.id == "range", f"line {node.lineno}: {node.func.id} would be called as an object"
        return node


def _folded(node: ast.expr) -> ast.expr:
    operands = [node.left, node.right] if isinstance(node, ast.BinOp) else [getattr(node, "operand", node)]
    if not all(isinstance(one, ast.Constant) for one in operands):
        return node
    return ast.Constant(eval(compile(ast.fix_missing_locations(ast.Expression(node)), "", "eval")))


def twin(name: str, core: Path = CORE) -> str:
    """Return the text of the twin of hot_`name`.py."""
    numbers: dict[str, int] = {}
    for module in ("state", f"hot_{name}"):
        tree = ast.parse((core / f"{module}.py").read_text(encoding="utf-8"))
        assigned = ast.Module([one for one in tree.body if isinstance(one, ast.Assign)], [])
        values: dict[str, object] = dict(numbers)
        exec(compile(assigned, module, "exec"), values)
        numbers.update({key: value for key, value in values.items() if type(value) is int})
    imported = [one for one in tree.body if isinstance(one, ast.ImportFrom) and "hot_" in str(one.module)]
    imports = "".join(ast.unparse(one).replace("hot_", "viper_") + "\n" for one in imported)
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    called = {one.name for one in functions} | {alias.name for one in imported for alias in one.names}
    change = Viper(numbers, called)
    made = [ast.unparse(ast.fix_missing_locations(change.visit(one))) for one in functions]
    return HEAD.format(name=name, imports=imports + "\n" if imports else "") + "\n\n\n".join(made) + "\n"


if __name__ == "__main__":
    for each in NAMES:
        (CORE / f"viper_{each}.py").write_text(twin(each), encoding="utf-8")
