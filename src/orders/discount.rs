//! Discounts follow the cart: what one takes off is never stored, and is reckoned whenever a cart is read.
//!
//! Those of so many percent come first, then those of an amount, and within both in the order of the cart. Each takes
//! from what the ones before it have left of the lines that it is about: never more than that, so that no line and no
//! order is ever negative. Percents are rounded to whole minor units, half of one up. What waits for a seat counts for
//! nothing: nothing is taken off it, and a discount that waits takes off nothing.

use super::terms::{Discount, Off, Terms};
use crate::db::carts::CartLine;
use crate::error::Error;

/// Gives the discounts of a cart their prices, and says what there is left to pay for each line: 0 for discounts.
///
/// # Errors
///
/// When the terms of a line do not parse.
pub fn reckon(lines: &mut [CartLine]) -> Result<Vec<i64>, Error> {
    let mut left: Vec<i64> = Vec::with_capacity(lines.len());
    let mut discounts = Vec::new();
    for (index, line) in lines.iter_mut().enumerate() {
        match Terms::read(line)? {
            Some(Terms::Discount(discount)) => {
                line.price = 0;
                left.push(0);
                if !line.waiting {
                    discounts.push((index, discount));
                }
            }
            _ => left.push(line.total()),
        }
    }
    discounts.sort_by_key(|(index, discount)| (matches!(discount.off, Off::Amount(_)), *index));
    for (index, discount) in discounts {
        let cheaper: Vec<usize> = (0..lines.len())
            .filter(|other| is_about(&discount, &lines[*other]))
            .collect();
        lines[index].price = -take_off(discount.off, &cheaper, &mut left);
    }
    Ok(left)
}

fn is_about(discount: &Discount, line: &CartLine) -> bool {
    discount.products.is_empty()
        || line
            .product_id
            .is_some_and(|product| discount.products.contains(&product))
}

/// Takes off the lines what a discount is worth, from each its share, and says how much that is.
fn take_off(off: Off, lines: &[usize], left: &mut [i64]) -> i64 {
    let sum: i64 = lines.iter().map(|line| left[*line]).sum();
    let cut = match off {
        Off::Percent(percent) => percent.of(sum),
        Off::Amount(amount) => amount.0.min(sum),
    };
    // The shares of the lines so far are rounded together, so that those of all are the cut.
    let (mut before, mut taken) = (0, 0);
    for line in lines {
        before += left[*line];
        let share = share(cut, before, sum) - taken;
        taken += share;
        left[*line] -= share;
    }
    cut
}

/// `cut` × `part` ÷ `sum`, rounded down.
fn share(cut: i64, part: i64, sum: i64) -> i64 {
    if sum == 0 {
        return 0;
    }
    let share = i128::from(cut) * i128::from(part) / i128::from(sum);
    i64::try_from(share).unwrap_or(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::money::{Money, Percent};
    use proptest::prelude::*;

    fn line(id: i64, price: i64, quantity: i64) -> CartLine {
        CartLine {
            id,
            clogin_id: 1,
            product_id: Some(id),
            name: String::new(),
            price,
            quantity,
            remark: String::new(),
            created_at: Timestamp::default(),
            waiting: false,
            terms: None,
        }
    }

    fn discount(id: i64, off: Off, products: &[i64]) -> CartLine {
        let terms = Terms::Discount(Discount {
            off,
            products: products.to_vec(),
        });
        CartLine {
            terms: Some(terms.to_json().unwrap()),
            ..line(id, 0, 1)
        }
    }

    fn percent(hundredths: i64) -> Off {
        Off::Percent(Percent::try_from(Money(hundredths)).unwrap())
    }

    fn amount(units: i64) -> Off {
        Off::Amount(Money(units))
    }

    /// The prices of all lines, and what is left to pay of each.
    fn reckoned(mut lines: Vec<CartLine>) -> (Vec<i64>, Vec<i64>) {
        let left = reckon(&mut lines).unwrap();
        (lines.iter().map(|line| line.price).collect(), left)
    }

    #[test]
    fn percents_come_before_amounts_wherever_they_stand() {
        let lines = vec![
            discount(1, amount(500), &[]),
            line(2, 1_000, 2),
            discount(3, percent(1_000), &[]),
            line(4, 3_333, 1),
        ];
        // 10 % of 53.33 is 5.33; then 5.00 of the rest.
        let (prices, left) = reckoned(lines);
        assert_eq!(prices, [-500, 1_000, -533, 3_333]);
        assert_eq!(left.iter().sum::<i64>(), 5_333 - 533 - 500);
    }

    #[test]
    fn named_products_alone_become_cheaper() {
        let lines = vec![
            line(1, 1_000, 1),
            line(2, 1_000, 1),
            discount(3, percent(5_000), &[2]),
            discount(4, amount(9_999), &[2]),
        ];
        assert_eq!(
            reckoned(lines),
            (vec![1_000, 1_000, -500, -500], vec![1_000, 0, 0, 0])
        );
    }

    #[test]
    fn what_waits_counts_for_nothing() {
        let mut lines = vec![
            line(1, 1_000, 1),
            line(2, 400, 1),
            discount(3, percent(5_000), &[]),
            discount(4, percent(5_000), &[]),
        ];
        lines[0].waiting = true;
        lines[3].waiting = true;
        assert_eq!(
            reckoned(lines),
            (vec![1_000, 400, -200, 0], vec![0, 200, 0, 0])
        );
    }

    fn any_line() -> impl Strategy<Value = (CartLine, bool)> {
        let priced = (0..=crate::money::MAX.0, 1..=3_i64).prop_map(|(price, q)| line(0, price, q));
        let about = proptest::collection::vec(0..8_i64, 0..3);
        let off = prop_oneof![
            (1..=10_000_i64).prop_map(percent),
            (0..=crate::money::MAX.0).prop_map(amount),
        ];
        let discounts = (off, about).prop_map(|(off, products)| discount(0, off, &products));
        (prop_oneof![priced, discounts], any::<bool>())
    }

    proptest! {
        #[test]
        fn no_line_is_ever_negative_and_the_lines_sum_to_the_order(
            lines in proptest::collection::vec(any_line(), 0..8)
        ) {
            let lines: Vec<CartLine> = lines
                .into_iter()
                .zip(0..)
                .map(|((line, waiting), id)| CartLine { id, product_id: Some(id), waiting, ..line })
                .collect();
            let mut reckoned = lines.clone();
            let left = reckon(&mut reckoned).unwrap();
            prop_assert!(left.iter().all(|left| *left >= 0), "{left:?}");
            let total: i64 = reckoned.iter().map(CartLine::total).sum();
            prop_assert_eq!(total, left.iter().sum::<i64>());
            for (before, after) in lines.iter().zip(&reckoned) {
                let same = CartLine { price: after.price, ..before.clone() };
                prop_assert_eq!(&same, after);
                prop_assert!(before.terms.is_some() || before.price == after.price);
                prop_assert!(before.terms.is_none() || after.price <= 0);
            }
            // What was reckoned is the same when it is reckoned again.
            let again = reckon(&mut reckoned.clone()).unwrap();
            prop_assert_eq!(left, again);
        }
    }
}
