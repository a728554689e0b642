//! P13: an acknowledgement is counted once, on a person's act: link scanners acknowledge nothing, double
//! clicks count once, expired and foreign links open nothing, whatever dies in between.

use crate::support::seeds::{chance, each_seed};
use crate::support::stage::stage;
use crate::support::world::World;
use e2e::Client;
use entity::{acknowledgement, notice_link};
use rand::RngExt;
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use service::fault::point;
use service::token::hash;

#[tokio::test(flavor = "multi_thread")]
async fn p13_an_acknowledgement_is_a_persons_act_once() {
    each_seed("p13", async |seed| experiment(seed, "").await).await;
}

/// Plays the seed: scanners, clicks and deaths around the links of the decisions.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let mut dice = chance(seed);
    let world = World::new(stage().await).await;
    let links = stage().await.links();
    let at = [point::COMMITTING, point::COMMITTED][dice.random_range(0..2)];
    let api = world.api(vec![format!("kill@{at}:1,{defect}"), defect.to_owned()]).await;
    world.answering().await;
    let stranger = Client::new(world.cast().staff.operator.base(), None);
    let count =
        async || acknowledgement::Entity::find().count(&world.app.app.db).await.expect("countable");
    for _ in 0..dice.random_range(3..9) {
        let link = &links[dice.random_range(0..links.len())];
        let method = [Method::GET, Method::HEAD][dice.random_range(0..2)].clone();
        // A scanner does not insist: what it gets while the API dies is its own affair.
        let _ = status(&stranger, method, link).await;
    }
    assert_eq!(count().await, 0, "looking acknowledges nothing");
    // Double clicks on the first; the API dies at the first of them, and the person clicks again.
    let clicks = (0..10).map(|_| status(&stranger, Method::POST, &links[0]));
    futures::future::join_all(clicks).await;
    world.answering().await;
    let clicked = status(&stranger, Method::POST, &links[0]).await;
    assert!(clicked.is_some_and(|status| status < 400), "{clicked:?}");
    assert_eq!(count().await, 1, "clicks count once");
    // And while nothing dies: each of ten at once is answered, one counts.
    let clicks = (0..10).map(|_| status(&stranger, Method::POST, &links[3]));
    let clicked = futures::future::join_all(clicks).await;
    assert!(clicked.iter().all(|s| s.is_some_and(|status| status < 400)), "{clicked:?}");
    assert_eq!(count().await, 2, "clicks at once count once");
    // The second link expires; a token cut short or made up is nobody's.
    let token = links[1].rsplit('/').next().expect("a token");
    notice_link::Entity::update_many()
        .col_expr(
            notice_link::Column::ExpiresOn,
            Expr::value(crate::support::crowd::today(&world).await - chrono::Days::new(1)),
        )
        .filter(notice_link::Column::TokenHash.eq(hash(token.as_bytes())))
        .exec(&world.app.app.db)
        .await
        .expect("writable");
    let cut = &links[2][..links[2].len() - dice.random_range(1..5)];
    for link in [links[1].as_str(), cut, "/notices/00000000000000000000000000"] {
        assert_eq!(status(&stranger, Method::POST, link).await, Some(404), "{link}");
    }
    assert_eq!(count().await, 2);
    assert_eq!(api.deaths(), 1, "the API died once");
    format!("died {at}")
}

/// The status of an answer; none when none came.
async fn status(client: &Client, method: Method, path: &str) -> Option<u16> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let request = http.ok()?.request(method, format!("{}{path}", client.base()));
    request.send().await.ok().map(|answer| answer.status().as_u16())
}
