#!/usr/bin/env python3
"""Verifies the worked examples of docs/formats.md with Python's `cryptography`, written from that document alone."""

import base64
import hashlib
import json
import re
import struct
import sys
from datetime import datetime, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
TYPES = {"FV": 1, "FT": 2, "FA": 3, "EV": 4, "ET": 5, "EA": 6}
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

document = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("formats.md")).read_text("utf-8")
blocks = dict(re.findall(r"<!-- example: ([\w-]+) -->\n```text\n(.*?)\n```", document, re.S))
passed = 0


def check(what, holds):
    global passed
    print(f"{'ok   ' if holds else 'FALSE'} {what}")
    if not holds:
        sys.exit(1)
    passed += 1


def unbase64(text):
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_key(pem):
    return serialization.load_pem_public_key(pem.encode() + b"\n")


def key_id(key):
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()[:8]


def signed(key, digest, signature, lower_half=True):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if lower_half and s > N // 2:
        return False
    try:
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        return True
    except InvalidSignature:
        return False


def text(value):
    return bytes([len(value)]) + value.encode("ascii")


def seconds(time):
    return int(datetime.strptime(time, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp())


def centimes(amount):
    whole, hundredths = amount.lstrip("-").split(".")
    value = int(whole) * 100 + int(hundredths)
    return -value if amount.startswith("-") else value


def header_of(fields, key):
    device, number, _, version, epoch, outlet, items, kind, time, nif, total, vat, currency = fields[:13]
    assert version == "1"
    return b"".join([
        b"stelala-record-1", b"\x01", text(device), key, text(outlet),
        struct.pack(">IQQ", int(epoch), int(number), seconds(time)),
        text(nif), bytes([TYPES[kind]]), struct.pack(">qq", centimes(total), centimes(vat)),
        currency.encode("ascii"), struct.pack(">H", int(items)),
    ])


def auth_code(signature):
    bits = int.from_bytes(hashlib.sha256(signature).digest()[:10], "big")
    return "".join(ALPHABET[bits >> place & 31] for place in range(75, -1, -5))


def check_receipt():
    key = public_key(blocks["public-key"])
    fields = blocks["qr"].split("|")
    check("a QR code has 16 fields and at most 330 characters", len(fields) == 16 and len(blocks["qr"]) <= 330)
    check("its key id is the key's", unbase64(fields[13]) == key_id(key))
    header = header_of(fields, unbase64(fields[13]))
    check("its fields make the header", header.hex() == blocks["header"].replace("\n", ""))
    digest, signature = unbase64(fields[14]), unbase64(fields[15])
    record_hash = hashlib.sha256(header + digest).digest()
    check("header and D make the record hash", record_hash.hex() == blocks["record-hash"])
    check("the key signed it, in the lower half", signed(key, record_hash, signature))
    check("the authentication code is the signature's", auth_code(signature) == fields[2] == blocks["auth-code"])
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    other_half = r + (N - s).to_bytes(32, "big")
    check("the other half is as true to the primitive", signed(key, record_hash, other_half, lower_half=False))
    check("and no seal", not signed(key, record_hash, other_half))
    forged = header_of(fields[:10] + ["115.99"] + fields[11:], unbase64(fields[13]))
    check("a changed total is not what was signed", not signed(key, hashlib.sha256(forged + digest).digest(), signature))


def check_journal():
    line = json.loads(blocks["journal-line"])
    record, payload = unbase64(line["record"]), line["payload"].encode()
    header, link, signature = record[:-144], record[-144:-64], record[-64:]
    check("a record is header, link and signature", (header + link + signature).hex() == "".join(
        blocks[name].replace("\n", "") for name in ("header", "link", "signature")))
    check("the link names the payload", link[8:40] == hashlib.sha256(payload).digest() and line["payload"] == blocks["payload"])
    digest = hashlib.sha256(b"stelala-digest-1" + link).digest()
    check("D is that of the receipt", digest == unbase64(blocks["qr"].split("|")[14]))
    invoice = json.loads(payload)
    compact = json.dumps(invoice, ensure_ascii=False, separators=(",", ":")).encode()
    check("the payload is canonical", compact == payload)
    check("the receipt's total is the payload's", blocks["qr"].split("|")[10] == invoice["totals"]["total"])


def check_closure():
    before, line = (json.loads(blocks[name]) for name in ("journal-line", "closure-line"))
    invoice, closure, text = unbase64(before["record"]), unbase64(line["record"]), line["payload"]
    hashes_of = lambda record: hashlib.sha256(record[:-144] + hashlib.sha256(b"stelala-digest-1" + record[-144:-64]).digest()).digest()
    position, body_hash, named, counter = struct.unpack(">Q32s32sQ", closure[-144:-64])
    before_position, _, before_named, before_counter = struct.unpack(">Q32s32sQ", invoice[-144:-64])
    check("a closure is a record of kind 10 of the same key", closure[16] == 0x10 and signed(public_key(blocks["public-key"]), hashes_of(closure), closure[-64:]))
    check("it follows the invoice", (position, named) == (before_position + 1, hashes_of(invoice)))
    check("its body is the example's, and what was sealed", text == blocks["closure-body"] and body_hash == hashlib.sha256(text.encode()).digest())
    body = json.loads(text)
    check("in the one form", json.dumps(body, ensure_ascii=False, separators=(",", ":")) == text)
    check("it covers the invoice from hash to hash",
          (body["position_start"], body["position_end"], body["previous_hash"], body["last_hash"])
          == (before_position, before_position, before_named.hex(), hashes_of(invoice).hex()))
    sale = json.loads(before["payload"])
    groups = [{"tax_group": group["code"], "base": group["base_amount"], "vat": group["tax_amount"], "rate": group["rate"],
               "currency": sale["totals"]["currency"], "invoice_type": sale["invoice_type"], "nature": None, "count": 1} for group in sale["tax_groups"]]
    total, vat, currency = (sale["totals"][name] for name in ("total", "total_vat", "currency"))
    currencies = [{"currency": currency, "sales": total, "returns": "0.00", "voids": "0.00", "net": total, "vat": vat, "count": 1}]
    check("its totals are the payload's", (body["totals"], body["currencies"]) == (groups, currencies))
    check("its number is the receipt's", body["sequence_start"] == body["sequence_end"] == int(blocks["qr"].split("|")[1]))
    check("the counter skipped nothing", body["counter_skipped"] == counter - before_counter - 1 == 0)


def check_authority():
    text = blocks["authority-body"]
    body = json.loads(text)
    check("the authority's elements are in the one form", json.dumps(body, ensure_ascii=False, separators=(",", ":")) == text)
    position, number = struct.unpack(">Q", bytes.fromhex(blocks["link"].replace("\n", ""))[:8])[0], int(blocks["qr"].split("|")[1])
    check("they name the invoice by its place and its hash",
          (body["signer"], body["epoch"], body["position"], body["number"], body["record_hash"])
          == (blocks["qr"].split("|")[0], int(blocks["qr"].split("|")[4]), position, number, blocks["record-hash"]))
    check("its code has 24 characters and stands in its QR code", len(body["code"]) == 24 and body["qr"].split(";")[2] == body["code"])


def check_delegated():
    issuer = public_key(blocks["issuer-key"])
    fields = blocks["delegated-qr"].split("|")
    check("a delegated QR code has 17 fields, at most 460 characters and no key id",
          len(fields) == 17 and len(blocks["delegated-qr"]) <= 460 and fields[13] == "")
    credential = unbase64(fields[16])
    point, (start, hours, offset, count) = credential[:33], struct.unpack(">IBHH", credential[33:42])
    cap, issuer_id, issuer_signature = int.from_bytes(credential[42:45], "big"), credential[45:53], credential[53:]
    check("the credential has 117 bytes and names its issuer", len(credential) == 117 and issuer_id == key_id(issuer))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    number, time = int(fields[1]), seconds(fields[8])
    terms = b"".join([
        b"stelala-lease--1", text(fields[0]), text(fields[5]), text(fields[9]), struct.pack(">I", int(fields[4])), point,
        struct.pack(">QHQBI", number - offset, count, start, hours, cap), issuer_id,
    ])
    check("the issuer signed its terms", signed(issuer, hashlib.sha256(terms).digest(), issuer_signature))
    record_hash = hashlib.sha256(header_of(fields, key_id(key)) + unbase64(fields[14])).digest()
    check("the till's key signed the record", signed(key, record_hash, unbase64(fields[15])))
    check("number, time and total are inside the terms",
          offset < count and start <= time < start + hours * 3600 and centimes(fields[10]) <= cap * 100_000)


def check_bundle():
    root = public_key(blocks["root-key"])
    head, body, signature = blocks["bundle"].split(".")
    digest = hashlib.sha256(f"{head}.{body}".encode()).digest()
    check("the root key signed the bundle", signed(root, digest, unbase64(signature)))
    keys = json.loads(unbase64(body))["keys"]
    sealing = next(key for key in keys if key["use"] == "seal")
    der = unbase64(sealing["public_key"])
    check("the bundle's sealing key is the receipt's", hashlib.sha256(der).digest()[:8] == unbase64(blocks["qr"].split("|")[13]))
    check("and says whose it is", sealing["seals"]["merchant_nif"] == blocks["qr"].split("|")[9])


check_receipt()
check_journal()
check_closure()
check_authority()
check_delegated()
check_bundle()
print(f"{passed} passed, 0 failed")
