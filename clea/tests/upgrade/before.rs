//! The first half of the play: three years of nine organisms, and a day in February 2029 on which a term was
//! renewed, one ended, a quarter is billed, decisions and sanctions are taken, and what they lead to is to be told.

use crate::cast::{self, *};
use crate::post::Post;
use chrono::{DateTime, Utc};
use e2e::{Campaign, Findings, Staff, TestApp};
use entity::ids::MachineCredentialId;
use entity::kind::Role;
use entity::machine_credential::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::clock::{machine_now, paris_date};

/// The day, a Monday.
pub(crate) const DAY: &str = "2029-02-12";
/// Who is invited in the evening.
pub(crate) const INVITED: &str = "ada@certif-pro.example";
/// The idempotency key of the evening's filing.
pub(crate) const KEY: &str = "dépôt-707-2029";

/// What people hold that no table does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kept {
    /// The path of the link in the mail of a warning.
    pub(crate) notice_link: String,
    /// The token of an organism's tool.
    pub(crate) tool: String,
    /// The id of that tool's credential.
    pub(crate) credential: String,
}

/// Plays until the evening before the day; nothing is left to do then.
pub(crate) async fn until_the_day(app: &TestApp, post: &Post) -> Kept {
    let staff = app.staff().await;
    let window = ("2026-01-05", "2026-01-20");
    let winter = app.campaign(&staff, window, "2026-02-11").await;
    let spring = app.campaign(&staff, window, "2026-03-10").await;
    let (yes, no) = (Findings::Satisfied, Findings::Unsatisfied);
    for (number, campaign, which) in
        [(RENEWED, &winter, yes), (REFUSED, &winter, no), (UNUSED, &winter, yes)]
    {
        file(app, &staff, number, (campaign, which)).await;
    }
    file(app, &staff, REMINDED, (&spring, yes)).await;

    app.on("2026-02-11").await;
    for (number, which) in [(RENEWED, yes), (REFUSED, no), (UNUSED, yes)] {
        decide(app, &staff, number, which).await;
    }
    app.settle().await;
    award(app, &staff, &cast::organism(app, RENEWED).await, "Benali").await;
    train(app, &staff, "Mercier").await;
    app.on("2026-03-10").await;
    decide(app, &staff, REMINDED, yes).await;
    app.on("2026-04-16").await;
    pay(app, &staff, &[]).await;

    app.on("2027-09-06").await;
    pay(app, &staff, &[]).await;
    let autumn = app.campaign(&staff, ("2027-09-06", "2027-09-20"), "2027-10-12").await;
    file(app, &staff, SUSPENDED, (&autumn, yes)).await;
    file(app, &staff, WITHDRAWN, (&autumn, yes)).await;
    app.on("2027-10-12").await;
    decide(app, &staff, SUSPENDED, yes).await;
    decide(app, &staff, WITHDRAWN, yes).await;
    app.settle().await;
    award(app, &staff, &cast::organism(app, SUSPENDED).await, "Lefebvre").await;

    app.on("2028-05-15").await;
    pay(app, &staff, &[]).await;
    award(app, &staff, &cast::organism(app, WITHDRAWN).await, "Lopez").await;
    app.on("2028-09-22").await;
    award(app, &staff, &cast::organism(app, WITHDRAWN).await, "Garcia").await;
    app.on("2028-10-10").await;
    let late = app.campaign(&staff, ("2028-10-10", "2028-10-20"), "2028-11-14").await;
    file(app, &staff, RESENT, (&late, yes)).await;
    app.on("2028-11-14").await;
    decide(app, &staff, RESENT, yes).await;

    app.on("2028-12-04").await;
    let resent = cast::organism(app, RESENT).await;
    bounce(&staff, &resent, "DECISION_ACCEPTED", "2028-11-20").await;
    let last = app.campaign(&staff, ("2028-12-04", "2028-12-20"), DAY).await;
    file(app, &staff, DECIDED, (&last, yes)).await;
    app.campaign(&staff, (DAY, "2029-03-02"), "2029-04-10").await;
    for (number, reference) in
        [(RENEWED, CONFIRMED_ALERT), (SUSPENDED, "U-4"), (WITHDRAWN, "U-5"), (UNUSED, "U-6")]
    {
        alert(app, &staff, number, reference).await;
    }
    app.settle().await;
    sanction(&staff, "U-4", "SUSPENSION").await;
    sanction(&staff, "U-6", "WARNING").await;
    app.on("2028-12-06").await;
    let suspended = cast::organism(app, SUSPENDED).await;
    bounce(&staff, &suspended, "EDOF_SANCTION", "2028-12-06").await;
    sanction(&staff, "U-5", "WITHDRAWAL").await;
    app.settle().await;
    let (credential, tool) = tool(app).await;
    // Nobody opened it.
    let notice_link = post.link(&format!("contact@org{UNUSED}.example"), "/notices/");
    Kept { notice_link, tool, credential }
}

/// The organism registers, files and gets its opinion.
async fn file(app: &TestApp, staff: &Staff, number: u32, (to, which): (&Campaign, Findings)) {
    let organism = app.organism(number).await;
    let application = app.file(&organism, to).await;
    app.opinion(staff, &application, which).await.done();
}

/// What the candidate who trains has still to acquire.
pub(crate) const LACKING: [&str; 2] = ["2-3", "3-2"];

/// A candidate lacks two competences and enters training.
async fn train(app: &TestApp, staff: &Staff, name: &str) {
    let organism = cast::organism(app, RENEWED).await;
    let habilitation = habilitation(staff, &organism).await;
    let (_, enrolment) = app.enrolled(staff, &organism, &habilitation, name).await;
    app.prior(&organism, &enrolment, &LACKING).await.done();
    let input = json!({
        "enrolmentId": enrolment, "startsOn": app.today().await, "trainerIds": [organism.trainer],
        "expectedVersion": app.version(&organism.admin, &enrolment).await,
    });
    organism.admin.act("openTrainingPath", input, "").await.done();
}

/// A tool of an organism, whose credential ends some weeks after the day.
async fn tool(app: &TestApp) -> (String, String) {
    let organism = cast::organism(app, RENEWED).await;
    let soon = paris_date(machine_now()) + chrono::Days::new(60);
    let input = json!({
        "organismId": organism.id, "name": "Logiciel de formation", "scopes": ["CANDIDATES_READ"],
        "expiresOn": soon,
    });
    let fields = "token credential { id }";
    let made = organism.admin.act("createMachineCredential", input, fields).await;
    let id = made.text("credential.id");
    let instant = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    lives(app, &id, (instant("2028-03-04T12:00:00Z"), instant("2029-03-04T12:00:00Z"))).await;
    (id, made.text("token"))
}

/// Moves the machine's instants between which a credential holds.
pub(crate) async fn lives(app: &TestApp, id: &str, (from, to): (DateTime<Utc>, DateTime<Utc>)) {
    let id: MachineCredentialId = id.parse().expect("an id");
    let moved = Entity::update_many()
        .col_expr(Column::CreatedAt, Expr::value(from))
        .col_expr(Column::ExpiresAt, Expr::value(to))
        .filter(Column::Id.eq(id))
        .exec(&app.app.db)
        .await
        .expect("moved");
    assert_eq!(moved.rows_affected, 1);
}

/// The day's acts, once its slot has run; `pause` comes after each.
pub(crate) async fn the_day(app: &TestApp, post: &Post, pause: impl AsyncFn()) {
    let staff = app.staff().await;
    decide(app, &staff, DECIDED, Findings::Satisfied).await;
    pause().await;
    sanction(&staff, CONFIRMED_ALERT, "WARNING").await;
    pause().await;
    alert(app, &staff, RENEWED, PROPOSED_ALERT).await;
    pause().await;
    award(app, &staff, &cast::organism(app, RENEWED).await, "Rousseau").await;
    pause().await;
    post.refuse(UNREACHABLE);
    award(app, &staff, &cast::organism(app, RENEWED).await, "Fournier").await;
    pause().await;
    let (withdrawn, resent) =
        (cast::organism(app, WITHDRAWN).await, cast::organism(app, RESENT).await);
    bounce(&staff, &withdrawn, "EDOF_SANCTION", DAY).await;
    pause().await;
    resend(&staff, &resent, "DECISION_ACCEPTED").await;
    pause().await;
}

/// What is done in the evening: nothing of it was begun when everything stopped. Then the clock is sent on.
pub(crate) async fn the_evening(app: &TestApp) {
    let staff = app.staff().await;
    app.organism(FILED).await;
    let (who, input) = filing(app).await;
    who.act("fileApplication", input, "").await.done();
    alert(app, &staff, REMINDED, LATE_ALERT).await;
    let role =
        json!({ "email": INVITED, "role": Role::Decider.as_str(), "authorityId": staff.authority });
    staff.admin.act("grantRole", role, "").await.done();
    let forgotten = json!({ "email": admin_of(RENEWED) });
    app.stranger().act("requestPasswordReset", forgotten, "").await.done();
    let tomorrow = json!({ "to": "2029-02-13" });
    staff.operator.act("advanceClock", tomorrow, "").await.done();
}

/// The evening's filing, under its idempotency key.
pub(crate) async fn filing(app: &TestApp) -> (e2e::Client, Value) {
    let organism = cast::organism(app, FILED).await;
    let query = "query($on: Date!) { campaigns(openOn: $on) { edges { node { id } } } }";
    let data = organism.admin.query(query, json!({ "on": DAY })).await;
    let campaign = text(&nodes(&data, "campaigns")[0], "id");
    let mut input = app.filing(&organism, &Campaign { id: campaign, meeting: String::new() });
    input["idempotencyKey"] = json!(KEY);
    (organism.admin, input)
}
