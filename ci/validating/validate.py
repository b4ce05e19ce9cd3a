"""Validates messages with protovalidate for Python: `validate.py SET CASES`.

SET is a descriptor set. A line of CASES is the full name of a message and values of it in hexadecimal, `-` for an empty
one. For each line one comes out: the name, and a letter for each value: `y` where it is valid, `n` where it is not, `e`
where the rules do not compile or fail; then what the first error said."""

import sys

import protovalidate
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

files = descriptor_pb2.FileDescriptorSet.FromString(open(sys.argv[1], "rb").read())
pool = descriptor_pool.DescriptorPool()
for file in files.file:
    pool.AddSerializedFile(file.SerializeToString())
validator = protovalidate.Validator()

for line in open(sys.argv[2], encoding="utf-8"):
    name, *values = line.split()
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    letters, why = [], ""
    for value in values:
        try:
            message = kind.FromString(bytes.fromhex(value.strip("-")))
            letters.append("n" if validator.collect_violations(message) else "y")
        except Exception as error:  # noqa: BLE001: whatever it is, it is no answer
            letters.append("e")
            why = why or f"{type(error).__name__}: {error}".replace("\n", " ")
    print(name, "".join(letters), why)
