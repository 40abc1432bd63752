//! A mail server that takes every message and keeps none, on a port of 127.0.0.1 that it prints first.
//!
//! Its input tells it what to do, a line each:
//!
//! - `hold`: greet nobody who connects from now on: what is to be sent waits
//! - `go`: greet those who wait, and count from 0
//! - `count`: print `{"messages": …, "seconds": …}`, the time from the first message to the last
//!
//! It ends when its input does.

use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

#[derive(Default)]
struct Seen {
    held: bool,
    messages: u64,
    /// When the first message began, and the last one ended.
    time: Option<(Instant, Instant)>,
}

#[derive(Default)]
struct Sink {
    seen: Mutex<Seen>,
    goes_on: Condvar,
}

pub fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let sink = Arc::new(Sink::default());
    let taking = Arc::clone(&sink);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sink = Arc::clone(&taking);
            // Whoever hangs up has nothing to be told.
            std::thread::spawn(move || sink.serve(stream));
        }
    });
    for order in io::stdin().lines() {
        sink.told(&order?);
    }
    Ok(())
}

impl Sink {
    fn told(&self, order: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match order {
            "hold" => seen.held = true,
            "go" => {
                *seen = Seen::default();
                self.goes_on.notify_all();
            }
            _ => {
                let time = seen
                    .time
                    .map_or(0.0, |(first, last)| (last - first).as_secs_f64());
                println!(r#"{{"messages": {}, "seconds": {time}}}"#, seen.messages);
            }
        }
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.goes_on.wait_while(seen, |seen| seen.held));
        stream.set_nodelay(true)?;
        let mut lines = BufReader::new(stream.try_clone()?);
        let mut answers = BufWriter::new(stream);
        answers.write_all(b"220 sink\r\n")?;
        answers.flush()?;
        let mut line = Vec::new();
        let mut message_began = None;
        while lines.read_until(b'\n', &mut line)? > 0 {
            if let Some(began) = message_began {
                if line == b".\r\n" {
                    self.took(began);
                    message_began = None;
                    answers.write_all(b"250 OK\r\n")?;
                }
            } else if line.starts_with(b"EHLO") {
                answers.write_all(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")?;
            } else if line.starts_with(b"DATA") {
                message_began = Some(Instant::now());
                answers.write_all(b"354 Go ahead\r\n")?;
            } else if line.starts_with(b"QUIT") {
                return answers.write_all(b"221 Bye\r\n");
            } else {
                answers.write_all(b"250 OK\r\n")?;
            }
            line.clear();
            // RFC 2920, 3.2: all that was asked at once is answered at once.
            if lines.buffer().is_empty() {
                answers.flush()?;
            }
        }
        Ok(())
    }

    fn took(&self, began: Instant) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.messages += 1;
        let (first, _) = seen.time.unwrap_or((began, began));
        seen.time = Some((first, Instant::now()));
    }
}
