use edef_sim::{At, Call, Delivery, Fault, FaultKind, Method, Nim, Often, Reply, Settings, Wanted, World};
use serde_json::{Value, json};

/// 14 March 2026, 08:00 in UTC.
pub(crate) const NOON: At = At(1_773_475_200_000);
pub(crate) const NIF: &str = "A2301457K";

/// A world with one e-MCF, and a clock that stands until it is moved.
pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) now: At,
    pub(crate) nim: Nim,
    pub(crate) token: String,
    pub(crate) dice: u64,
}

impl Bench {
    pub(crate) fn new(wanted: Wanted) -> Self {
        let mut bench = Self {
            world: World::new(Settings::default()),
            now: NOON,
            nim: Nim::nth(1),
            token: String::new(),
            dice: 7,
        };
        bench.world.record_changes();
        let machine = bench.add(wanted);
        (bench.nim, bench.token) = (machine.nim, machine.token.as_str().to_owned());
        bench
    }

    pub(crate) fn drc() -> Self {
        Self::new(Wanted::of(NIF))
    }

    pub(crate) fn add(&mut self, wanted: Wanted) -> edef_sim::MachineView {
        let dice = &mut self.dice;
        self.world.add(wanted, self.now, &mut || roll(dice)).unwrap()
    }

    pub(crate) fn call(&mut self, call: &Call) -> Reply {
        let dice = &mut self.dice;
        self.world.handle(call, self.now, &mut || roll(dice))
    }

    pub(crate) fn ask(&mut self, method: Method, path: &str, body: &str) -> Reply {
        let call = Call::bare(method, path, &self.token).with_body(body);
        self.call(&call)
    }

    pub(crate) fn post(&mut self, invoice: &Value) -> Reply {
        self.ask(Method::Post, "/api/invoice", &invoice.to_string())
    }

    /// What the service says of a request that it understands.
    pub(crate) fn request(&mut self, invoice: &Value) -> Value {
        let reply = self.post(invoice);
        assert_eq!((reply.status, reply.delivery), (200, Delivery::Arrives), "{reply:?}");
        body(&reply)
    }

    pub(crate) fn uid(&mut self, invoice: &Value) -> String {
        let said = self.request(invoice);
        said["uid"].as_str().unwrap_or_else(|| panic!("no uid: {said}")).to_owned()
    }

    pub(crate) fn error(&mut self, invoice: &Value) -> Option<String> {
        error(&self.request(invoice))
    }

    pub(crate) fn confirm(&mut self, uid: &str) -> Reply {
        self.ask(Method::Put, &format!("/api/invoice/{uid}/confirm"), "{}")
    }

    pub(crate) fn status(&mut self) -> Value {
        let reply = self.ask(Method::Get, "/api/invoice", "");
        assert_eq!(reply.status, 200, "{reply:?}");
        body(&reply)
    }

    /// Requests and confirms; gives the code.
    pub(crate) fn sell(&mut self, invoice: &Value) -> String {
        let uid = self.uid(invoice);
        let confirmed = body(&self.confirm(&uid));
        confirmed["codeDEFDGI"].as_str().unwrap_or_else(|| panic!("no code: {confirmed}")).to_owned()
    }

    pub(crate) fn once(&mut self, kind: FaultKind) {
        self.world.fault(Fault { kind, often: Often::Next(1), endpoint: None, nim: None }).unwrap();
    }

    pub(crate) fn pass(&mut self, milliseconds: u64) {
        self.now = self.now.plus(milliseconds);
    }

    pub(crate) fn finalised(&self) -> usize {
        self.world.finalised(self.nim).count()
    }
}

pub(crate) fn roll(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state ^ *state >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

pub(crate) fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|fault| panic!("{fault}: {reply:?}"))
}

pub(crate) fn error(said: &Value) -> Option<String> {
    said["errorCode"].as_str().map(str::to_owned)
}

/// Two loaves with 16 %, tax included: 2320 of which 320 are the tax.
pub(crate) fn sale() -> Value {
    json!({
        "nif": NIF, "rn": "F-1", "mode": "ttc", "isf": "ISF-1", "type": "FV",
        "items": [{ "code": "1", "type": "BIE", "name": "Pain", "price": 1160, "quantity": 2, "taxGroup": "B" }],
        "client": { "type": "PP" }, "operator": { "id": "1", "name": "Caisse" },
        "payment": [{ "name": "ESPECES", "amount": 2320 }],
    })
}

/// A sale with other members.
pub(crate) fn sale_with(members: Value) -> Value {
    let mut sale = sale();
    for (name, value) in members.as_object().unwrap() {
        sale[name] = value.clone();
    }
    sale
}
