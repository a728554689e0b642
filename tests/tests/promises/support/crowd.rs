//! Many tasks at once: receipts of applications, each with one notice, one delivery and one mail.

use super::world::World;
use chrono::NaiveDate;
use e2e::{SmtpServer, texts};
use entity::ids::{ApplicationId, CampaignId};
use entity::kind::TaskStatus;
use entity::text::Text;
use entity::{application, campaign, outbox};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    TransactionTrait,
};
use service::clock::machine_now;
use service::task::Task;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many rows a statement inserts.
const CHUNK: usize = 200;

/// Files `count` applications at once, behind the product's back; gives them with their addresses.
pub(crate) async fn file(world: &World, count: usize) -> Vec<(ApplicationId, String)> {
    let db = &world.app.app.db;
    let models = application::Entity::find().order_by_asc(application::Column::Id);
    let models = models.all(db).await.expect("readable");
    let model = campaign::Entity::find().one(db).await.expect("readable").expect("a campaign");
    let tx = db.begin().await.expect("a transaction");
    let mut filed = Vec::new();
    let (mut campaigns, mut applications, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..count {
        let of = &models[n % models.len()];
        if n % models.len() == 0 {
            let mut row = model.clone().into_active_model();
            row.id = Set(CampaignId::new());
            campaigns.push(row);
        }
        let (id, address) = (ApplicationId::new(), format!("dossier{n}@crowd.example"));
        let mut row = of.clone().into_active_model();
        row.id = Set(id);
        row.number = Set(format!("FOULE-{n:05}"));
        row.campaign_id = campaigns[n / models.len()].id.clone();
        row.contact_email = Set(address.clone());
        applications.push(row);
        tasks.push(Task::FilingReceipt { application: id });
        filed.push((id, address));
    }
    for rows in campaigns.chunks(CHUNK) {
        campaign::Entity::insert_many(rows.to_vec()).exec(&tx).await.expect("inserted");
    }
    for rows in applications.chunks(CHUNK) {
        application::Entity::insert_many(rows.to_vec()).exec(&tx).await.expect("inserted");
    }
    service::outbox::insert_many(&tx, &tasks, "crowd").await.expect("inserted");
    tx.commit().await.expect("committed");
    filed
}

/// The task of an application's receipt.
pub(crate) async fn task_of(world: &World, id: ApplicationId) -> outbox::Model {
    let key = Task::FilingReceipt { application: id }.dedup_key();
    let found = outbox::Entity::find().filter(outbox::Column::DedupKey.eq(key));
    found.one(&world.app.app.db).await.expect("readable").expect("the task")
}

/// How many tasks wait or run.
pub(crate) async fn unfinished(world: &World) -> u64 {
    service::outbox::unfinished(&world.app.app.db).await.expect("readable")
}

/// Waits until no task waits or runs.
pub(crate) async fn done(world: &World, patience: Duration) {
    fewer_than(world, 1, patience).await;
}

/// Waits until fewer than `count` tasks wait or run.
pub(crate) async fn fewer_than(world: &World, count: u64, patience: Duration) {
    let started = Instant::now();
    loop {
        let left = unfinished(world).await;
        if left < count {
            return;
        }
        assert!(started.elapsed() < patience, "{left} tasks are never done: {}", world.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Makes the time of the next try come: waits of seconds and hours are the machine's, not the test's.
pub(crate) async fn hurry(world: &World) {
    outbox::Entity::update_many()
        .col_expr(outbox::Column::NextAttemptAt, Expr::value(machine_now()))
        .filter(outbox::Column::Status.eq(Text(TaskStatus::Pending)))
        .filter(outbox::Column::NextAttemptAt.gt(machine_now()))
        .exec(&world.app.app.db)
        .await
        .expect("writable");
}

/// One notice and one delivery for each of them: how many have something else.
pub(crate) async fn told_otherwise_than_once(world: &World) -> Vec<String> {
    let sql = "SELECT a.number || ': ' || count(DISTINCT n.id) || ' notices, ' \
               || count(d.id) || ' deliveries' AS found \
               FROM application a LEFT JOIN notice n ON n.subject_id = a.id AND n.kind = 'FILING_RECEIPT' \
               LEFT JOIN delivery d ON d.notice_id = n.id WHERE a.number LIKE 'FOULE-%' \
               GROUP BY a.number HAVING count(DISTINCT n.id) <> 1 OR count(d.id) <> 1";
    texts(&world.app.app.db, sql).await
}

/// The birth names of the candidates that are stored: what clients were told is done must be there.
pub(crate) async fn candidates(world: &World) -> Vec<String> {
    texts(&world.app.app.db, "SELECT birth_name AS found FROM candidate").await
}

/// How many mails left more than once. Each address received one at least, and repeats carry the same
/// Message-ID.
pub(crate) fn repeats(smtp: &SmtpServer, filed: &[(ApplicationId, String)]) -> usize {
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in smtp.sent() {
        heard.entry(mail.to.clone()).or_default().push(mail.message_id.clone());
    }
    let mut repeats = 0;
    for (_, address) in filed {
        let ids: Vec<_> = heard.iter().filter(|(to, _)| to.contains(address)).collect();
        let [(_, ids)] = ids[..] else { panic!("{address} received nothing") };
        assert!(ids.iter().all(|id| *id == ids[0]), "{address} received {ids:?}");
        repeats += ids.len() - 1;
    }
    repeats
}

/// Today's date in the play.
pub(crate) async fn today(world: &World) -> NaiveDate {
    world.app.today().await
}
