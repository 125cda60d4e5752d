//! Clients that keep their connections and ask again as soon as they are answered, all on one thread.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    io::ErrorKind,
    net::SocketAddr,
    ops::AddAssign,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rustix::time::{ClockId, clock_gettime};
use tokio::{net::TcpStream, runtime, task::JoinSet};

use super::sales::Sales;

/// What was answered.
#[derive(Default)]
pub(super) struct Sample {
    /// The time of each answer, in microseconds.
    latencies: Vec<u32>,
    wall: Duration,
    /// Of this process, without that of the clients.
    cpu: Duration,
}

impl Sample {
    pub(super) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.wall.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Of the server, for each answer, in microseconds.
    pub(super) fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.latencies.len().max(1) as f64
    }

    /// The time within which so many of a thousand were answered, in microseconds.
    pub(super) fn within(&self, per_mille: usize) -> u32 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * per_mille / 1_000).min(sorted.len().saturating_sub(1));
        sorted.get(at).copied().unwrap_or_default()
    }
}

impl AddAssign for Sample {
    fn add_assign(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

/// Asks for so long. Any other answer than 200 or 201 is an error.
pub(super) fn run(
    address: SocketAddr,
    connections: usize,
    sales: &Sales,
    time: Duration,
) -> anyhow::Result<Sample> {
    let sales = sales.clone();
    let clients = thread::Builder::new().name("clients".into()).spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(ask(address, connections, &sales, time))
    })?;
    clients.join().map_err(|_| anyhow::anyhow!("the clients panicked"))?
}

async fn ask(
    address: SocketAddr,
    connections: usize,
    sales: &Sales,
    time: Duration,
) -> anyhow::Result<Sample> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        open.push(stream);
    }
    let (all, own) = (cpu(ClockId::ProcessCPUTime), cpu(ClockId::ThreadCPUTime));
    let begun = Instant::now();
    let end = begun + time;
    let mut clients = JoinSet::new();
    for stream in open {
        clients.spawn(Client::new(stream, sales.clone()).ask_until(end));
    }
    let mut latencies = Vec::new();
    while let Some(client) = clients.join_next().await {
        latencies.extend(client.context("a client panicked")??);
    }
    let wall = begun.elapsed();
    let others = (cpu(ClockId::ProcessCPUTime) - all).saturating_sub(cpu(ClockId::ThreadCPUTime) - own);
    Ok(Sample { latencies, wall, cpu: others })
}

fn cpu(clock: ClockId) -> Duration {
    // Times of processors are never negative.
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// One connection.
struct Client {
    stream: TcpStream,
    sales: Sales,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// The largest answer.
const ANSWER: usize = 16 * 1024;

impl Client {
    fn new(stream: TcpStream, sales: Sales) -> Self {
        let request = sales.template().to_vec();
        Self { stream, sales, request, answer: vec![0; ANSWER] }
    }

    async fn ask_until(mut self, end: Instant) -> anyhow::Result<Vec<u32>> {
        let mut latencies = Vec::with_capacity(32 * 1024);
        let mut now = Instant::now();
        while now < end {
            self.sales.next(&mut self.request);
            self.send().await?;
            let length = self.receive().await?;
            let answered = Instant::now();
            if !matches!(self.answer.get(9..12), Some(b"200" | b"201")) {
                bail!("the server answered {}", String::from_utf8_lossy(&self.answer[..length]));
            }
            latencies.push(u32::try_from((answered - now).as_micros()).unwrap_or(u32::MAX));
            now = answered;
        }
        Ok(latencies)
    }

    async fn send(&self) -> anyhow::Result<()> {
        let mut rest = self.request.as_slice();
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(length) => rest = &rest[length..],
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    /// One answer, which is all that can be there.
    async fn receive(&mut self) -> anyhow::Result<usize> {
        let mut filled = 0;
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut self.answer[filled..]) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(length) => filled += length,
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => continue,
                Err(fault) => return Err(fault.into()),
            }
            if whole(&self.answer[..filled]).is_some_and(|length| filled >= length) {
                return Ok(filled);
            }
        }
    }
}

/// How long an answer is whose head is there.
fn whole(answer: &[u8]) -> Option<usize> {
    const LENGTH: &[u8] = b"content-length: ";
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let at = answer[..head].windows(LENGTH.len()).position(|name| name == LENGTH)? + LENGTH.len();
    let digits = answer[at..head].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0')) + head)
}
