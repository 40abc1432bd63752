//! The database, looked at past the application: what is there, and faults.

use clogin::db::connection::{Conn, DbConn, Manager, Purpose, Target};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};

pub struct Direct(Conn);

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    text: String,
}

impl Direct {
    pub fn open(target: &Target) -> Self {
        let manager = Manager::new(target.clone(), Purpose::Write, None, 1);
        Direct(r2d2::ManageConnection::connect(&manager).unwrap())
    }

    pub fn execute(&mut self, sql: &str) {
        self.0
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The texts that a query gives in its column `text`.
    pub fn texts(&mut self, sql: &str) -> Vec<String> {
        let query = diesel::sql_query(sql);
        let found: Vec<Found> = match &mut *self.0 {
            DbConn::Sqlite(conn) => query.load(conn),
            DbConn::Postgres(conn) => query.load(conn),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
        found.into_iter().map(|found| found.text).collect()
    }

    /// How the database goes about a statement that the application has sent, whatever there is in the tables.
    pub fn plan(&mut self, statement: &str) -> Vec<String> {
        let (sql, _) = statement.split_once(" -- binds").unwrap_or((statement, ""));
        match &mut *self.0 {
            DbConn::Sqlite(conn) => {
                let query = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"));
                let steps: Vec<Step> = query.load(conn).unwrap();
                steps.into_iter().map(|step| step.detail).collect()
            }
            DbConn::Postgres(_) => {
                let count = (1..).take_while(|number| sql.contains(&format!("${number}")));
                let nulls: Vec<_> = count.map(|_| "NULL").collect();
                let execute = format!("EXPLAIN EXECUTE planned({})", nulls.join(", "));
                self.execute(&format!(
                    "SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan; \
                     PREPARE planned AS {sql}; CREATE TEMP TABLE plan (text TEXT); \
                     DO $$ DECLARE line TEXT; BEGIN \
                     FOR line IN EXECUTE '{execute}' LOOP INSERT INTO plan VALUES (line); END LOOP; END $$"
                ));
                let plan = self.texts("SELECT text FROM plan");
                self.execute("DEALLOCATE planned; DROP TABLE plan");
                plan
            }
        }
    }

    /// The number that `SELECT {what}` gives.
    pub fn number(&mut self, what: &str) -> i64 {
        let texts = self.texts(&format!("SELECT CAST(({what}) AS TEXT) AS text"));
        texts[0].parse().unwrap()
    }

    /// How many rows a table has.
    pub fn rows(&mut self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    /// Every row of every table.
    pub fn dump(&mut self) -> String {
        let tables = match &*self.0 {
            DbConn::Sqlite(_) => {
                "SELECT name AS text FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            }
            DbConn::Postgres(_) => {
                "SELECT table_name::text AS text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
            }
        };
        let mut dump = String::new();
        for table in self.texts(tables) {
            let row = self.row_as_text(&table);
            let rows = self.texts(&format!("SELECT {row} AS text FROM {table} t ORDER BY 1"));
            dump.push_str(&format!("{table}:\n{}\n", rows.join("\n")));
        }
        dump
    }

    fn row_as_text(&mut self, table: &str) -> String {
        match &*self.0 {
            DbConn::Sqlite(_) => {
                let columns = format!("SELECT name AS text FROM pragma_table_info('{table}')");
                let columns = self.texts(&columns).into_iter();
                let quoted: Vec<_> = columns.map(|name| format!("quote(\"{name}\")")).collect();
                quoted.join("||','||")
            }
            DbConn::Postgres(_) => "t::text".to_owned(),
        }
    }

    /// Makes the second `create` of [`spoiled`] fail at its second statement, in a way that the program does not expect.
    pub fn spoil(&mut self) {
        self.execute(
            r#"CREATE UNIQUE INDEX spoil ON registrations (organization_id) WHERE utm = '{"id":"spoil"}'"#,
        );
    }

    /// Takes a lock that lets no other write pass until [`Direct::release`].
    pub fn hold_off_writers(&mut self) {
        self.hold_off_writers_of("users");
    }

    /// The same, where a write comes to this table (SQLite: any write).
    pub fn hold_off_writers_of(&mut self, table: &str) {
        match &*self.0 {
            DbConn::Sqlite(_) => self.execute("BEGIN IMMEDIATE"),
            DbConn::Postgres(_) => self.execute(&format!(
                "BEGIN; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"
            )),
        }
    }

    /// Waits until so many transactions wait for a lock; not to be called within a transaction, which would see one state
    /// of it all. SQLite has one writer: there nobody has to be waited for.
    pub fn until_waiting(&mut self, count: i64) {
        if let DbConn::Sqlite(_) = &*self.0 {
            return;
        }
        let waiting = "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        super::until(|| self.number(waiting) >= count);
    }

    pub fn release(&mut self) {
        self.execute("ROLLBACK");
    }

    /// Waits until the transactions of a process that was killed have ended: PostgreSQL notices it a moment later.
    pub fn wait_until_alone(&mut self) {
        if let DbConn::Sqlite(_) = &*self.0 {
            return;
        }
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        super::until(|| self.number(others) == 0);
    }
}

/// What [`Direct::spoil`] has spoiled.
pub fn spoiled() -> serde_json::Value {
    serde_json::json!({ "_utm": { "id": "spoil" } })
}
