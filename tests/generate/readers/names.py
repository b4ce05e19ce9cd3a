"""Prints the names of generated Python: first folder, tab, module, colon, name, and after another tab the
type of what has one. `python3 names.py FOLDER`."""

import ast
import pathlib
import sys

root = pathlib.Path(sys.argv[1])


def targets(node):
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.Assign):
        return [t.id for t in node.targets if isinstance(t, ast.Name)]
    return []


def stub(say, body, front):
    for node in body:
        if isinstance(node, ast.ClassDef):
            say(front + node.name)
            stub(say, node.body, f"{front}{node.name}.")
        for name in targets(node):
            of = f"\t{ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else ""
            say(front + name + of)


def grpc(say, body):
    for node in body:
        if isinstance(node, ast.FunctionDef):
            say(node.name)
        if not isinstance(node, ast.ClassDef):
            continue
        say(node.name)
        for part in node.body:
            if not isinstance(part, ast.FunctionDef):
                continue
            if part.name != "__init__":
                say(f"{node.name}.{part.name}")
                continue
            for line in ast.walk(part):
                for target in getattr(line, "targets", []):
                    if isinstance(target, ast.Attribute):
                        say(f"{node.name}.{target.attr}")


for path in sorted(root.rglob("*")):
    parts = path.relative_to(root).parts
    if path.name.endswith("_pb2.pyi") or path.name.endswith("_pb2_grpc.py"):
        module = ".".join(parts[1:]).removesuffix(".pyi").removesuffix(".py")
        tree = ast.parse(path.read_text())

        def say(name):
            print(f"{parts[0]}\t{module}:{name}")

        if path.name.endswith(".pyi"):
            stub(say, tree.body, "")
        else:
            grpc(say, tree.body)
