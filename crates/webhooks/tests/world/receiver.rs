use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// What the receiver does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    Status(u16),
    Redirect(String),
    /// Answers 200 after a tenth of a second.
    Late,
    /// Says nothing.
    Stall,
    /// 200 and a body that never ends.
    Endless,
    /// 200 and a body of which a byte comes now and then.
    SlowBody,
    /// Something that is no HTTP.
    Noise,
    /// Closes the connection.
    HangUp,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    script: VecDeque<Behaviour>,
    then: Option<Behaviour>,
    now: usize,
    most_at_once: usize,
}

/// Someone's server on this machine.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    /// Answers 200 to everything, until it is told otherwise.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state) = (stream.unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || {
                    // Who hangs up is no fault of the receiver.
                    let _ = serve(&stream, &stream, &state);
                });
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?token=t", self.address)
    }

    /// Does these first, one for each request.
    pub(crate) fn first(&self, script: impl IntoIterator<Item = Behaviour>) {
        self.state.lock().unwrap().script.extend(script);
    }

    /// Does this always.
    pub(crate) fn always(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().then = Some(behaviour);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// How many requests there were at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state.lock().unwrap().most_at_once
    }

    /// Waits for so many requests, no longer than two minutes.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Request> {
        for _ in 0..24_000 {
            if self.requests().len() >= count {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let requests = self.requests();
        assert!(requests.len() >= count, "{} of {count} requests", requests.len());
        requests
    }
}

fn serve(input: &TcpStream, mut output: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut input = BufReader::new(input);
    let mut line = String::new();
    input.read_line(&mut line)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        if input.read_line(&mut header)? == 0 {
            return Ok(());
        }
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
    input.read_exact(&mut body)?;
    let request =
        Request { line: line.trim_end().to_owned(), headers, body: String::from_utf8(body).unwrap() };
    let behaviour = {
        let mut state = state.lock().unwrap();
        state.requests.push(request);
        let next = state.script.pop_front().or_else(|| state.then.clone());
        next.unwrap_or(Behaviour::Status(200))
    };
    let close = "Connection: close\r\n";
    match behaviour {
        Behaviour::Status(status) => {
            write!(output, "HTTP/1.1 {status} So\r\n{close}Content-Length: 2\r\n\r\nok")
        }
        Behaviour::Redirect(to) => {
            write!(output, "HTTP/1.1 302 There\r\n{close}Location: {to}\r\nContent-Length: 0\r\n\r\n")
        }
        Behaviour::Late => {
            {
                let mut state = state.lock().unwrap();
                state.now += 1;
                state.most_at_once = state.most_at_once.max(state.now);
            }
            std::thread::sleep(Duration::from_millis(100));
            state.lock().unwrap().now -= 1;
            write!(output, "HTTP/1.1 200 So\r\n{close}Content-Length: 0\r\n\r\n")
        }
        Behaviour::Stall => {
            std::thread::sleep(Duration::from_secs(5));
            Ok(())
        }
        Behaviour::Endless => {
            write!(output, "HTTP/1.1 200 So\r\n{close}\r\n")?;
            loop {
                output.write_all(&[b'x'; 4_096])?;
            }
        }
        Behaviour::SlowBody => {
            write!(output, "HTTP/1.1 200 So\r\n{close}Content-Length: 1000\r\n\r\n")?;
            loop {
                output.write_all(b"x")?;
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Behaviour::Noise => output.write_all(b"220 mail.example.cd ESMTP\r\n"),
        Behaviour::HangUp => Ok(()),
    }
}
