#!/usr/bin/env python3
"""A client of the authority's e-DEF API as integrators in the field write it.

It knows nothing of Stelala: it requests, compares the totals and confirms, against any service that speaks the API.

    edef_client.py http://127.0.0.1:9300 TOKEN

It finalises invoices: never point it at the production service.
"""

import json
import sys
import urllib.error
import urllib.request

CHECKS = 0


def check(what, seen, expected):
    """One more check; the program ends at the first that fails."""
    global CHECKS
    if seen != expected:
        sys.exit(f"{what}: {expected!r} was expected, not {seen!r}")
    CHECKS += 1


class Client:
    """Talks to one e-MCF."""

    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def ask(self, method, path, body=None, token=None):
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Accept", "application/json")
        token = self.token if token is None else token
        if token:
            request.add_header("Authorization", "Bearer " + token)
        data = None
        if body is not None:
            request.add_header("Content-Type", "application/json")
            data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as fault:
            fault.read()
            return fault.code, None

    def get(self, path):
        status, said = self.ask("GET", path)
        check(f"GET {path}", status, 200)
        return said

    def request(self, invoice):
        status, said = self.ask("POST", "/api/invoice", invoice)
        check("POST /api/invoice", status, 200)
        return said

    def finish(self, said, act="confirm"):
        body = {"total": said["total"], "vtotal": said["vtotal"]}
        status, done = self.ask("PUT", f"/api/invoice/{said['uid']}/{act}", body)
        check(act, status, 200)
        return done


def sale(nif, number, price=1160, **more):
    """Two loaves with the standard rate, tax included."""
    return {
        "nif": nif, "rn": number, "mode": "ttc", "isf": "ISF-1", "type": "FV",
        "items": [{"code": "1", "type": "BIE", "name": "Pain", "price": price, "quantity": 2, "taxGroup": "B"}],
        "client": {"nif": "", "name": "Comptoir", "contact": "", "address": "", "type": "PP"},
        "operator": {"id": "1", "name": "Caisse 1"},
        "payment": [{"name": "ESPECES", "amount": 2320, "currencyCode": "CDF", "currencyRate": 1}],
        **more,
    }


def before_selling(client):
    """What a client asks when it starts."""
    status = client.get("/api/invoice")
    check("status", status["status"], True)
    for name in ("nif", "nim", "version", "tokenValid", "serverDateTime"):
        check(name, isinstance(status[name], str), True)
    check("pending", status["pendingRequestsCount"], len(status["pendingRequestsList"]))
    groups = client.get("/api/info/taxGroups")
    check("tax groups", sorted(groups), [chr(letter) for letter in range(ord("a"), ord("p") + 1)])
    for name, kind in (("invoiceTypes", "FV"), ("paymentTypes", "MOBILEMONEY"), ("clientTypes", "PP"),
                       ("referenceTypes", "RRR"), ("itemTypes", "BIE"), ("currencyRates", "USD")):
        kinds = [entry["type"] for entry in client.get("/api/info/" + name)]
        check(name, kind in kinds, True)
    check("service", client.get("/api/info/status")["status"], True)
    return status["nif"], status["nim"], groups["b"]


def compares(said, rate):
    """The totals that the server computed, against one's own in hundredths."""
    gross = 232_000
    net = (gross * 100 * 2 // (100 + rate) + 1) // 2
    check("group", round(said["tab"] * 100), gross)
    check("net", round(said["hab"] * 100), net)
    check("VAT", round(said["vab"] * 100), gross - net)
    check("total", round(said["total"] * 100), gross)
    check("VAT in all", round(said["vtotal"] * 100), gross - net)
    check("rate", said["tb"], rate)


def sells(client, nif, nim, rate):
    """Both spellings of the act, of prices, of the payment's currency, and of the date."""
    cases = [
        ("confirm", {}),
        ("CONFIRM", {"price": "1160.00"}),
        ("confirm", {"payment": [{"name": "MOBILEMONEY", "amount": "2320.00", "curCode": "USD", "curRate": 2800}]}),
        ("CONFIRM", {"curCode": "USD", "curRate": "2800", "curDate": "2026-03-14"}),
        ("confirm", {"curCode": "USD", "curRate": 2800, "curDate": "2026-03-14T10:00:00"}),
        ("confirm", {"client": None, "cmta": "Merci", "cmtb": "Revenez"}),
    ]
    codes = []
    for number, (act, more) in enumerate(cases):
        said = client.request(sale(nif, f"PY-{number}", **more))
        check("error", said["errorCode"], None)
        compares(said, rate)
        check("details", client.get("/api/invoice/" + said["uid"])["rn"], f"PY-{number}")
        done = client.finish(said, act)
        check("error", done.get("errorCode"), None)
        check("code", len(done["codeDEFDGI"]), 24)
        check("QR", done["qrCode"].split(";")[:3], ["F", nim, done["codeDEFDGI"]])
        check("nim", done["nim"], nim)
        check("counters", done["counters"].endswith(" FV"), True)
        codes.append(done["codeDEFDGI"])
    check("codes differ", len(set(codes)), len(codes))
    return codes


def cancels(client, nif):
    """What is cancelled is pending no more, and cannot be confirmed."""
    for act in ("cancel", "CANCEL"):
        before = client.get("/api/invoice")["pendingRequestsCount"]
        said = client.request(sale(nif, "PY-cancelled"))
        pending = client.get("/api/invoice")
        check("pending", pending["pendingRequestsCount"], before + 1)
        check("listed", said["uid"] in [entry["uid"] for entry in pending["pendingRequestsList"]], True)
        check("cancel", client.finish(said, act).get("errorCode"), None)
        check("pending", client.get("/api/invoice")["pendingRequestsCount"], before)
        check("confirm after cancel", str(client.finish(said)["errorCode"]), "20")


def credits(client, nif, codes):
    """Credit notes of both natures, with and without their original."""
    def note(kind, **more):
        return sale(nif, "PY-credit", type="FA", referenceType=kind, **more)

    for code, act in zip(codes, ("confirm", "CONFIRM")):
        done = client.finish(client.request(note("RAN", reference=code)), act)
        check("counters", done["counters"].endswith(" FA"), True)
        check("twice", str(client.request(note("RAN", reference=code))["errorCode"]), "12")
    done = client.finish(client.request(note("RRR")))
    check("rebate", len(done["codeDEFDGI"]), 24)
    for wrong, expected in (({}, "4"), ({"reference": "SHORT"}, "5"), ({"reference": "X" * 24}, "11")):
        check("reference", str(client.request(note("COR", **wrong))["errorCode"]), expected)


def is_refused(client, nif):
    """What a client has to understand of refusals."""
    item = sale(nif, "")["items"][0]
    for more, expected in (({"type": "XX"}, "3"), ({"items": []}, "8"), ({"payment": [{"name": "CASH", "amount": 1}]}, "7"),
                           ({"items": [{**item, "taxGroup": "Z"}]}, "9")):
        said = client.request(sale(nif, "PY-wrong", **more))
        check(str(more), (str(said["errorCode"]), bool(said["errorDesc"])), (expected, True))
    check("no body", client.ask("POST", "/api/invoice")[0], 400)
    for token in ("", "wrong", client.token[:-1]):
        check("token", client.ask("GET", "/api/invoice", token=token)[0] if token else
              Client(client.url, "").ask("GET", "/api/invoice")[0], 401)
    room = 10 - client.get("/api/invoice")["pendingRequestsCount"]
    waiting = [client.request(sale(nif, f"PY-{number}")) for number in range(room)]
    check("ten pending", str(client.request(sale(nif, "PY-11"))["errorCode"]), "1")
    for said in waiting:
        check("cancel", client.finish(said, "cancel").get("errorCode"), None)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    client = Client(sys.argv[1], sys.argv[2])
    nif, nim, rate = before_selling(client)
    codes = sells(client, nif, nim, rate)
    cancels(client, nif)
    credits(client, nif, codes)
    is_refused(client, nif)
    print(f"{CHECKS} checks of a client of the e-DEF API: all as expected")


main()
