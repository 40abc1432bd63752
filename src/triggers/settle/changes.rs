//! What a call has changed of a user, as topics.

use std::collections::BTreeSet;

use crate::db::carts::CartLine;
use crate::db::registrations::Registration;
use crate::error::Error;
use crate::triggers::topics::Topic;
use crate::users::person::Person;

#[derive(Clone, Debug, Default)]
pub struct Changes {
    topics: BTreeSet<Topic>,
    is_registration: bool,
    has_empty_cart: bool,
}

impl Changes {
    /// Somebody is registered by this call: everything that there is of it is new.
    ///
    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn of_registration(person: &Person) -> Result<Self, Error> {
        let answers = person.answers()?;
        let mut topics: BTreeSet<_> = answers
            .into_iter()
            .map(|(field, _)| Topic::Field(field))
            .collect();
        topics.extend(person.form_state()?.completed.into_keys().map(Topic::Form));
        topics.extend([Topic::Registration, Topic::Children]);
        if person.registration.status_id.is_some() {
            topics.insert(Topic::Status);
        }
        Ok(Changes {
            topics,
            is_registration: true,
            has_empty_cart: true,
        })
    }

    /// A parent's children have become more or fewer.
    pub fn of_children() -> Self {
        Changes {
            topics: BTreeSet::from([Topic::Children]),
            ..Changes::default()
        }
    }

    /// What differs between a registration as it was and as it is.
    ///
    /// # Errors
    ///
    /// When a stored document does not parse.
    pub fn between(before: &Registration, person: &Person) -> Result<Self, Error> {
        let after = &person.registration;
        let mut topics = BTreeSet::new();
        if before.answers != after.answers {
            let old = person.with(before).answers()?;
            let new = person.answers()?;
            let differs = |field: &&String| old.get(*field) != new.get(*field);
            topics.extend(
                old.keys()
                    .chain(new.keys())
                    .filter(differs)
                    .cloned()
                    .map(Topic::Field),
            );
        }
        if before.forms != after.forms {
            let old = person.with(before).form_state()?.completed;
            let new = person.form_state()?.completed;
            topics.extend(
                new.into_keys()
                    .filter(|form| !old.contains_key(form))
                    .map(Topic::Form),
            );
        }
        if before.status_id != after.status_id {
            topics.insert(Topic::Status);
        }
        if (before.order_total, before.paid_total) != (after.order_total, after.paid_total) {
            topics.insert(Topic::Balance);
        }
        Ok(Changes {
            topics,
            ..Changes::default()
        })
    }

    /// Products that came into the cart or left it.
    #[must_use]
    pub fn with_products(mut self, products: impl IntoIterator<Item = i64>) -> Self {
        self.topics.extend(products.into_iter().map(Topic::Product));
        self
    }

    /// The cart that somebody new comes with.
    #[must_use]
    pub fn with_cart(mut self, lines: &[CartLine]) -> Self {
        self.has_empty_cart = false;
        self.topics.insert(Topic::Balance);
        self.with_products(lines.iter().filter_map(|line| line.product_id))
    }

    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.iter()
    }

    pub fn is_registration(&self) -> bool {
        self.is_registration
    }

    /// Whether nothing can be in the cart yet.
    pub fn has_empty_cart(&self) -> bool {
        self.has_empty_cart
    }
}
