//! The rows of carts, and the stock of products that have a quota.

use diesel::prelude::*;

use super::connection::DbConn;
use super::schema::{cart_lines, product_stock};
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
    /// Minor units, of one piece, as it was when the line was added.
    pub price: i64,
    pub quantity: i64,
    pub remark: String,
    pub created_at: Timestamp,
}

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = cart_lines)]
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

/// Takes pieces of a product that has a quota. False: there are not as many left.
pub fn take(
    conn: &mut DbConn,
    organization: OrganizationId,
    product: i64,
    quantity: i64,
) -> QueryResult<bool> {
    let enough = product_stock::table
        .filter(product_stock::organization_id.eq(organization.0))
        .filter(product_stock::product_id.eq(product))
        .filter((product_stock::sold + quantity).le(product_stock::quota));
    let changed = diesel::update(enough)
        .set(product_stock::sold.eq(product_stock::sold + quantity))
        .execute(conn)?;
    Ok(changed > 0)
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

/// Sets the quota of a product as its project has it now; what is sold is counted where the quota is new.
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
        let sold = sold(conn, organization, product)?;
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

/// How many pieces of a product are in carts.
fn sold(conn: &mut DbConn, organization: OrganizationId, product: i64) -> QueryResult<i64> {
    let quantities: Vec<i64> = cart_lines::table
        .filter(cart_lines::organization_id.eq(organization.0))
        .filter(cart_lines::product_id.eq(product))
        .select(cart_lines::quantity)
        .load(conn)?;
    Ok(quantities.iter().sum())
}
