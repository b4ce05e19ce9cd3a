"""Runs the protoc of grpcio-tools for each line, a JSON list of arguments, and says its exit code. What takes time is the
start of Python. `python3 protoc.py FOLDER`, where FOLDER holds grpcio-tools."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from grpc_tools import protoc

for line in sys.stdin:
    print(protoc.main(["protoc", *json.loads(line)]), flush=True)
