//! Payments of what is owed.

use super::cast::Organism;
use crate::demo::client::{nodes, number, text};
use crate::demo::film::{Film, euros};
use serde_json::{Value, json};

const UNPAID: &str = "query($after: String) { invoices(first: 100, after: $after, unpaidOnly: true) { \
    pageInfo { endCursor hasNextPage } edges { node { id number dueOn balance organism { id name } } } } }";

/// What remains to pay, oldest first.
async fn unpaid(film: &Film) -> anyhow::Result<Vec<Value>> {
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = film.staff.finance.query(UNPAID, json!({ "after": after })).await?;
        found.extend(nodes(&data, "/invoices").into_iter().cloned());
        if data["invoices"]["pageInfo"]["hasNextPage"] != true {
            found.reverse();
            return Ok(found);
        }
        after = data["invoices"]["pageInfo"]["endCursor"].clone();
    }
}

/// These organisms pay everything that they owe.
pub(super) async fn pay(film: &Film, organisms: &[&Organism]) -> anyhow::Result<()> {
    for invoice in unpaid(film).await? {
        let Some(organism) = organisms.iter().find(|o| invoice["organism"]["id"] == *o.id) else {
            continue;
        };
        let (number_text, balance) = (text(&invoice, "/number")?, number(&invoice, "/balance")?);
        let input = json!({
            "invoiceId": invoice["id"], "receivedOn": film.day(), "amountCents": balance, "method": "Virement",
            "reference": format!("VIR-{number_text}"),
        });
        film.staff.finance.act("recordPayment", input, "").await?;
        let due = text(&invoice, "/dueOn")?;
        let when = if due < film.day() { "en retard" } else { "dans le délai" };
        film.tell(
            "A2.f",
            &format!("{} règle {number_text} ({}) {when}", organism.name, euros(balance)),
        );
    }
    Ok(())
}

/// What remains unpaid at the end.
pub(super) async fn balances(film: &Film) -> anyhow::Result<()> {
    for invoice in unpaid(film).await? {
        let (who, number_text) = (text(&invoice, "/organism/name")?, text(&invoice, "/number")?);
        let balance = euros(number(&invoice, "/balance")?);
        film.tell("A2.f", &format!("{who} doit encore {number_text} ({balance})"));
    }
    Ok(())
}
