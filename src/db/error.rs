//! What a database's error means. diesel hides the SQLSTATE; what it shows is sorted here, once.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// The unique indexes whose violation means something to an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueIndex {
    AdminToken,
    Credential,
    IdempotencyKey,
    /// Where somebody logs in elsewhere.
    ProviderLink,
    Registration,
    Username,
}

/// (index, its name on PostgreSQL, its columns as SQLite's message lists them).
const UNIQUE_INDEXES: [(UniqueIndex, &str, &str); 6] = [
    (
        UniqueIndex::AdminToken,
        "admins_token",
        "admins.token_sha256",
    ),
    (
        UniqueIndex::Credential,
        "credentials_pkey",
        "credentials.organization_id, credentials.id",
    ),
    (
        UniqueIndex::IdempotencyKey,
        "idempotency_records_pkey",
        "idempotency_records.organization_id, idempotency_records.admin_id, idempotency_records.idempotency_key",
    ),
    (
        UniqueIndex::ProviderLink,
        "users_provider",
        "users.organization_id, users.provider_key, users.subject_id",
    ),
    (
        UniqueIndex::Registration,
        "registrations_user",
        "registrations.organization_id, registrations.group_id, registrations.clogin_id",
    ),
    (
        UniqueIndex::Username,
        "users_username",
        "users.organization_id, users.username_key",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DbFailure {
    /// A row with these values is there already.
    Taken(UniqueIndex),
    /// Whom a row is to belong to is not there any more: deleted for good since it was read.
    Gone,
    /// The same transaction may succeed when it runs again: a deadlock or a serialization failure. diesel reports a
    /// deadlock without a kind of its own, so whatever it cannot name counts as one; trying again is bounded.
    Transient,
    /// The database cannot do it now: busy, full, unreachable.
    Unavailable,
    /// A mistake in the program.
    Unexpected,
}

pub fn classify(error: &DieselError) -> DbFailure {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
            UNIQUE_INDEXES
                .iter()
                .find(|(_, name, columns)| {
                    information.constraint_name() == Some(name)
                        || information.message().ends_with(&format!(": {columns}"))
                })
                .map_or(DbFailure::Unexpected, |(index, ..)| {
                    DbFailure::Taken(*index)
                })
        }
        DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => DbFailure::Gone,
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        )
        | DieselError::BrokenTransactionManager => DbFailure::Unavailable,
        DieselError::DatabaseError(
            DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::Unknown,
            _,
        ) => DbFailure::Transient,
        _ => DbFailure::Unexpected,
    }
}
