"""Prints the Python modules and stubs of a folder without comments and docstrings. `python3 code.py FOLDER`."""

import ast
import pathlib
import sys

root = pathlib.Path(sys.argv[1])
for path in sorted(root.rglob("*.py*")):
    if path.suffix not in (".py", ".pyi"):
        continue
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                node.body[0] = ast.Pass()
    # What stood for a body of nothing but documentation is nothing.
    print(path.relative_to(root))
    lines = ast.unparse(tree).splitlines()
    print("\n".join(line for line in lines if line.strip() not in ("", "pass", "...")))
