//! What the machine can do at most, for `bench/run` to hold the service against:
//!
//! - `ceiling http PORT ANSWER_FILE`: a bare actix server that reads a POST's body and answers with the file
//! - `ceiling read DATABASE_FILE SECONDS`: the query of `get_info` in a plain loop, in one thread
//! - `ceiling create DATABASE_FILE SECONDS`: the statements of `create` in a plain loop, in one thread, committed every
//!   64 rows
//! - `ceiling argon2 SECONDS`: hashes of passwords, on as many threads as there are cores
//!
//! Each of the last three prints one number, of things done in a second. And what the service sends its e-mails to:
//!
//! - `ceiling smtp`: a mail server that takes everything ([`smtp_sink`])

mod smtp_sink;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use argon2::{Argon2, PasswordHasher};
use clogin::clock::Clock;
use clogin::db::connection::{Conn, Manager, Purpose, Target};
use clogin::db::events::{self, NewEvent};
use clogin::db::registrations::{self, Registration};
use clogin::db::totals;
use clogin::db::users::{self, NewUser};
use clogin::ids::{CloginId, GroupId, Ids, OrganizationId};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

/// As `bench/project.json` has them.
const ORGANIZATION: OrganizationId = OrganizationId(1);
const GROUP: GroupId = GroupId(1);

const ROWS_A_COMMIT: u32 = 64;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["http", port, file] => serve(port.parse()?, std::fs::read_to_string(file)?),
        ["read", file, seconds] => read(&mut open(file)?, duration(seconds)?),
        ["create", file, seconds] => create(&mut open(file)?, duration(seconds)?),
        ["argon2", seconds] => hash(duration(seconds)?),
        ["smtp"] => Ok(smtp_sink::run()?),
        _ => {
            eprintln!("bench/run starts this with http, read, create, argon2 or smtp");
            Ok(())
        }
    }
}

fn duration(seconds: &str) -> Result<Duration, Box<dyn Error>> {
    Ok(Duration::from_secs_f64(seconds.parse()?))
}

fn serve(port: u16, answer: String) -> Outcome {
    let server = HttpServer::new(move || {
        let answer = web::Bytes::from(answer.clone());
        let post = move |_body: web::Bytes| {
            let answer = answer.clone();
            async move {
                HttpResponse::Ok()
                    .content_type("application/json; charset=utf-8")
                    .body(answer)
            }
        };
        App::new().default_service(web::post().to(post))
    })
    .workers(std::thread::available_parallelism()?.get())
    .bind(("127.0.0.1", port))?;
    actix_web::rt::System::new().block_on(server.run())?;
    Ok(())
}

/// A connection as the service's writer has it, that moves the journal by itself, as SQLite does.
fn open(file: &str) -> Result<Conn, Box<dyn Error>> {
    let manager = Manager::new(Target::Sqlite(PathBuf::from(file)), Purpose::Write, None, 1);
    let mut conn = r2d2::ManageConnection::connect(&manager)?;
    conn.batch_execute("PRAGMA wal_autocheckpoint = 1000")?;
    check_how_sqlite_was_compiled(&mut conn)?;
    Ok(conn)
}

/// Without this option SQLite prepares every cached `LIMIT ?` anew, and all is measured slower than it ought to be.
fn check_how_sqlite_was_compiled(conn: &mut Conn) -> Outcome {
    #[derive(QueryableByName)]
    struct CompileOption {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let options: Vec<CompileOption> =
        diesel::sql_query("SELECT compile_options FROM pragma_compile_options")
            .load(&mut **conn)?;
    if options
        .iter()
        .any(|option| option.compile_options == "ENABLE_QPSG")
    {
        return Ok(());
    }
    Err("SQLite was compiled without ENABLE_QPSG: build where .cargo/config.toml is seen".into())
}

fn read(conn: &mut Conn, time: Duration) -> Outcome {
    // Not everybody is registered.
    let ids: Vec<i64> = {
        use clogin::db::schema::registrations::dsl::{clogin_id, registrations};
        registrations.select(clogin_id).load(&mut **conn)?
    };
    let mut next = 0;
    let per_second = per_second(time, || {
        // A stride that is prime to every usual count of users: all of them, in no order.
        next = (next + 7_919) % ids.len();
        registrations::find(conn, ORGANIZATION, GROUP, CloginId(ids[next]))?
            .map(|_| ())
            .ok_or_else(|| "a user is missing".into())
    })?;
    println!("{per_second:.1}");
    Ok(())
}

fn create(conn: &mut Conn, time: Duration) -> Outcome {
    let mut number = 0;
    let commits = per_second(time, || {
        conn.begin_write()?;
        for _ in 0..ROWS_A_COMMIT {
            number += 1;
            insert(conn, number)?;
        }
        Ok(conn.commit()?)
    })?;
    println!("{:.1}", commits * f64::from(ROWS_A_COMMIT));
    Ok(())
}

/// What a `create` of `bench/load.lua` comes to.
fn insert(conn: &mut Conn, number: u64) -> Outcome {
    let now = Clock::System.now();
    let username = format!("ceiling-{number}@clogin.example");
    let user = NewUser {
        organization_id: ORGANIZATION.0,
        uuid: Ids::Random.uuid(now).to_string(),
        username: Some(username.clone()),
        username_key: Some(username.clone()),
        password_hash: None,
        first_name: "Ella".to_owned(),
        last_name: "Fitz".to_owned(),
        org_name: String::new(),
        main_email: Some(username.clone()),
        email_key: Some(username),
        locale: "en".to_owned(),
        created_at: now,
        updated_at: now,
    };
    let clogin = users::insert(conn, &user)?;
    let registration = Registration {
        id: 0,
        organization_id: ORGANIZATION.0,
        group_id: GROUP.0,
        clogin_id: clogin.0,
        parent_id: None,
        version: 1,
        status_id: None,
        excluded: false,
        answers: r#"{"f_1_1":"Newport","f_1_3":"2001-02-03"}"#.to_owned(),
        forms: r#"{"completed":{"1":"2027-01-05T09:00:00.123"}}"#.to_owned(),
        utm: None,
        order_total: 0,
        paid_total: 0,
        application_date: now,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        triggers: "{}".to_owned(),
        triggers_seen: 0,
    };
    registrations::insert(conn, &registration)?;
    totals::add_person_with(conn, &registration)?;
    let event = |kind| NewEvent {
        organization_id: ORGANIZATION.0,
        id: Ids::Random.uuid(now).to_string(),
        kind,
        request_id: user.uuid.clone(),
        admin_id: 1,
        clogin_id: None,
        metadata: r#"{"action":"create","groupId":1}"#.to_owned(),
        data: None,
    };
    let events = ["USER_CREATE_START", "USER_CREATE_SUCCESS"].map(event);
    events::insert(conn, &events)?;
    Ok(())
}

fn hash(time: Duration) -> Outcome {
    let threads = std::thread::available_parallelism()?.get();
    let hashing: Vec<_> = (0..threads)
        .map(|_| {
            std::thread::spawn(move || {
                per_second(time, || {
                    Argon2::default()
                        .hash_password_with_salt(b"correct horse battery", &[7; 16])
                        .map(|_| ())
                        .map_err(|error| error.to_string().into())
                })
                .map_err(|error| error.to_string())
            })
        })
        .collect();
    let mut sum = 0.0;
    for thread in hashing {
        sum += thread.join().map_err(|_| "a hashing thread panicked")??;
    }
    println!("{sum:.1}");
    Ok(())
}

/// How often `step` can be done in a second, measured for about `time`.
fn per_second(time: Duration, mut step: impl FnMut() -> Outcome) -> Result<f64, Box<dyn Error>> {
    let began = Instant::now();
    let mut done = 0_u32;
    while began.elapsed() < time {
        step()?;
        done += 1;
    }
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}
