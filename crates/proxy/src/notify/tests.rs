use std::os::{
    linux::net::SocketAddrExt,
    unix::net::{SocketAddr, UnixDatagram},
};

use super::*;

/// What stands for the service manager.
struct Manager(UnixDatagram);

impl Manager {
    /// A busy machine may take its time.
    fn heard(&self) -> Option<String> {
        self.heard_within(Duration::from_secs(10))
    }

    fn heard_at_once(&self) -> Option<String> {
        self.heard_within(Duration::from_millis(300))
    }

    fn heard_within(&self, patience: Duration) -> Option<String> {
        self.0.set_read_timeout(Some(patience)).unwrap();
        let mut buffer = [0; 512];
        let length = self.0.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }
}

fn at(socket: &OsStr) -> Surroundings<'_> {
    Surroundings { socket: Some(socket), ..Surroundings::default() }
}

#[test]
fn a_service_manager_at_a_path_hears_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = Manager(UnixDatagram::bind(&path).unwrap());
    let notifier = Notifier::new(at(path.as_os_str())).unwrap();
    notifier.ready();
    notifier.status("DEF-000001: ready\nREADY=1");
    notifier.stopping();
    assert_eq!(manager.heard().unwrap(), "READY=1");
    assert_eq!(manager.heard().unwrap(), "STATUS=DEF-000001: ready READY=1", "one line, whatever is in it");
    assert_eq!(manager.heard().unwrap(), "STOPPING=1");
    notifier.status(&"é".repeat(1_000));
    assert_eq!(manager.heard().unwrap().chars().count(), "STATUS=".len() + LONGEST_STATUS);
}

#[test]
fn a_service_manager_without_a_file_hears_it_too() {
    let name = format!("stelala-proxy-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let manager = Manager(UnixDatagram::bind_addr(&address).unwrap());
    let notifier = Notifier::new(at(format!("@{name}").as_ref())).unwrap();
    notifier.ready();
    assert_eq!(manager.heard().unwrap(), "READY=1");
}

#[test]
fn without_a_service_manager_nobody_is_told() {
    let notifier = Notifier::new(Surroundings::default()).unwrap();
    notifier.ready();
    notifier.stopping();
    for wrong in ["", "@", "relative", "vsock:2:1"] {
        assert_eq!(Notifier::new(at(wrong.as_ref())).unwrap_err().code(), "NOTIFY_SOCKET", "{wrong:?}");
    }
}

#[test]
fn a_service_manager_that_went_away_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    let notifier = Notifier::new(at(path.as_os_str())).unwrap();
    drop(manager);
    notifier.ready();
    std::fs::remove_file(&path).unwrap();
    notifier.stopping();
}

#[test]
fn a_pulse_that_stopped_is_felt() {
    let (device, other) = (Pulse::default(), Pulse::default());
    let mut ward = Ward::over(vec![device.clone(), other.clone()]);
    assert!(ward.all_beat(), "nobody had time to beat yet");
    assert!(!ward.all_beat());
    device.beat();
    assert!(!ward.all_beat(), "one is not both");
    device.beat();
    other.beat();
    assert!(ward.all_beat());
}

fn watched(path: &OsStr, micros: &str, process: Option<&str>) -> Notifier {
    let surroundings = Surroundings {
        socket: Some(path),
        watchdog_micros: Some(micros),
        watchdog_process: process,
        process: 7,
    };
    Notifier::new(surroundings).unwrap()
}

#[test]
fn signs_of_life_come_while_the_pulses_beat_and_end_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = Manager(UnixDatagram::bind(&path).unwrap());
    let notifier = watched(path.as_os_str(), "60000", Some("7"));
    let pulse = Pulse::default();
    let beating = pulse.clone();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    runtime.spawn(async move { notifier.supervise(vec![pulse]).await });
    for _ in 0..3 {
        beating.beat();
        assert_eq!(manager.heard().as_deref(), Some("WATCHDOG=1"));
    }
    // The thread hangs: at most one sign is on its way still.
    manager.heard_at_once();
    assert_eq!(manager.heard_at_once(), None);
    beating.beat();
    assert_eq!(manager.heard().as_deref(), Some("WATCHDOG=1"), "a thread that goes on is alive again");
}

#[test]
fn a_runtime_that_stands_still_gives_no_sign() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = Manager(UnixDatagram::bind(&path).unwrap());
    let notifier = watched(path.as_os_str(), "60000", None);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    runtime.spawn(async move { notifier.supervise(Vec::new()).await });
    assert_eq!(manager.heard().as_deref(), Some("WATCHDOG=1"));
    let (began, has_begun) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        began.send(()).unwrap();
        std::thread::sleep(Duration::from_secs(3));
    });
    has_begun.recv().unwrap();
    // What was on its way when the runtime stopped.
    manager.0.set_nonblocking(true).unwrap();
    while manager.0.recv(&mut [0; 64]).is_ok() {}
    manager.0.set_nonblocking(false).unwrap();
    assert_eq!(manager.heard_at_once(), None);
    assert_eq!(manager.heard().as_deref(), Some("WATCHDOG=1"), "once it goes on");
}

#[test]
fn a_watchdog_of_another_process_is_not_ours() {
    let path = OsStr::new("/nowhere");
    assert_eq!(watched(path, "60000", Some("8")).patience, None);
    assert_eq!(watched(path, "0", None).patience, None);
    assert_eq!(watched(path, "much", None).patience, None);
    assert_eq!(watched(path, "60000000", Some("7")).patience, Some(Duration::from_secs(60)));
}
