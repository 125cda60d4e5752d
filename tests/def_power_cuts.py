#!/usr/bin/env python3
"""Cuts a device's power with SIGKILL in the middle of sales, again and again: what it acknowledged is there after.

    python3 tests/def_power_cuts.py --stelala target/release/stelala --out DIR [--board simulate|qemu] [--rounds 20 | --minutes 60]

The same DIR again goes on with the same device: sales.jsonl there has every sale whose seal was received. Each run ends
with a dump of the whole journal, which has each of them once, and leaves journal.jsonl and key.pem for `stelala verify
journal`. A device that is nearly full is followed by a new one, in DIR/2, DIR/3 and so on. Exit code 1: something was lost,
or is there twice.
"""

import argparse
import atexit
import json
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
LATEST_CUT = {"simulate": 0.35, "qemu": 0.6}
# A device that lasts: the journal of QEMU's board takes all of its flash.
SIZE = {"simulate": ["--flash-mib", "8"], "qemu": []}


class Device:
    def __init__(self, program, board, folder, more):
        self.command = [program, "device", board, "--state", folder / "state", "--link", folder / "port", "--serial", SERIAL, *SIZE[board], *more]
        self.port = folder / "port"
        self.start()
        # Also when a check fails.
        atexit.register(lambda: self.process.kill())

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("listening"):
                return
        check("the device starts", False, f"exit code {self.process.wait()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        check("SIGTERM ends it with code 0 and without its link", self.process.wait(60) == 0 and not self.port.is_symlink(), self.process.returncode)


class Sales:
    """What was sold, payload and seal, in a file that the next run goes on with."""

    def __init__(self, path):
        self.path = path
        self.known = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
        self.file = path.open("a", encoding="utf-8")

    def add(self, payload, seal):
        self.known.append([payload, seal])
        self.file.write(compact([payload, seal]) + "\n")
        self.file.flush()

    def since(self, count):
        return self.known[count:]

    def __len__(self):
        return len(self.known)


def sell_until_cut(line, numbers, sales):
    """Sells until the power fails; the payload of which nobody knows."""
    while True:
        payload = sale(next(numbers))
        try:
            prepared = line.ask("TXN|PREPARE", payload)
            check_quietly(prepared["status"] == "OK", "PREPARE is accepted", prepared)
            committed = line.ask("TXN|COMMIT", {"nonce": prepared["nonce"]})
            check_quietly(committed["status"] == "OK", "COMMIT is accepted", committed)
            sales.add(payload, seal_of(committed))
        except (Silence, serial.SerialException, OSError):
            return payload


def resolve(line, payload, sales):
    """As docs/protocol.md, section 6 says: the same payload gets its receipt or a nonce."""
    answer = line.ask("TXN|PREPARE", payload)
    if answer["status"] == "OK":
        committed = line.ask("TXN|COMMIT", {"nonce": answer["nonce"]})
        check_quietly(committed["status"] == "OK", "COMMIT is accepted", committed)
        sales.add(payload, seal_of(committed))
        return "begun anew"
    check_quietly(answer["code"] == "REPLAY_DETECTED", "nonce or receipt", answer)
    entry = line.ask("QRY|LOG", f"{answer['epoch']}/{answer['invoice_seq']}")["log_entry"]
    sales.add(payload, entry["sealed"])
    return "had been sealed"


def cut_and_look(device, line, key, numbers, sales, delay):
    """One cut, and what became of the sales before it; the fate of the one in doubt."""
    before = len(sales)
    cut = threading.Timer(delay, device.kill)
    cut.start()
    in_doubt = sell_until_cut(line, numbers, sales)
    cut.join()
    line.close()
    device.start()
    line.open()
    fate = resolve(line, in_doubt, sales)
    for payload, seal in sales.since(before):
        entry = line.ask("QRY|LOG", f"{seal['epoch']}/{seal['invoice_seq']}").get("log_entry", {})
        check_quietly(entry.get("sealed") == seal and entry["payload"] == payload, "what was acknowledged is there", (seal, entry))
        check_quietly(sealed_rightly(key, seal, payload), "a seal is true", seal)
    return fate


def compare(sales, entries):
    """Every sale is in the journal, under its seal's record, and no other sale is."""
    journal = {entry["record"]: entry["payload"] for entry in entries}
    lost = [seal["invoice_seq"] for payload, seal in sales.since(0) if journal.get(seal["record"]) != payload]
    check(f"{len(sales)} acknowledged sales are in the journal, byte for byte", not lost, lost)
    sold = {payload for payload, _ in sales.since(0)}
    strangers = [payload for payload in journal.values() if payload.startswith('{"merchant_nif"') and payload not in sold]
    check("and no sale that nobody made", not strangers, strangers[:3])


class Campaign:
    """Cuts of one device, until there were enough or its flash is nearly full."""

    def __init__(self, given, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.given, self.folder, self.sales = given, folder, Sales(folder / "sales.jsonl")
        self.numbers = iter(range(len(self.sales) + 1, 1 << 40))
        self.device = Device(given.stelala, given.board, folder, given.more)
        self.line = Line(str(self.device.port))
        self.key = prepare_device(self.line, Issuer(given.stelala, str(folder / "state" / "authority"), SERIAL), folder)

    def is_full(self):
        return self.line.ask("QRY|STATUS")["storage"]["free_bytes"] < 1 << 20

    def cut(self, delay):
        return cut_and_look(self.device, self.line, self.key, self.numbers, self.sales, delay)

    def end(self):
        seals = sorted(seal["invoice_seq"] for _, seal in self.sales.since(0))
        check(f"{len(seals)} sales: numbers without a gap or a double", seals == list(range(1, len(seals) + 1)), seals)
        status = self.line.ask("QRY|STATUS")
        check("and no more than those", (status["next_invoice_seq"], status["corrupt"]) == (len(seals) + 1, None), status)
        entries = dump(self.line, self.key)
        compare(self.sales, entries)
        (self.folder / "journal.jsonl").write_text("".join(compact(entry) + "\n" for entry in entries), encoding="utf-8")
        self.line.close()
        self.device.stop()


def folder_of(out, number):
    return out if number == 1 else out / str(number)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stelala", required=True)
    arguments.add_argument("--out", required=True, type=Path, help="the folder for state, port, sales and journal; one of an earlier run goes on")
    arguments.add_argument("--board", choices=LATEST_CUT, default="simulate")
    arguments.add_argument("--rounds", type=int, default=20)
    arguments.add_argument("--minutes", type=float, help="cut for so long, instead of so many rounds")
    arguments.add_argument("--seed", type=int, help="of the moments of the cuts; else any")
    arguments.add_argument("--quiet", action="store_true", help="say of every tenth cut only")
    arguments.add_argument("more", nargs="*", help="what else the device is started with, after --")
    given = arguments.parse_args()
    dice, number = random.Random(given.seed), 1
    while folder_of(given.out, number + 1).exists():
        number += 1
    campaign = Campaign(given, folder_of(given.out, number))
    begun, known, sold, fates = time.monotonic(), len(campaign.sales), 0, []
    while (time.monotonic() - begun < given.minutes * 60) if given.minutes else (len(fates) < given.rounds):
        if len(fates) % 20 == 0 and campaign.is_full():
            campaign.end()
            sold, known, number = sold + len(campaign.sales) - known, 0, number + 1
            campaign = Campaign(given, folder_of(given.out, number))
        before = len(campaign.sales)
        fates.append(campaign.cut(dice.uniform(0.01, LATEST_CUT[given.board])))
        if not given.quiet or len(fates) % 10 == 0:
            print(f"     cut {len(fates)}: {len(campaign.sales) - before - 1} sales before it, the one in doubt {fates[-1]}", flush=True)
    seconds = time.monotonic() - begun
    campaign.end()
    sold += len(campaign.sales) - known
    sealed = fates.count("had been sealed")
    print(f"{given.board}: {len(fates)} cuts in {seconds:.0f} s, {sold} sales, {sealed} in doubt had been sealed, 0 violations")


if __name__ == "__main__":
    main()
