#!/usr/bin/env python3
"""Kills a simulated device with SIGKILL in the middle of sales, again and again: what it acknowledged is there after.

    python3 tests/def_power_cuts.py --stelala target/release/stelala --out DIR [--rounds 20]

Leaves journal.jsonl and key.pem for `stelala verify journal`. Exit code 1: something was lost, or is there twice.
"""

import argparse
import atexit
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import serial
from def_host import Issuer, Line, Silence, check, check_quietly, compact, dump, prepare_device, sale, seal_of, sealed_rightly

SERIAL = "DEF-000001"
# Cuts come in this time after the first sale of a round, in seconds.
LATEST_CUT = 0.35


class Simulator:
    def __init__(self, program, folder):
        self.command = [program, "device", "simulate", "--state", folder / "state", "--link", folder / "port", "--serial", SERIAL, "--flash-mib", "2"]
        self.port = folder / "port"
        self.start()
        # Also when a check fails.
        atexit.register(lambda: self.process.kill())

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("listening"):
                return
        check("the simulator starts", False, f"exit code {self.process.wait()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        check("SIGTERM ends it with code 0 and without its link", self.process.wait(5) == 0 and not self.port.is_symlink(), self.process.returncode)


def sell_until_cut(line, numbers, sold):
    """Sells until the power fails; the payload of which nobody knows."""
    while True:
        payload = sale(next(numbers))
        try:
            prepared = line.ask("TXN|PREPARE", payload)
            check_quietly(prepared["status"] == "OK", "PREPARE is accepted", prepared)
            committed = line.ask("TXN|COMMIT", {"nonce": prepared["nonce"]})
            check_quietly(committed["status"] == "OK", "COMMIT is accepted", committed)
            sold.append((payload, seal_of(committed)))
        except (Silence, serial.SerialException, OSError):
            return payload


def resolve(line, payload, sold):
    """As docs/protocol.md, section 6 says: the same payload gets its receipt or a nonce."""
    answer = line.ask("TXN|PREPARE", payload)
    if answer["status"] == "OK":
        committed = line.ask("TXN|COMMIT", {"nonce": answer["nonce"]})
        check_quietly(committed["status"] == "OK", "COMMIT is accepted", committed)
        sold.append((payload, seal_of(committed)))
        return "begun anew"
    check_quietly(answer["code"] == "REPLAY_DETECTED", "nonce or receipt", answer)
    entry = line.ask("QRY|LOG", f"{answer['epoch']}/{answer['invoice_seq']}")["log_entry"]
    sold.append((payload, entry["sealed"]))
    return "had been sealed"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stelala", required=True)
    arguments.add_argument("--out", required=True, type=Path, help="a new folder for state, port and journal")
    arguments.add_argument("--rounds", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    given.out.mkdir(parents=True)
    dice, numbers, sold = random.Random(given.seed), iter(range(1, 1 << 20)), []
    simulator = Simulator(given.stelala, given.out)
    line = Line(str(simulator.port))
    key = prepare_device(line, Issuer(given.stelala, str(given.out / "state" / "authority"), SERIAL), given.out)
    for number in range(given.rounds):
        before = len(sold)
        cut = threading.Timer(dice.uniform(0.01, LATEST_CUT), simulator.kill)
        cut.start()
        in_doubt = sell_until_cut(line, numbers, sold)
        cut.join()
        line.close()
        simulator.start()
        line.open()
        fate = resolve(line, in_doubt, sold)
        for payload, seal in sold[before:]:
            entry = line.ask("QRY|LOG", f"{seal['epoch']}/{seal['invoice_seq']}").get("log_entry", {})
            check_quietly(entry.get("sealed") == seal and entry["payload"] == payload, "what was acknowledged is there", (seal, entry))
            check_quietly(sealed_rightly(key, seal, payload), "a seal is true", seal)
        print(f"     cut {number + 1}: {len(sold) - before - 1} sales before it, the one in doubt {fate}", flush=True)
    seals = [seal["invoice_seq"] for _, seal in sold]
    check(f"{len(seals)} sales over {given.rounds} cuts: numbers without a gap or a double", sorted(seals) == list(range(1, len(seals) + 1)), seals)
    status = line.ask("QRY|STATUS")
    check("and no more than those", (status["next_invoice_seq"], status["corrupt"]) == (len(seals) + 1, None), status)
    lines = dump(line, key)
    (given.out / "journal.jsonl").write_text("".join(compact(entry) + "\n" for entry in lines), encoding="utf-8")
    line.close()
    simulator.stop()


if __name__ == "__main__":
    main()
