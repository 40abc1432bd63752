//! The real binary, as a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use clogin::db::connection::Target;
use rustix::process::{Pid, Signal, kill_process};

use super::client::Client;

/// A command of the binary, with no setting but the database.
pub fn clogin(database_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clogin"));
    command
        .env_clear()
        .env("CLOGIN_DATABASE_URL", database_url)
        .args(arguments)
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(database_url: &str, arguments: &[&str]) -> Output {
    clogin(database_url, arguments).output().unwrap()
}

pub fn url(target: &Target) -> String {
    match target {
        Target::Sqlite(path) => format!("sqlite://{}", path.display()),
        Target::Postgres(url) => url.clone(),
    }
}

/// `clogin serve`; killed when it is dropped.
pub struct Server {
    pub client: Client,
    process: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts it on a free port, and waits until it listens.
    pub fn start(target: &Target, settings: &[(&str, &str)]) -> Self {
        let mut process = clogin(&url(target), &["serve"])
            .env("CLOGIN_LISTEN", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (send, listening) = mpsc::channel();
        let lines = BufReader::new(process.stderr.take().unwrap());
        let written = Arc::clone(&log);
        let reader = std::thread::spawn(move || follow(lines, &written, &send));
        let address = listening
            .recv_timeout(Duration::from_secs(30))
            .unwrap_or_else(|_| panic!("does not listen: {}", log.lock().unwrap()));
        Server {
            client: Client::new(&address),
            process,
            log,
            reader: Some(reader),
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn terminate(&self) {
        let id = Pid::from_child(&self.process);
        kill_process(id, Signal::TERM).unwrap();
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// All that it has written to standard error, once it has ended.
    pub fn log(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn follow(mut lines: impl BufRead, log: &Mutex<String>, listening: &mpsc::Sender<String>) {
    let mut bytes = Vec::new();
    while lines
        .read_until(b'\n', &mut bytes)
        .is_ok_and(|length| length > 0)
    {
        let line = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((_, address)) = line.split_once(" on http://") {
            let _ = listening.send(format!("http://{}", address.trim()));
        }
        log.lock().unwrap().push_str(&line);
        bytes.clear();
    }
}
