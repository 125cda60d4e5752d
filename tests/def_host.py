#!/usr/bin/env python3
"""A host written from docs/protocol.md and docs/formats.md alone, with pyserial and `cryptography`: a day with a device.

    python3 tests/def_host.py PORT --stelala target/release/stelala --keys STATE/authority --out DIR

It binds the device when that is new, sells, loses an answer, closes the day and reads the journal, checking every seal
itself; it leaves journal.jsonl and key.pem for `stelala verify journal`. Exit code 1: something was not as it should be.
"""

import argparse
import base64
import calendar
import hashlib
import itertools
import json
import secrets
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import serial
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

STX, ETX, RS = b"\x02", b"\x03", b"\x1e"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NIF, OUTLET, PREFIX = "A2301457K", "KIN-GOMBE-01", "KING"


def check(what, holds, found=""):
    print(f"{'ok   ' if holds else 'FALSE'} {what}", flush=True)
    if not holds:
        print(f"      {found}", flush=True)
        sys.exit(1)


class Silence(Exception):
    """No answer came in time, or the port is gone."""


class Line:
    """The COM port: asks and gives the last answer; `crc`, `lrc` or None says how frames are checked."""

    def __init__(self, path):
        self.path, self.numbers, self.port = path, itertools.count(1), None
        self.open()

    def open(self):
        self.port = serial.Serial(self.path, timeout=0.2)

    def close(self):
        self.port.close()

    def send(self, command, argument="", form="crc", spoil=False):
        name = f"{secrets.token_hex(3)}x{next(self.numbers)}"
        content = f"{command}@{name}{' ' if argument else ''}{argument}".encode()
        checksum = checksum_of(content, form)
        if spoil:
            checksum = checksum[:-1] + (b"0" if checksum[-1:] != b"0" else b"1")
        self.port.write(STX + content + checksum + ETX)
        return name

    def receive(self, name, form="crc", seconds=10):
        data, until = b"", time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                data += self.port.read(max(1, self.port.in_waiting))
            except (serial.SerialException, OSError) as fault:
                raise Silence(str(fault)) from fault
            while ETX in data:
                frame, _, data = data.partition(ETX)
                content = frame.rpartition(STX)[2]
                content, mark, given = content.partition(RS)
                check_quietly(mark + given == checksum_of(content, form), "a reply's checksum", frame)
                reply_name, _, text = content.decode().partition(" ")
                if reply_name != f"@{name}":
                    continue  # A late answer to something else.
                reply = json.loads(text)
                if reply["status"] != "WAIT":
                    return reply
                until = time.monotonic() + seconds
        raise Silence(f"no answer within {seconds} s")

    def ask(self, command, argument="", form="crc", spoil=False):
        argument = argument if isinstance(argument, str) else compact(argument)
        reply = self.receive(self.send(command, argument, form, spoil), form)
        for _ in range(3):
            if reply.get("code") != "DEVICE_BUSY":
                break
            time.sleep(0.15)
            reply = self.receive(self.send(command, argument, form, spoil), form)
        return reply


def check_quietly(holds, what, found):
    if not holds:
        check(what, False, found)


def checksum_of(content, form):
    if form == "crc":
        return RS + b"%08X" % zlib.crc32(content)
    if form == "lrc":
        lrc = 0
        for byte in content:
            lrc ^= byte
        return RS + b"%02X" % lrc
    return b""


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sale(number, till="CAISSE-1"):
    """A canonical payload: two articles, one tax group, rounded half away from zero."""
    articles = [("RIZ-25", 'Riz "parfumé" 25 kg', 1 + number % 3, 4250000), ("SAVON", "Savon", 2, 75050 + number)]
    base = sum(quantity * price for _, _, quantity, price in articles)
    vat = (base * 16 + 50) // 100
    money = lambda centimes: f"{centimes // 100}.{centimes % 100:02}"
    items = [
        {"code": code, "description": words, "quantity": str(quantity), "unit_price": money(price), "tax_group": "standard_vat", "taxable_unit": "unit"}
        for code, words, quantity, price in articles
    ]
    return compact({
        "merchant_nif": NIF, "outlet_id": OUTLET, "pos_terminal_id": till, "cashier_id": "C-01", "invoice_type": "sale",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
        "client": {"registration": "", "classification": "Individual"}, "items": items,
        "tax_groups": [{"code": "standard_vat", "name": "TVA 16%", "rate": "0.16", "base_amount": money(base), "tax_amount": money(vat)}],
        "totals": {"subtotal": money(base), "total_vat": money(vat), "total": money(base + vat), "currency": "CDF"},
        "payments": [{"method": "cash", "amount": money(base + vat), "instrument_id": ""}],
    })


def record_hash(record):
    header, link = record[:-144], record[-144:-64]
    return hashlib.sha256(header + hashlib.sha256(b"stelala-digest-1" + link).digest()).digest()


def signed(key, record):
    return signs(key, record_hash(record), record[-64:])


def signs(key, digest, signature):
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    try:
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        return s <= ORDER // 2
    except InvalidSignature:
        return False


def sealed_rightly(key, seal, payload):
    """Whether a seal is one of this payload, under this key, and agrees with itself."""
    record = unbase64(seal["record"])
    position, payload_hash, previous, counter = struct.unpack(">Q32s32sQ", record[-144:-64])
    auth_code = base32(hashlib.sha256(record[-64:]).digest()[:10])
    fields = seal["qr_payload"].split("|")
    return (
        signed(key, record)
        and payload_hash == hashlib.sha256(payload.encode()).digest() == bytes.fromhex(seal["payload_hash"])
        and record_hash(record).hex() == seal["record_hash"]
        and (position, previous.hex(), counter) == (seal["position"], seal["previous_hash"], seal["counter"])
        and seal["auth_code"] == auth_code == fields[2]
        and fields[:2] == [seal["device_id"], str(seal["invoice_seq"])]
        and fields[10] == json.loads(payload)["totals"]["total"]
        and seal["fiscal_number"] == f"{PREFIX}-{seal['epoch']}-{seal['invoice_seq']:08}"
    )


def base32(ten_bytes):
    bits = int.from_bytes(ten_bytes, "big")
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> place & 31] for place in range(75, -1, -5))


def seal_of(reply):
    return {name: value for name, value in reply.items() if name != "status"}


class Issuer:
    """`stelala authority`, as the service that a host asks for tokens."""

    def __init__(self, program, keys, device):
        self.program, self.keys, self.device = program, keys, device

    def ask(self, what, *more):
        command = [self.program, "authority", what, "--keys", self.keys, "--device", self.device, *more]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def prepare_device(line, issuer, out):
    """Binds a new device, sets its clock, and gives its key."""
    status = line.ask("QRY|STATUS")
    check(f"the device answers: {status.get('device_id')} is {status.get('lifecycle')}", status["status"] == "OK", status)
    key_file = out / "key.pem"
    if status["lifecycle"] == "factory":
        code = issuer.ask("activate", "--nif", NIF, "--outlet", OUTLET, "--prefix", PREFIX)
        operator = (Path(issuer.keys) / "operator.pem").read_text()
        bound = line.ask("CFG|INIT", {"activation_code": code, "public_key": operator})
        check("CFG|INIT binds it to the outlet", bound.get("fiscal_number_prefix") == PREFIX, bound)
        key_file.write_text(bound["public_key"])
        key = serialization.load_pem_public_key(bound["public_key"].encode())
        record = unbase64(bound["record"])
        check("it proves that it has its key", signed(key, record) and record[-136:-104] == hashlib.sha256(bound["body"].encode()).digest(), bound)
    check(f"{key_file} has the key of the device, from the run that bound it", key_file.exists(), "use the same --out")
    key = serialization.load_pem_public_key(key_file.read_bytes())
    status = line.ask("QRY|STATUS")
    if status["clock"] != "ok":
        setting = issuer.ask("time", "--challenge", status["challenge"], "--json")
        answer = line.ask("CFG|TIME", setting)
        check(f"CFG|TIME sets the clock to {answer.get('timestamp')}", answer["status"] == "OK", answer)
    return key


def sell(line, payload):
    """PREPARE and COMMIT; the seal."""
    prepared = line.ask("TXN|PREPARE", payload)
    check_quietly(prepared["status"] == "OK", "PREPARE is accepted", prepared)
    committed = line.ask("TXN|COMMIT", {"nonce": prepared["nonce"]})
    check_quietly(committed["status"] == "OK", "COMMIT is accepted", committed)
    return seal_of(committed)


def lose_an_answer(line, key, payload):
    nonce = line.ask("TXN|PREPARE", payload)["nonce"]
    line.send("TXN|COMMIT", compact({"nonce": nonce}))
    line.close()
    time.sleep(0.3)
    line.open()
    first, again = (line.ask("TXN|COMMIT", {"nonce": nonce}) for _ in range(2))
    check("a lost answer: the same COMMIT has the seal", sealed_rightly(key, seal_of(first), payload), first)
    check("and has it again, the same", first == again, again)
    replay = line.ask("TXN|PREPARE", payload)
    number = (replay.get("epoch"), replay.get("invoice_seq"))
    check("the payload offered again is a replay", (replay.get("code"), *number) == ("REPLAY_DETECTED", first["epoch"], first["invoice_seq"]), replay)
    entry = line.ask("QRY|LOG", f"{number[0]}/{number[1]}")["log_entry"]
    check("QRY|LOG has that seal and payload", entry["sealed"] == seal_of(first) and entry["payload"] == payload, entry)


def prove_presence(line, key):
    """QRY|PROOF, by the bytes of docs/protocol.md, section 7.14."""
    for _ in range(3):
        challenge = secrets.token_bytes(32)
        asked = compact({"challenge": challenge.hex()})
        proof = line.ask("QRY|PROOF", asked)
        # Once: who asks a busy device again is answered. On a busy machine the second may be over: then it is tried anew.
        sooner = line.receive(line.send("QRY|PROOF", asked))
        if sooner["status"] != "OK":
            break
        time.sleep(1.1)
    status = line.ask("QRY|STATUS")
    device, now = proof["device_id"].encode(), calendar.timegm(time.strptime(proof["time"], "%Y-%m-%dT%H:%M:%S"))
    said = b"stelala-attest-1" + challenge + bytes([len(device)]) + device
    said += struct.pack(">IQ32sQ", proof["epoch"], proof["last_position"], bytes.fromhex(proof["head_hash"]), now)
    holds = signs(key, hashlib.sha256(said).digest(), unbase64(proof["signature"]))
    check("QRY|PROOF: the device signs that it is here", holds, proof)
    same = all(proof[member] == status[member] for member in ("device_id", "public_key_id", "epoch", "last_position", "head_hash"))
    check("with how far its journal has come", same, (proof, status))
    check("and once a second", sooner.get("code") == "DEVICE_BUSY", sooner)


def check_frames(line):
    for form in ("crc", "lrc", None):
        check(f"a frame with checksum {form} is answered in its form", line.ask("QRY|STATUS", form=form)["status"] == "OK")
    spoilt = line.ask("QRY|STATUS", spoil=True)
    check("a spoilt frame is refused", spoilt.get("code") == "FRAME_INVALID", spoilt)


def close_the_day(line, sold):
    session = line.ask("RPT|X", {"period": "session"})
    check(f"RPT|X counts {session.get('transaction_count')} sales", session["transaction_count"] >= sold, session)
    # The outlet's day is an hour ahead of UTC.
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 3600))
    closed, again = (line.ask("RPT|Z", {"date": today}) for _ in range(2))
    counts = sum(group["count"] for group in closed["totals"])
    check("RPT|Z closes as many, once", (closed["repeated"], again["repeated"], counts) == (False, True, session["transaction_count"]), (closed, again))


def dump(line, key):
    """The whole journal, chunk by chunk, each record checked: its lines."""
    lines, after, chunks, previous = [], 0, 0, None
    while True:
        chunk = line.ask("ADM|DUMPLOG", {"format": "json", "after": after})
        check_quietly(chunk["status"] == "OK", "DUMPLOG answers", chunk)
        for entry in chunk["records"]:
            record = unbase64(entry["record"])
            position, payload_hash, named, _ = struct.unpack(">Q32s32sQ", record[-144:-64])
            check_quietly(signed(key, record), "a record's signature", entry)
            check_quietly(payload_hash == hashlib.sha256(entry["payload"].encode()).digest(), "a payload's hash", entry)
            check_quietly(previous is None or named == previous, "the chain", entry)
            check_quietly(position == len(lines) + 1, "the positions", entry)
            previous = record_hash(record)
            lines.append(entry)
        chunks, after = chunks + 1, chunk["chunk_index"]
        if chunk["last"]:
            break
    check(f"ADM|DUMPLOG: {len(lines)} records in {chunks} chunks, each signed, chain whole", chunks > 1 and len(lines) == after)
    return lines


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("port")
    arguments.add_argument("--stelala", required=True, help="the program that issues tokens")
    arguments.add_argument("--keys", required=True, help="the folder that `stelala authority new` made")
    arguments.add_argument("--device", default="DEF-000001")
    arguments.add_argument("--out", required=True, type=Path, help="where journal.jsonl and key.pem are left")
    arguments.add_argument("--sales", type=int, default=25)
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    line = Line(given.port)
    key = prepare_device(line, Issuer(given.stelala, given.keys, given.device), given.out)
    # No two alike: equal sales of the same second would be one sale.
    *numbers, lost = secrets.SystemRandom().sample(range(1 << 20), given.sales + 1)
    payloads = [sale(number) for number in numbers]
    seals = [sell(line, payload) for payload in payloads]
    check(f"{len(seals)} sales sealed, each verified here", all(map(lambda seal, payload: sealed_rightly(key, seal, payload), seals, payloads)))
    lose_an_answer(line, key, sale(lost))
    prove_presence(line, key)
    check_frames(line)
    close_the_day(line, given.sales + 1)
    lines = dump(line, key)
    texts = [entry["payload"] for entry in lines]
    check("every payload is in it, byte for byte", all(payload in texts for payload in payloads))
    (given.out / "journal.jsonl").write_text("".join(compact(entry) + "\n" for entry in lines), encoding="utf-8")
    print("the device did all of it as the documents say")


if __name__ == "__main__":
    main()
