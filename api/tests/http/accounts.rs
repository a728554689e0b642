//! Refusal 10: who has an account is told by neither the answer nor the work done for it.

use crate::support::{PASSWORD, SIGNING, Server};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;

/// How many passwords were looked at in this process.
fn checks() -> u64 {
    let text = telemetry::metrics::text(None, None);
    let line = text.lines().find_map(|line| line.strip_prefix("clea_password_checks_total "));
    line.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
}

/// The answer, the statements and the looks at a password that a request takes.
async fn work(server: &Server, query: &str) -> (Value, usize, u64) {
    let (statements, looked) = (server.counted(), checks());
    let answer = server.ask(None, query).await.data();
    (answer, server.counted() - statements, checks() - looked)
}

#[tokio::test]
async fn a_sign_in_takes_the_same_work_whoever_it_is() {
    let server = Server::start().await;
    server.account("known@clea.example").await;
    let (disabled, _) = server.account("disabled@clea.example").await;
    entity::account::Entity::update_many()
        .col_expr(entity::account::Column::DisabledAt, Expr::value(service::clock::machine_now()))
        .filter(entity::account::Column::Id.eq(disabled))
        .exec(&server.app.db)
        .await
        .expect("disabled");
    let _alone = SIGNING.write().await;
    let sign_in = |email: &str, password: &str| {
        format!(
            "mutation {{ signIn(input: {{ email: \"{email}\", password: \"{password}\" }}) \
             {{ token refusals {{ code field message }} }} }}"
        )
    };
    let wrong = work(&server, &sign_in("known@clea.example", "un mauvais mot de passe")).await;
    assert_eq!(wrong.0["signIn"]["refusals"][0]["code"], "SIGN_IN_FAILED");
    assert_eq!(wrong.2, 1, "a password is looked at once");
    for (email, password) in [
        ("unknown@clea.example", PASSWORD),
        ("disabled@clea.example", PASSWORD),
        ("no address", PASSWORD),
    ] {
        assert_eq!(work(&server, &sign_in(email, password)).await, wrong, "{email}");
    }
}

#[tokio::test]
async fn a_reset_asked_for_takes_the_same_work_whoever_it_is() {
    let server = Server::start().await;
    server.account("known@clea.example").await;
    let ask = |email: &str| {
        format!(
            "mutation {{ requestPasswordReset(input: {{ email: \"{email}\" }}) \
             {{ message refusals {{ code field message }} }} }}"
        )
    };
    let _alone = SIGNING.write().await;
    // The first one of all makes what the next ones find.
    work(&server, &ask("first@clea.example")).await;
    let known = work(&server, &ask("known@clea.example")).await;
    assert!(known.0["requestPasswordReset"]["message"].is_string());
    assert_eq!(work(&server, &ask("unknown@clea.example")).await, known);
    for email in ["known@clea.example", "unknown@clea.example"] {
        for _ in 0..2 {
            work(&server, &ask(email)).await;
        }
        let (answer, ..) = work(&server, &ask(email)).await;
        let code = &answer["requestPasswordReset"]["refusals"][0]["code"];
        assert_eq!(code, "TOO_MANY_ATTEMPTS", "{email}");
    }
}
