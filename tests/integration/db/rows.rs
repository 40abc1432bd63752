//! Statements whose text is written out: each value is in its own column.

use clogin::clock::Timestamp;
use clogin::db::registrations::{self, Registration};
use clogin::db::schema::{events, users as people};
use clogin::db::users::{NewUser, User};
use clogin::db::{Outcome, events as kept, users};
use clogin::ids::{CloginId, GroupId};
use diesel::prelude::*;

use super::writer::{ORGANIZATION, block_on, open};
use crate::support::database::TestDatabase;

/// Of the demo project.
const GROUP: GroupId = GroupId(1001);

fn seconds(since: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(since, 0)
        .unwrap()
        .naive_utc()
        .into()
}

/// Every value is another.
fn person() -> NewUser {
    NewUser {
        organization_id: ORGANIZATION.0,
        uuid: "uuid".to_owned(),
        username: Some("username".to_owned()),
        username_key: Some("username key".to_owned()),
        password_hash: Some("hash".to_owned()),
        first_name: "first".to_owned(),
        last_name: "last".to_owned(),
        org_name: "org".to_owned(),
        main_email: Some("email".to_owned()),
        email_key: Some("email key".to_owned()),
        locale: "locale".to_owned(),
        created_at: seconds(1),
        updated_at: seconds(2),
    }
}

#[test]
fn a_person() {
    let database = TestDatabase::new();
    let row = block_on(open(&database, 64).write(|conn| {
        let CloginId(id) = users::insert(conn, &person())?;
        let row = people::table
            .filter(people::id.eq(id))
            .select((
                people::organization_id,
                people::uuid,
                people::username,
                people::username_key,
                people::password_hash,
                (people::first_name, people::last_name, people::org_name),
                people::main_email,
                people::email_key,
                people::locale,
                (people::created_at, people::updated_at),
            ))
            .get_result::<(
                i64,
                String,
                Option<String>,
                Option<String>,
                Option<String>,
                (String, String, String),
                Option<String>,
                Option<String>,
                String,
                (Timestamp, Timestamp),
            )>(&mut **conn)?;
        Ok(Outcome::Undo(row))
    }))
    .unwrap();
    let text = str::to_owned;
    let expected = (
        ORGANIZATION.0,
        text("uuid"),
        Some(text("username")),
        Some(text("username key")),
        Some(text("hash")),
        (text("first"), text("last"), text("org")),
        Some(text("email")),
        Some(text("email key")),
        text("locale"),
        (seconds(1), seconds(2)),
    );
    assert_eq!(row, expected);
}

#[test]
fn a_registration() {
    let database = TestDatabase::new();
    let (written, user, read, found) = block_on(open(&database, 64).write(|conn| {
        let new = person();
        let person = users::insert(conn, &new)?;
        let user = User {
            id: person.0,
            organization_id: new.organization_id,
            uuid: new.uuid,
            username: new.username,
            first_name: new.first_name,
            last_name: new.last_name,
            org_name: new.org_name,
            main_email: new.main_email,
        };
        let mut written = Registration {
            id: 0,
            organization_id: ORGANIZATION.0,
            group_id: GROUP.0,
            clogin_id: person.0,
            parent_id: Some(3),
            version: 4,
            status_id: Some(5),
            excluded: true,
            answers: "answers".to_owned(),
            forms: "forms".to_owned(),
            utm: Some("utm".to_owned()),
            order_total: 6,
            paid_total: 7,
            application_date: seconds(8),
            created_at: seconds(9),
            updated_at: seconds(10),
            deleted_at: None,
            triggers: "triggers".to_owned(),
            triggers_seen: 11,
        };
        registrations::insert(conn, &written)?;
        let read = registrations::of_person(conn, ORGANIZATION, GROUP, person)?.unwrap();
        let found = registrations::find(conn, ORGANIZATION, GROUP, person)?;
        written.id = read.id;
        Ok(Outcome::Undo((written, user, read, found)))
    }))
    .unwrap();
    assert_eq!(read, written);
    assert_eq!(found, Some((written, user)));
}

#[test]
fn events_in_one_statement() {
    let database = TestDatabase::new();
    let rows = block_on(open(&database, 64).write(|conn| {
        let event = kept::NewEvent {
            organization_id: ORGANIZATION.0,
            id: "id".to_owned(),
            kind: "kind",
            request_id: "request".to_owned(),
            admin_id: 2,
            clogin_id: Some(3),
            metadata: "metadata".to_owned(),
            data: Some("data".to_owned()),
        };
        let other = kept::NewEvent {
            id: "other".to_owned(),
            clogin_id: None,
            data: None,
            ..event.clone()
        };
        kept::insert(conn, &[event, other])?;
        let rows = events::table
            .filter(events::request_id.eq("request"))
            .order(events::id)
            .select((
                events::organization_id,
                events::id,
                events::kind,
                events::admin_id,
                events::clogin_id,
                events::metadata,
                events::data,
            ))
            .load::<(
                i64,
                String,
                String,
                i64,
                Option<i64>,
                String,
                Option<String>,
            )>(&mut **conn)?;
        Ok(Outcome::Undo(rows))
    }))
    .unwrap();
    let text = str::to_owned;
    let row = |id, clogin, data| {
        let kind = text("kind");
        (
            ORGANIZATION.0,
            text(id),
            kind,
            2,
            clogin,
            text("metadata"),
            data,
        )
    };
    let expected = [
        row("id", Some(3), Some(text("data"))),
        row("other", None, None),
    ];
    assert_eq!(rows, expected);
}
