//! A DNS server whose answer depends on the first label of the name that is asked for.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

const NO_ERROR: u8 = 0;
const SERVER_FAILURE: u8 = 2;
const NO_SUCH_NAME: u8 = 3;

pub struct DnsServer {
    pub address: SocketAddr,
    /// Name → how often it was asked for.
    queries: Arc<Mutex<HashMap<String, usize>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl DnsServer {
    pub fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        let (queries, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (counts, stopped) = (Arc::clone(&queries), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                answer_one(&socket, &counts);
            }
        });
        DnsServer {
            address,
            queries,
            stop,
            thread: Some(thread),
        }
    }

    pub fn queries(&self, name: &str) -> usize {
        let queries = self.queries.lock().unwrap();
        queries.get(name).copied().unwrap_or_default()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer_one(socket: &UdpSocket, queries: &Mutex<HashMap<String, usize>>) {
    let mut buffer = [0; 1_500];
    let Ok((length, client)) = socket.recv_from(&mut buffer) else {
        return;
    };
    let query = &buffer[..length];
    let (name, end) = name(query);
    *queries.lock().unwrap().entry(name.clone()).or_default() += 1;
    if let Some(answer) = answer(query, end, name.split('.').next().unwrap_or_default()) {
        let _ = socket.send_to(&answer, client);
    }
}

/// The name in the question, and where the question ends.
fn name(query: &[u8]) -> (String, usize) {
    let (mut labels, mut at) = (Vec::new(), 12);
    while query[at] > 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).into_owned());
        at = end;
    }
    (labels.join("."), at + 5)
}

/// None: no answer ever comes.
fn answer(query: &[u8], end: usize, kind: &str) -> Option<Vec<u8>> {
    // Preference, then the exchange: "mx." or the root.
    let (code, answers, authority): (u8, Vec<&[u8]>, bool) = match kind {
        "mail" => (NO_ERROR, vec![b"\x00\x0a\x02mx\x00"], false),
        "nullmx" => (NO_ERROR, vec![b"\x00\x00\x00"], false),
        "nodata" => (NO_ERROR, vec![], true),
        "servfail" => (SERVER_FAILURE, vec![], false),
        "silent" => return None,
        _ => (NO_SUCH_NAME, vec![], true),
    };
    let mut message = query[..2].to_vec();
    message.extend([
        0x85,
        0x80 | code,
        0,
        1,
        0,
        u8::try_from(answers.len()).unwrap(),
    ]);
    message.extend([0, u8::from(authority), 0, 0]);
    message.extend(&query[12..end]);
    for data in answers {
        // The name of the question, MX, IN, valid for 300 seconds.
        message.extend([0xc0, 12, 0, 15, 0, 1, 0, 0, 1, 44]);
        message.extend([0, u8::try_from(data.len()).unwrap()]);
        message.extend(data);
    }
    if authority {
        // SOA: what says how long a name is known not to be there.
        message.extend([0xc0, 12, 0, 6, 0, 1, 0, 0, 1, 44, 0, 22, 0, 0]);
        message.extend([0, 0, 1, 44].repeat(5));
    }
    Some(message)
}
