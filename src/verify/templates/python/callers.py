"""Calls one method again and again from several callers, wherever its instances are, and counts what comes of it."""

import collections
import json
import threading
import time

import driver

counting = threading.Lock()
answers, failures = collections.Counter(), collections.Counter()


def begin(request):
    import grpc

    try:
        descriptor = driver.method(request["method"])
        value = driver.message(descriptor.input_type.full_name).FromString(bytes.fromhex(request["hex"]))
        options = []
        if "balance" in request:
            # A name is not known to be of this machine, so a proxy of the environment would be asked for it.
            config = json.dumps({"loadBalancingConfig": [{request["balance"]: {}}]})
            options = [("grpc.service_config", config), ("grpc.enable_http_proxy", 0)]
        ask = driver.stub_method(request["method"], grpc.insecure_channel(request["target"], options))
    except Exception as error:
        return {"id": request["id"], "ok": False, "error": f"{type(error).__name__}: {error}"}

    # A client that has not found anybody yet loses no call of a rollout: its callers begin when one call was answered.
    try:
        ask(value, timeout=request["start"] / 1000, wait_for_ready=True)
    except grpc.RpcError:
        pass

    def calls():
        while True:
            try:
                _, made = ask.with_call(value, timeout=driver.PATIENCE, metadata=(("protopact-instance", "1"),))
                who = dict(made.initial_metadata()).get("protopact-instance", "")
                with counting:
                    answers[who] += 1
            except grpc.RpcError as error:
                with counting:
                    failures[f"{error.code().name}: {error.details()}"] += 1
            time.sleep(0.001)

    for _ in range(request["callers"]):
        threading.Thread(target=calls, daemon=True).start()
    return {"id": request["id"], "ok": True}


def tally(request):
    """What has come of the calls since it was last asked for."""
    with counting:
        told = {"id": request["id"], "ok": True, "answers": dict(answers), "errors": dict(failures)}
        answers.clear()
        failures.clear()
    return told


driver.OPS["callers"] = begin
driver.OPS["tally"] = tally

if __name__ == "__main__":
    driver.main()
