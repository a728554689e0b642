//! What the database holds at the end of the film, counted through GraphQL.

use super::client::{nodes, number};
use super::film::{Film, euros};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;

/// The figures of a film.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    applications: i64,
    accepted: i64,
    refused: i64,
    habilitations: i64,
    terms: i64,
    renewals: i64,
    expiries: i64,
    suspensions: i64,
    withdrawals: i64,
    enrolments: i64,
    certificates: i64,
    alerts: i64,
    alerts_closed: i64,
    invoices: i64,
    invoiced_cents: i64,
    paid_cents: i64,
    mails: i64,
    deadlines_met: i64,
    deadlines_missed: i64,
    /// Tasks that the workers did.
    pub(super) tasks_done: i64,
    /// Tasks that they gave up: none, or the film failed.
    pub(super) tasks_given_up: i64,
}

const COUNTS: &str = "{ applications(first: 1) { totalCount } \
    accepted: applications(first: 1, status: ACCEPTED) { totalCount } \
    refused: applications(first: 1, status: REFUSED) { totalCount } \
    alerts: edofAlerts(first: 1) { totalCount } \
    unmatched: edofAlerts(first: 1, status: UNMATCHED) { totalCount } \
    unfounded: edofAlerts(first: 1, status: UNFOUNDED) { totalCount } \
    met: deadlines(first: 1, status: MET) { totalCount } \
    missed: deadlines(first: 1, status: MISSED) { totalCount } \
    notices(first: 1) { totalCount } }";
const HABILITATIONS: &str = "query($after: String) { page: habilitations(first: 50, after: $after) { \
    pageInfo { endCursor hasNextPage } edges { node { notifiedOn renewedOn expiredOn withdrawnOn \
    suspensions { startsOn } enrolments(first: 100) { totalCount edges { node { certificate { id } } } } } } } }";
const INVOICES: &str = "query($after: String) { page: invoices(first: 100, after: $after) { \
    pageInfo { endCursor hasNextPage } edges { node { total balance } } } }";
const TASKS: &str = "{ done: tasks(first: 1, status: DONE) { totalCount } \
    givenUp: tasks(first: 1, status: GIVEN_UP) { totalCount } }";

/// Counts.
pub(super) async fn read(film: &Film) -> anyhow::Result<Summary> {
    let staff = &film.staff;
    let counts = staff.officer.query(COUNTS, json!({})).await?;
    let tasks = staff.operator.query(TASKS, json!({})).await?;
    let total = |name: &str| number(&counts, &format!("/{name}/totalCount"));
    let mut found = Summary {
        applications: total("applications")?,
        accepted: total("accepted")?,
        refused: total("refused")?,
        alerts: total("alerts")?,
        alerts_closed: total("unmatched")? + total("unfounded")?,
        deadlines_met: total("met")?,
        deadlines_missed: total("missed")?,
        mails: total("notices")?,
        tasks_done: number(&tasks, "/done/totalCount")?,
        tasks_given_up: number(&tasks, "/givenUp/totalCount")?,
        ..Summary::default()
    };
    for habilitation in all(&staff.officer, HABILITATIONS).await? {
        found.add_habilitation(&habilitation)?;
    }
    for invoice in all(&staff.finance, INVOICES).await? {
        let (total, balance) = (number(&invoice, "/total")?, number(&invoice, "/balance")?);
        found.invoices += 1;
        found.invoiced_cents += total;
        found.paid_cents += total - balance;
    }
    Ok(found)
}

/// Every node of a list, page after page.
async fn all(who: &super::client::Session, query: &str) -> anyhow::Result<Vec<Value>> {
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = who.query(query, json!({ "after": after })).await?;
        found.extend(nodes(&data, "/page").into_iter().cloned());
        if data["page"]["pageInfo"]["hasNextPage"] != true {
            return Ok(found);
        }
        after = data["page"]["pageInfo"]["endCursor"].clone();
    }
}

impl Summary {
    fn add_habilitation(&mut self, node: &Value) -> anyhow::Result<()> {
        let dated = |name: &str| i64::from(!node[name].is_null());
        let suspensions = node["suspensions"].as_array().into_iter().flatten();
        self.habilitations += 1;
        self.terms += dated("notifiedOn") + dated("renewedOn");
        self.renewals += dated("renewedOn");
        self.expiries += dated("expiredOn");
        self.withdrawals += dated("withdrawnOn");
        self.suspensions +=
            suspensions.filter(|s| !s["startsOn"].is_null()).map(|_| 1).sum::<i64>();
        self.enrolments += number(node, "/enrolments/totalCount")?;
        let awarded =
            nodes(node, "/enrolments").into_iter().filter(|e| !e["certificate"].is_null());
        self.certificates += awarded.map(|_| 1).sum::<i64>();
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Ce que contient la base")?;
        let lines = [
            (
                "Demandes",
                format!(
                    "{} ({} acceptées, {} refusées)",
                    self.applications, self.accepted, self.refused
                ),
            ),
            (
                "Habilitations",
                format!(
                    "{} en {} périodes : {} renouvelée, {} expirées, {} suspendue, {} retirée",
                    self.habilitations,
                    self.terms,
                    self.renewals,
                    self.expiries,
                    self.suspensions,
                    self.withdrawals
                ),
            ),
            (
                "Candidats",
                format!("{} inscriptions, {} certificats", self.enrolments, self.certificates),
            ),
            ("Alertes EDOF", format!("{} dont {} classées", self.alerts, self.alerts_closed)),
            (
                "Factures",
                format!(
                    "{} pour {}, dont {} réglés",
                    self.invoices,
                    euros(self.invoiced_cents),
                    euros(self.paid_cents)
                ),
            ),
            ("Délais", format!("{} tenus, {} manqués", self.deadlines_met, self.deadlines_missed)),
            ("Courriels", self.mails.to_string()),
            ("Tâches", format!("{} faites, {} abandonnées", self.tasks_done, self.tasks_given_up)),
        ];
        for (what, figures) in lines {
            writeln!(f, "  {what:<14}{figures}")?;
        }
        Ok(())
    }
}
