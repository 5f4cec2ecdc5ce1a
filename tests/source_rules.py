"""The house rules of CONTRIBUTING.md as functions from a parsed module to complaints, so that tests can aim them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Rule = Callable[[ast.Module, str], Iterator[str]]

MODULE_LINES = 400
FUNCTION_LINES = 80
BODY_LINES = {"forward": 40, "execute": 25}  # without the docstring
RECIPE_LINES = 15
ARGUMENTS = 8
NODE_INPUTS = 10  # of a node's execute, which has an argument for each input
DOCSTRING_LINES = 5
MEASURING = ("sora_core/world/", "sora_core/evals/")  # they segment frames; polarity is a matter of the canvas
FORBIDDEN_STEMS = {"utils", "util", "helpers", "helper", "common", "misc", "ops", "samplers", "hooks"}
FORBIDDEN_CALLS = {"eval", "exec", "os.system", "os.popen", "pickle.load", "pickle.loads", "marshal.loads"}
FORBIDDEN_MODULES = {"pickle", "dill", "cloudpickle", "marshal"}
FORBIDDEN_WORDS = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every def in the module, nested ones too."""
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a plain attribute chain, else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := dotted(node.value)):
        return f"{head}.{node.attr}"
    return ""


def functions_are_short(tree: ast.Module, path: str) -> Iterator[str]:
    for function in functions(tree):
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > FUNCTION_LINES:
            yield f"{function.name} has {lines} lines, at most {FUNCTION_LINES}"
        cap = BODY_LINES.get(function.name)
        if cap and (name_applies(function.name, path) and body_lines(function) > cap):
            yield f"{function.name} has {body_lines(function)} lines, at most {cap}"


def name_applies(function: str, path: str) -> bool:
    """`execute` is capped where it is a node's; `forward` everywhere."""
    return function != "execute" or path.startswith(("nodes/", "headless/"))


def recipes_are_short(tree: ast.Module, path: str) -> Iterator[str]:
    if path == "sora_core/canvas/abilities.py":
        for function in functions(tree):
            if body_lines(function) > RECIPE_LINES:
                yield f"recipe {function.name} has {body_lines(function)} lines, at most {RECIPE_LINES}"


def arguments_are_few(tree: ast.Module, path: str) -> Iterator[str]:
    for function in functions(tree):
        spec = function.args
        named = [a.arg for a in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
        count = len(named) + bool(spec.vararg) + bool(spec.kwarg) - (named[:1] in (["self"], ["cls"]))
        cap = NODE_INPUTS if function.name == "execute" and path.startswith("nodes/") else ARGUMENTS
        if count > cap:
            yield f"{function.name} takes {count} arguments, at most {cap}"


def modules_introduce_themselves(tree: ast.Module, path: str) -> Iterator[str]:
    lines = (ast.get_docstring(tree) or "").splitlines()
    if not 1 <= len(lines) <= DOCSTRING_LINES:
        yield f"the module docstring has {len(lines)} lines, 1 to {DOCSTRING_LINES} are wanted"


def exceptions_are_not_swallowed(tree: ast.Module, path: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        broad = node.type is None or dotted(node.type) in ("Exception", "BaseException")
        idle = all(isinstance(s, ast.Pass | ast.Continue) or is_ellipsis(s) for s in node.body)
        if broad and idle:
            yield f"line {node.lineno}: swallows every exception"


def is_ellipsis(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def nothing_runs_foreign_code(tree: ast.Module, path: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (f"line {node.lineno}: imports {n}" for n in names if n.split(".")[0] in FORBIDDEN_MODULES)
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in FORBIDDEN_CALLS:
                yield f"line {node.lineno}: calls {name}"
            if name == "torch.load" and not any(k.arg == "weights_only" and is_true(k.value) for k in node.keywords):
                yield f"line {node.lineno}: torch.load without weights_only=True"


def is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def core_has_no_modes_and_no_masks(tree: ast.Module, path: str) -> Iterator[str]:
    if not path.startswith("sora_core/") or path.startswith(MEASURING):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and bad_name(node.arg):
            yield f"line {node.lineno}: argument {node.arg}"
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and bad_name(node.target.id):
            yield f"line {node.lineno}: field {node.target.id}"
        elif isinstance(node, ast.Name | ast.Attribute) and dotted(node).split(".")[-1] == "Literal":
            yield f"line {node.lineno}: Literal; use an Enum, a class or a function"


def bad_name(name: str) -> bool:
    return name in ("mode", "mask", "noise_mask") or name.endswith("_mode") or name.startswith("optional_")


RULES: tuple[Rule, ...] = (
    functions_are_short,
    recipes_are_short,
    arguments_are_few,
    modules_introduce_themselves,
    exceptions_are_not_swallowed,
    nothing_runs_foreign_code,
    core_has_no_modes_and_no_masks,
)


def text_complaints(text: str) -> Iterator[str]:
    """What the text alone shows: length, ASCII, notes to self."""
    lines = text.splitlines()
    if len(lines) > MODULE_LINES:
        yield f"{len(lines)} lines, at most {MODULE_LINES}"
    for number, line in enumerate(lines, 1):
        if not line.isascii():
            yield f"line {number}: not ASCII"
        yield from (f"line {number}: {word}" for word in FORBIDDEN_WORDS if word in line)


def complaints(text: str, path: str) -> list[str]:
    """Everything that one module at `path` (relative, with slashes) does against the rules."""
    stem = path.rsplit("/", 1)[-1].removesuffix(".py")
    found = [f"no file may be called {stem}.py"] if stem in FORBIDDEN_STEMS else []
    tree = ast.parse(text, filename=path)
    return [*found, *text_complaints(text), *(bad for rule in RULES for bad in rule(tree, path))]
