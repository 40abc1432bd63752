//! What triggers do to a user, and how it is undone: undoing removes only what the trigger itself has added.

use super::{Run, Topic};
use crate::db::connection::Conn;
use crate::error::Error;
use crate::ids::{FormId, StatusId};
use crate::orders::offer::{Offered, offer};
use crate::orders::{cart, locked};
use crate::project::snapshot::{Project, current_status};
use crate::project::trigger::{Effect, Trigger};
use crate::triggers::memory::{Entry, Replaced};

impl Run<'_> {
    pub(super) fn fire(
        &mut self,
        conn: &mut Conn,
        project: &Project,
        position: usize,
        trigger: &Trigger,
        entry: &mut Entry,
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        match &trigger.action {
            Effect::AddProductNoShow { products } | Effect::AddProduct { products } => {
                for product in products {
                    let note = self.add_product(conn, project, *product, entry)?;
                    notes.push(note);
                }
            }
            Effect::ShowProdInList { products } => {
                entry.listed = true;
                notes.push(format!("products {products:?} can be selected"));
            }
            Effect::RemoveProdFromList { products } => {
                entry.listed = true;
                notes.push(format!("products {products:?} cannot be selected"));
            }
            Effect::AddForm { form } => notes.push(self.add_form(project, *form, entry)?),
            Effect::SetStatus { status } => {
                let note = self.set_status(conn, *status, entry)?;
                notes.push(note);
            }
            Effect::SendEmail { template, repeat } => {
                if entry.sent && !repeat {
                    notes.push(format!("e-mail {template} was sent before"));
                } else {
                    entry.sent = true;
                    self.emails.push(position);
                }
            }
        }
        Ok(())
    }

    pub(super) fn undo(
        &mut self,
        conn: &mut Conn,
        trigger: &Trigger,
        entry: &mut Entry,
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        match &trigger.action {
            Effect::AddProductNoShow { .. } | Effect::AddProduct { .. } => {
                self.remove_products(conn, entry, notes)?;
            }
            Effect::ShowProdInList { products } => {
                entry.listed = false;
                notes.push(format!("products {products:?} can be selected no more"));
            }
            Effect::RemoveProdFromList { products } => {
                entry.listed = false;
                notes.push(format!("products {products:?} can be selected again"));
            }
            Effect::AddForm { form } => {
                if std::mem::take(&mut entry.form) {
                    let mut forms = self.person.form_state()?;
                    forms.added.retain(|added| added != form);
                    self.person.set_form_state(&forms)?;
                    notes.push(format!("form {form} is taken away"));
                }
            }
            Effect::SetStatus { status } => self.restore_status(conn, *status, entry, notes)?,
            Effect::SendEmail { .. } => {}
        }
        Ok(())
    }

    /// What is in the cart already is not added again; what cannot be added does not fail the call.
    fn add_product(
        &mut self,
        conn: &mut Conn,
        project: &Project,
        id: i64,
        entry: &mut Entry,
    ) -> Result<String, Error> {
        let Some(product) = project.product(id) else {
            return Ok(format!("product {id} does not exist any more"));
        };
        if self.state.products.contains(&id) {
            return Ok(format!("product {id} is in the cart already"));
        }
        let cart = self.cart.get_or_insert_default();
        match offer(conn, self.person, cart, product, self.settling.now)? {
            Offered::Added(line) => {
                entry.carts.push(line.id);
                self.see_registration();
                if line.waiting {
                    return Ok(format!("product {id} waits for a seat"));
                }
                self.changed(project, &Topic::Product(id));
                self.changed(project, &Topic::Balance);
                Ok(format!("product {id} is added"))
            }
            Offered::Refused(reason) => Ok(format!("product {id} is not added: it {reason}")),
        }
    }

    fn remove_products(
        &mut self,
        conn: &mut Conn,
        entry: &mut Entry,
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        let project = self.person.project.clone();
        let paid = self.person.registration.paid_total;
        let cart = self.cart.get_or_insert_default();
        let mut ours = std::mem::take(&mut entry.carts);
        ours.retain(|id| match cart.line(*id) {
            None => false,
            Some(line) => match locked(&project, cart, paid, line) {
                None => true,
                Some(reason) => {
                    notes.push(format!("line {id} of the cart stays: it {reason}"));
                    false
                }
            },
        });
        let removed = cart::take_out(conn, self.person, cart, &ours)?;
        self.see_registration();
        for id in removed.iter().filter_map(|line| line.product_id) {
            notes.push(format!("product {id} is taken out"));
            self.changed(&project, &Topic::Product(id));
        }
        self.changed(&project, &Topic::Balance);
        Ok(())
    }

    fn add_form(
        &mut self,
        project: &Project,
        id: FormId,
        entry: &mut Entry,
    ) -> Result<String, Error> {
        let Some(form) = project.form(id) else {
            return Ok(format!("form {id} does not exist any more"));
        };
        let mut forms = self.person.form_state()?;
        if forms.has(form, self.person.is_child()) {
            return Ok(format!("form {id} is there already"));
        }
        forms.added.push(id);
        self.person.set_form_state(&forms)?;
        entry.form = true;
        Ok(format!("form {id} is added"))
    }

    fn set_status(
        &mut self,
        conn: &mut Conn,
        id: StatusId,
        entry: &mut Entry,
    ) -> Result<String, Error> {
        if self.state.status == Some(id) {
            return Ok(format!("status {id} is set already"));
        }
        let project = self.person.project.clone();
        // It may have begun to exclude, or be gone, since the snapshot.
        let Some(status) = current_status(conn, &project, id)? else {
            return Ok(format!("status {id} does not exist any more"));
        };
        entry.replaced = Some(Replaced {
            status: self.state.status,
        });
        self.person.registration.status_id = Some(id.0);
        self.person.registration.excluded = status.is_excluded;
        self.see_registration();
        self.changed(&project, &Topic::Status);
        Ok(format!("status {id} is set"))
    }

    /// A status that somebody has set since stays.
    fn restore_status(
        &mut self,
        conn: &mut Conn,
        own: StatusId,
        entry: &mut Entry,
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        let Some(replaced) = entry.replaced.take() else {
            return Ok(());
        };
        if self.state.status != Some(own) {
            notes.push(format!("status {own} was changed meanwhile"));
            return Ok(());
        }
        let project = self.person.project.clone();
        let status = match replaced.status {
            Some(id) => current_status(conn, &project, id)?,
            None => None,
        };
        self.person.registration.status_id = status.as_ref().map(|status| status.id.0);
        self.person.registration.excluded = status.is_some_and(|status| status.is_excluded);
        self.see_registration();
        self.changed(&project, &Topic::Status);
        notes.push(format!("status {own} is taken away"));
        Ok(())
    }
}
