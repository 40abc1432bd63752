//! What triggers do to a user, and how it is undone: undoing takes away what the trigger itself has added, unless another
//! trigger would have added it too.

use super::{Run, Topic};
use crate::db::connection::Conn;
use crate::error::Error;
use crate::ids::{FormId, StatusId};
use crate::orders::cart::{self, Cart};
use crate::orders::locked;
use crate::orders::offer::{Offered, offer};
use crate::project::snapshot::{Project, current_status};
use crate::project::trigger::{Effect, Trigger};
use crate::triggers::memory::{Entry, OwnStatus};

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
                    let note = self.add_product(conn, project, trigger.id, *product, entry)?;
                    notes.push(note);
                }
            }
            Effect::ShowProdInList { products } => {
                note_products(&mut entry.shown, products);
                notes.push(format!("products {products:?} can be selected"));
            }
            Effect::RemoveProdFromList { products } => {
                note_products(&mut entry.hidden, products);
                notes.push(format!("products {products:?} cannot be selected"));
            }
            Effect::AddForm { form } => {
                let note = self.add_form(project, trigger.id, *form, entry)?;
                notes.push(note);
            }
            Effect::SetStatus { status } => {
                let note = self.set_status(conn, *status, entry)?;
                notes.push(note);
            }
            Effect::SendEmail { template, repeat } => {
                if entry.sent && !repeat {
                    notes.push(format!("e-mail {template} was sent before"));
                } else {
                    self.emails.push(position);
                }
            }
        }
        Ok(())
    }

    /// Undoes what the trigger did, whatever it would do now.
    pub(super) fn undo(
        &mut self,
        conn: &mut Conn,
        trigger: i64,
        entry: &mut Entry,
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        if !entry.carts.is_empty() {
            self.remove_products(conn, trigger, entry, notes)?;
        }
        if !entry.forms.is_empty() {
            self.remove_forms(trigger, entry, notes)?;
        }
        if let Some(own) = entry.status.take() {
            let note = self.restore_status(conn, trigger, own)?;
            notes.push(note);
        }
        let shown = std::mem::take(&mut entry.shown);
        if !shown.is_empty() {
            notes.push(format!("products {shown:?} can be selected no more"));
        }
        let hidden = std::mem::take(&mut entry.hidden);
        if !hidden.is_empty() {
            notes.push(format!("products {hidden:?} can be selected again"));
        }
        Ok(())
    }

    /// What is in the cart already is not added again; what cannot be added does not fail the call.
    fn add_product(
        &mut self,
        conn: &mut Conn,
        project: &Project,
        trigger: i64,
        id: i64,
        entry: &mut Entry,
    ) -> Result<String, Error> {
        let Some(product) = project.product(id) else {
            return Ok(format!("product {id} does not exist any more"));
        };
        let cart = self.cart.get_or_insert_default();
        // Waiting for its seat, or with it.
        if cart.line_of(id).is_some() {
            self.share_lines(trigger, id, entry);
            return Ok(format!("product {id} is in the cart already"));
        }
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

    /// A line that is another trigger's becomes this one's too; one that somebody chose itself does not.
    fn share_lines(&self, trigger: i64, product: i64, entry: &mut Entry) {
        let cart = self.cart.iter().flat_map(Cart::lines);
        for line in cart.filter(|line| line.product_id == Some(product)) {
            let is_owned = |other: &Entry| other.carts.contains(&line.id);
            if !is_owned(entry) && self.memory.is_anothers(trigger, is_owned) {
                entry.carts.push(line.id);
            }
        }
    }

    fn remove_products(
        &mut self,
        conn: &mut Conn,
        trigger: i64,
        entry: &mut Entry,
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        let ours = std::mem::take(&mut entry.carts);
        let (shared, ours): (Vec<_>, Vec<_>) = ours.into_iter().partition(|line| {
            let is_owned = |other: &Entry| other.carts.contains(line);
            self.memory.is_anothers(trigger, is_owned)
        });
        let project = self.person.project.clone();
        let paid = self.person.registration.paid_total;
        let cart = self.cart.get_or_insert_default();
        for line in cart.lines().iter().filter(|line| shared.contains(&line.id)) {
            let id = line.product_id.unwrap_or_default();
            notes.push(format!("product {id} stays for another trigger"));
        }
        let mut removable = Vec::new();
        for line in cart.lines().iter().filter(|line| ours.contains(&line.id)) {
            match locked(&project, cart, paid, line) {
                None => removable.push(line.id),
                Some(reason) => {
                    notes.push(format!("line {} of the cart stays: it {reason}", line.id));
                }
            }
        }
        let removed = cart::take_out(conn, self.person, cart, &removable)?;
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
        trigger: i64,
        id: FormId,
        entry: &mut Entry,
    ) -> Result<String, Error> {
        let Some(form) = project.form(id) else {
            return Ok(format!("form {id} does not exist any more"));
        };
        let mut forms = self.person.form_state()?;
        if forms.has(form, self.person.is_child()) {
            // As with products: another trigger's is shared.
            let is_owned = |other: &Entry| other.forms.contains(&id);
            if !is_owned(entry) && self.memory.is_anothers(trigger, is_owned) {
                entry.forms.push(id);
            }
            return Ok(format!("form {id} is there already"));
        }
        forms.added.push(id);
        self.person.set_form_state(&forms)?;
        entry.forms.push(id);
        Ok(format!("form {id} is added"))
    }

    fn remove_forms(
        &mut self,
        trigger: i64,
        entry: &mut Entry,
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        let mut forms = self.person.form_state()?;
        for form in std::mem::take(&mut entry.forms) {
            let is_owned = |other: &Entry| other.forms.contains(&form);
            if self.memory.is_anothers(trigger, is_owned) {
                notes.push(format!("form {form} stays for another trigger"));
            } else {
                forms.added.retain(|added| *added != form);
                notes.push(format!("form {form} is taken away"));
            }
        }
        self.person.set_form_state(&forms)
    }

    fn set_status(
        &mut self,
        conn: &mut Conn,
        id: StatusId,
        entry: &mut Entry,
    ) -> Result<String, Error> {
        if self.state.status == Some(id) {
            let mut statuses = self.memory.entries().filter_map(|(_, entry)| entry.status);
            let shared = statuses.find(|own| own.set == id);
            entry.status = shared.or(entry.status);
            return Ok(format!("status {id} is set already"));
        }
        let project = self.person.project.clone();
        // It may have begun to exclude, or be gone, since the snapshot.
        let Some(status) = current_status(conn, &project, id)? else {
            return Ok(format!("status {id} does not exist any more"));
        };
        entry.status = Some(OwnStatus {
            set: id,
            before: self.state.status,
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
        trigger: i64,
        own: OwnStatus,
    ) -> Result<String, Error> {
        let set = own.set;
        let is_owned = |other: &Entry| other.status.is_some_and(|other| other.set == set);
        if self.memory.is_anothers(trigger, is_owned) {
            return Ok(format!("status {set} stays for another trigger"));
        }
        if self.state.status != Some(set) {
            self.memory.forget_status(own);
            return Ok(format!("status {set} was changed meanwhile"));
        }
        let project = self.person.project.clone();
        let status = match own.before {
            Some(id) => current_status(conn, &project, id)?,
            None => None,
        };
        self.person.registration.status_id = status.as_ref().map(|status| status.id.0);
        self.person.registration.excluded = status.is_some_and(|status| status.is_excluded);
        self.see_registration();
        self.changed(&project, &Topic::Status);
        Ok(format!("status {set} is taken away"))
    }
}

fn note_products(noted: &mut Vec<i64>, products: &[i64]) {
    let new = products.iter().filter(|product| !noted.contains(product));
    let new: Vec<_> = new.copied().collect();
    noted.extend(new);
}
