"""Calls `shop.v1.Shop/Which` at the target that is named, from four threads, until its input ends. For each line of its
input it prints what has come of the calls since the last one: how many, by answer, and the errors."""

import collections
import json
import sys
import threading
import time

import grpc

channel = grpc.insecure_channel(sys.argv[1])
which = channel.unary_unary("/shop.v1.Shop/Which")
lock = threading.Lock()
answers, errors, done = collections.Counter(), collections.Counter(), False


def call():
    while not done:
        try:
            # A message with one field, the name.
            answer = which(b"", timeout=30, wait_for_ready=True)[2:].decode()
            with lock:
                answers[answer] += 1
        except grpc.RpcError as e:
            with lock:
                errors[f"{e.code()}: {e.details()}"[:300]] += 1
        time.sleep(0.001)


threads = [threading.Thread(target=call) for _ in range(4)]
for thread in threads:
    thread.start()
for _ in sys.stdin:
    with lock:
        print(json.dumps({"answers": answers, "errors": errors}), flush=True)
        answers.clear()
        errors.clear()
done = True
for thread in threads:
    thread.join()
