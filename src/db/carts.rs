//! The rows of carts, and the stock of products that have a quota.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::connection::DbConn;
use super::schema::{cart_lines, product_stock, registrations};
use crate::clock::Timestamp;
use crate::ids::{CloginId, GroupId, OrganizationId};

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = cart_lines)]
pub struct CartLine {
    pub id: i64,
    pub clogin_id: i64,
    /// None: a private product.
    pub product_id: Option<i64>,
    pub name: String,
    /// Minor units, of one piece, as it was when the line was added. Of a discount 0 in the row: it follows from the
    /// rest of the cart.
    pub price: i64,
    pub quantity: i64,
    pub remark: String,
    pub created_at: Timestamp,
    /// Whether it waits for a seat: it is neither sold nor ordered.
    pub waiting: bool,
    /// JSON: [`crate::orders::terms::Terms`].
    pub terms: Option<String>,
}

impl CartLine {
    /// What it adds to the order: minor units.
    pub fn total(&self) -> i64 {
        if self.waiting {
            0
        } else {
            self.price * self.quantity
        }
    }
}

/// Each value is written, NULL too: diesel prepares a statement with DEFAULT in it anew each time.
#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = cart_lines, treat_none_as_default_value = false)]
pub struct NewCartLine {
    pub organization_id: i64,
    pub group_id: i64,
    pub clogin_id: i64,
    pub product_id: Option<i64>,
    pub name: String,
    pub price: i64,
    pub quantity: i64,
    pub remark: String,
    pub created_at: Timestamp,
    pub waiting: bool,
    pub terms: Option<String>,
}

pub fn insert(conn: &mut DbConn, line: &NewCartLine) -> QueryResult<i64> {
    diesel::insert_into(cart_lines::table)
        .values(line)
        .returning(cart_lines::id)
        .get_result(conn)
}

/// The carts of some people of a project, in one query: oldest lines first.
pub fn of_people(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    people: &[CloginId],
) -> QueryResult<Vec<CartLine>> {
    let mine = cart_lines::table
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::group_id.eq(group.0))
        .order(cart_lines::id)
        .select(CartLine::as_select());
    match people {
        // The statement for one person is cached; one for a list cannot be.
        [one] => mine.filter(cart_lines::clogin_id.eq(one.0)).load(conn),
        _ => mine
            .filter(cart_lines::clogin_id.eq_any(people.iter().map(|id| id.0)))
            .load(conn),
    }
}

pub fn delete(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
    id: i64,
) -> QueryResult<()> {
    let this = cart_lines::table
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::group_id.eq(group.0))
        .filter(cart_lines::clogin_id.eq(clogin.0))
        .filter(cart_lines::id.eq(id));
    diesel::delete(this).execute(conn).map(|_| ())
}

/// A line that waited has its seat; its price, its terms and its remark are those of now.
pub fn promote(
    conn: &mut DbConn,
    organization: OrganizationId,
    line: &CartLine,
) -> QueryResult<()> {
    let this = cart_lines::table
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::id.eq(line.id));
    diesel::update(this)
        .set((
            cart_lines::waiting.eq(false),
            cart_lines::price.eq(line.price),
            cart_lines::terms.eq(&line.terms),
            cart_lines::remark.eq(&line.remark),
        ))
        .execute(conn)
        .map(|_| ())
}

/// How many pieces of a product are waited for, by lines before another one, or by all. The stock of the product has to
/// be held. The carts of registrations that have ended wait no more.
pub fn waited_for(
    conn: &mut DbConn,
    organization: OrganizationId,
    product: i64,
    before: Option<i64>,
) -> QueryResult<i64> {
    pieces(
        conn,
        organization,
        product,
        true,
        before.unwrap_or(i64::MAX),
    )
}

/// Deletes the lines of a whole cart.
pub fn clear(
    conn: &mut DbConn,
    organization: OrganizationId,
    group: GroupId,
    clogin: CloginId,
) -> QueryResult<()> {
    let theirs = cart_lines::table
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::group_id.eq(group.0))
        .filter(cart_lines::clogin_id.eq(clogin.0));
    diesel::delete(theirs).execute(conn).map(|_| ())
}

/// Whether pieces of a product could be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The product has no quota.
    Unlimited,
    /// There were as many; so many are left.
    Leaving(i64),
    /// More than there are: what the transaction did has to be undone.
    TooMany,
}

/// Takes pieces of a product, if it has a quota. The row says whether it has one, not the snapshot: that can be older
/// than the row, and what is sold would be wrong from then on.
pub fn take(
    conn: &mut DbConn,
    organization: OrganizationId,
    product: i64,
    quantity: i64,
) -> QueryResult<Taken> {
    let this = product_stock::table
        .filter(product_stock::organization_id.eq(organization.0))
        .filter(product_stock::product_id.eq(product));
    let after: Option<(i64, i64)> = diesel::update(this)
        .set(product_stock::sold.eq(product_stock::sold + quantity))
        .returning((product_stock::sold, product_stock::quota))
        .get_result(conn)
        .optional()?;
    Ok(match after {
        None => Taken::Unlimited,
        Some((sold, quota)) if sold > quota => Taken::TooMany,
        Some((sold, quota)) => Taken::Leaving(quota - sold),
    })
}

/// Gives pieces back; nothing happens where the product has no quota.
pub fn give_back(
    conn: &mut DbConn,
    organization: OrganizationId,
    product: i64,
    quantity: i64,
) -> QueryResult<()> {
    let this = product_stock::table
        .filter(product_stock::organization_id.eq(organization.0))
        .filter(product_stock::product_id.eq(product));
    diesel::update(this)
        .set(product_stock::sold.eq(product_stock::sold - quantity))
        .execute(conn)
        .map(|_| ())
}

/// Sets the quota of a product as its project has it now; what is sold is counted where the quota is new: with the
/// writers of registrations held off, as every change of a cart begins with the registration's row.
pub fn set_quota(
    conn: &mut DbConn,
    organization: OrganizationId,
    product: i64,
    quota: Option<i64>,
) -> QueryResult<()> {
    let this = product_stock::table
        .filter(product_stock::organization_id.eq(organization.0))
        .filter(product_stock::product_id.eq(product));
    let Some(quota) = quota else {
        return diesel::delete(this).execute(conn).map(|_| ());
    };
    let changed = diesel::update(this)
        .set(product_stock::quota.eq(quota))
        .execute(conn)?;
    if changed == 0 {
        let sold = pieces(conn, organization, product, false, i64::MAX)?;
        diesel::insert_into(product_stock::table)
            .values((
                product_stock::organization_id.eq(organization.0),
                product_stock::product_id.eq(product),
                product_stock::quota.eq(quota),
                product_stock::sold.eq(sold),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// How many pieces of a product are in carts, sold or waited for, by lines before another one; a registration that has
/// ended keeps its cart, without the seats.
fn pieces(
    conn: &mut DbConn,
    organization: OrganizationId,
    product: i64,
    waiting: bool,
    before: i64,
) -> QueryResult<i64> {
    // PostgreSQL's sum of BIGINT is NUMERIC.
    let sum = sql::<Nullable<BigInt>>("CAST(SUM(quantity) AS BIGINT)");
    let owner = registrations::organization_id
        .eq(cart_lines::organization_id)
        .and(registrations::group_id.eq(cart_lines::group_id))
        .and(registrations::clogin_id.eq(cart_lines::clogin_id));
    cart_lines::table
        .inner_join(registrations::table.on(owner))
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::product_id.eq(product))
        .filter(cart_lines::waiting.eq(waiting))
        .filter(cart_lines::id.lt(before))
        .filter(registrations::deleted_at.is_null())
        .select(sum)
        .get_result(conn)
        .map(|sum: Option<i64>| sum.unwrap_or(0))
}

#[derive(Queryable, Selectable, Debug, Clone, Copy, PartialEq, Eq)]
#[diesel(table_name = product_stock)]
pub struct Stock {
    pub product_id: i64,
    pub quota: i64,
    pub sold: i64,
}

/// The stock of an organization's products that have a quota.
pub fn stock_of(conn: &mut DbConn, organization: OrganizationId) -> QueryResult<Vec<Stock>> {
    product_stock::table
        .filter(product_stock::organization_id.eq(organization.0))
        .order(product_stock::product_id)
        .select(Stock::as_select())
        .load(conn)
}
