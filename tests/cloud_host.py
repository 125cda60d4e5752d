#!/usr/bin/env python3
"""A client of the cloud that shares no code with it: two processes over one PostgreSQL and one HSM serve the same outlet.

    crates/ledger/tests/with_postgres python3 tests/cloud_host.py --stelala target/release/stelala --out DIR

It makes a token in SoftHSM, starts both processes, sells at them in turn and at once, loses an answer, repeats, rotates the
key, kills a process, and checks every seal, number and link itself. Exit code 1: something was not as it should be.
"""

import argparse
import atexit
import concurrent.futures
import glob
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from def_host import check, sale, sealed_rightly, unbase64

OUTLET, NIF, PREFIX = "KIN-GOMBE-01", "A2301457K", "KING"
CANONICAL = "application/vnd.stelala.canonical+json"


class Cloud:
    """One process, and connections to it."""

    def __init__(self, stelala, config, environment):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {**environment, "STELALA_HTTP_LISTEN": f"127.0.0.1:{self.port}"}
        command = [stelala, "cloud", "run", "--config", str(config)]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        check(f"process {self.process.pid} listens", "listening" in self.process.stdout.readline())

    def ready(self):
        for _ in range(600):
            status, _ = self.ask("GET", "/readyz")
            if status == 200:
                return
            time.sleep(0.1)
        check("the process is ready", False)

    def ask(self, method, path, body=None, key=None, api_key=""):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        if body is not None:
            headers["Content-Type"] = CANONICAL
        if key:
            headers["Idempotency-Key"] = key
        line.request(method, path, body and body.encode(), headers)
        answer = line.getresponse()
        text = answer.read()
        line.close()
        return answer.status, json.loads(text) if text[:1] in (b"{", b"[") else text


def soft_hsm(out):
    modules = [*glob.glob("/usr/lib/softhsm/libsofthsm2.so"), *glob.glob("/usr/lib/*/softhsm/libsofthsm2.so")]
    check("SoftHSM is installed", bool(modules), "apt install softhsm2")
    (out / "tokens").mkdir()
    conf = out / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {out}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    environment = {**os.environ, "SOFTHSM2_CONF": str(conf), "STELALA_PIN": "2718281828"}
    command = ["softhsm2-util", "--init-token", "--free", "--label", "stelala", "--pin", "2718281828"]
    subprocess.run([*command, "--so-pin", "3141592653"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return modules[0], environment


def configure(stelala, out, environment, module):
    config, secret = out / "cloud.toml", out / "access.key"
    secret.touch(0o600)
    secret.write_text(os.urandom(32).hex() + "\n")
    config.write_text(
        f'[database]\npostgres = "{os.environ["STELALA_TEST_POSTGRES"]}"\nallow_single_server = true\n'
        f'[signer]\nkind = "pkcs11"\nid = "HSM-01"\nmodule = "{module}"\ntoken = "stelala"\n'
        f'[ledger]\nheads = "{out}/heads.jsonl"\n[access]\nsecret_file = "{secret}"\n'
    )
    run = lambda *words: subprocess.run([stelala, *words, "--config", str(config)], env=environment, check=True)
    run("cloud", "rotate-key")
    run("cloud", "outlet", "add", "--id", OUTLET, "--nif", NIF, "--prefix", PREFIX)
    # It asks more often than a till.
    key_new = [stelala, "cloud", "key", "new", "--outlet", OUTLET, "--per-second", "100000", "--burst", "100000"]
    made = subprocess.run([*key_new, "--config", str(config)], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return config, made.stdout.strip(), run


def key_id(seal):
    return unbase64(seal["record"])[18 + len(seal["device_id"]) :][:8].hex()


def keys_of(cloud):
    _, document = cloud.ask("GET", "/.well-known/fiscal-keys.json")
    load = serialization.load_der_public_key
    return {key["id"]: load(unbase64(key["public_key"])) for key in document["keys"] if key["use"] == "seal"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stelala", required=True)
    parser.add_argument("--out", required=True, type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True)
    out, stelala = asked.out.resolve(), asked.stelala
    module, environment = soft_hsm(out)
    config, api_key, run = configure(stelala, out, environment, module)
    clouds = [Cloud(stelala, config, environment) for _ in range(2)]
    for cloud in clouds:
        cloud.ready()
    numbers, seals = itertools.count(1), {}

    def sell(cloud, payload=None, key=None):
        which = next(numbers)
        payload = payload or sale(which, f"CAISSE-{which}")
        key = key or f"till-{which:08}"
        status, answer = cloud.ask("POST", "/api/v1/invoices", payload, key, api_key)
        if status in (200, 201):
            seals[answer["invoice_seq"]] = (payload, answer)
        return status, answer, payload, key

    for round_ in range(10):
        status, answer, *_ = sell(clouds[round_ % 2])
        check(f"sale {round_ + 1} at process {round_ % 2 + 1} is number {round_ + 1}", status == 201 and answer["invoice_seq"] == round_ + 1, answer)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda at: sell(clouds[at % 2]), range(200)))
    check("200 sales at both processes at once are sealed", all(status == 201 for status, *_ in answers))

    status, first, payload, key = sell(clouds[0])
    again = clouds[1].ask("POST", "/api/v1/invoices", payload, key, api_key)
    check("the same key at the other process gets the same seal", again == (200, first), again)
    status, problem = clouds[1].ask("POST", "/api/v1/invoices", payload, "another-key", api_key)
    check("another key is a replay that names the number", (status, problem["code"]) == (409, "REPLAY_DETECTED"), problem)
    status, problem = clouds[0].ask("POST", "/api/v1/invoices", sale(9_999, "CAISSE-9"), key, api_key)
    check("the same key with another payload is refused", (status, problem["code"]) == (409, "IDEMPOTENCY_KEY_REUSED"), problem)
    status, found = clouds[1].ask("GET", f"/api/v1/invoices?outlet_id={OUTLET}&idempotency_key={key}", api_key=api_key)
    check("a lost answer is found by its key", status == 200 and [one["record"] for one in found["invoices"]] == [first["record"]], found)
    status, found = clouds[0].ask("GET", f"/api/v1/invoices?outlet_id={OUTLET}&idempotency_key=never-used", api_key=api_key)
    check("a key that was never used finds none", (status, found) == (200, {"invoices": []}), found)

    run("cloud", "rotate-key")
    for _ in range(240):
        time.sleep(0.5)
        _, answer, *_ = sell(clouds[0])
        if len({key_id(seal) for _, seal in seals.values()}) == 2:
            break
    check("another key took over", {key_id(seal) for _, seal in seals.values()} == set(keys_of(clouds[0])))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(sell, clouds[at % 2]) for at in range(300)]
        time.sleep(0.3)
        clouds[1].process.send_signal(signal.SIGKILL)
        in_doubt = 0
        for done in waiting:
            try:
                done.result()
            except (OSError, http.client.HTTPException):
                in_doubt += 1
    clouds[1].process.wait()
    print(f"     process 2 was killed with {in_doubt} sales in doubt", flush=True)
    for which in range(1, next(numbers)):
        key = f"till-{which:08}"
        status, found = clouds[0].ask("GET", f"/api/v1/invoices?outlet_id={OUTLET}&idempotency_key={key}", api_key=api_key)
        if status != 200 or len(found["invoices"]) > 1:
            check("the fate of each sale is known", False, found)
        for sealed in found["invoices"]:
            if sealed["invoice_seq"] not in seals:
                _, sealed = clouds[0].ask("GET", f"/api/v1/invoices/{sealed['fiscal_number']}", api_key=api_key)
                seals[sealed["invoice_seq"]] = (sealed.pop("payload"), sealed)
    check("numbers have no gap", sorted(seals) == list(range(1, len(seals) + 1)), sorted(seals)[-5:])

    keys = keys_of(clouds[0])
    for number, (payload, seal) in sorted(seals.items()):
        if not sealed_rightly(keys[key_id(seal)], seal, payload):
            check(f"number {number} is sealed rightly", False, seal)
    check(f"{len(seals)} seals are right, verified here", True)
    by_position = {seal["position"]: seal for _, seal in seals.values()}
    links = [(by_position[at - 1], seal) for at, seal in by_position.items() if at - 1 in by_position]
    check(f"{len(links)} of them name the one before", all(before["record_hash"] == seal["previous_hash"] for before, seal in links))
    clouds[0].process.send_signal(signal.SIGTERM)
    check("SIGTERM ends in good order", clouds[0].process.wait(30) == 0)
    print("two processes, one HSM, one PostgreSQL: one line of numbers")


if __name__ == "__main__":
    main()
