//! A running installation is brought up to date: a database that an earlier program wrote, with its tasks pending,
//! is migrated, goes on, and ends as one on which everything went well from the start. On SQLite, and on PostgreSQL
//! and Redis where `CLEA_TEST_POSTGRES_URL` and `CLEA_TEST_REDIS_URL` name servers.
//!
//! | what | where |
//! |---|---|
//! | who plays | `cast` |
//! | the first half, which the earlier program played | `before` |
//! | the second half, which this one plays | `after` |
//! | what people see at the end | `ending` |
//! | the film of `clea demo`, killed half-way | `film` |
//! | a database of the earlier program, and its migration | `installation` |
//! | how mails leave | `post` |

#[path = "../support/mod.rs"]
mod support;

mod after;
mod before;
mod cast;
mod ending;
mod film;
mod installation;
mod post;

use before::{DAY, Kept};
use e2e::{Backend, Mails, State, TestApp};
use installation::{Written, sound};
use mailer::Outgoing;
use post::{Post, Server};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_ends_as_if_it_was_never_stopped_on_sqlite() {
    let undisturbed = Backend::embedded().await.expect("a fresh database");
    let stopped = Backend::empty_embedded().await.expect("an empty database");
    Box::pin(ends_alike(undisturbed, stopped)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_ends_as_if_it_was_never_stopped_on_postgresql() {
    let (Some(server), Some(_)) = (support::postgres(), support::redis()) else { return };
    let undisturbed = Backend::on_servers(&server).await.expect("a fresh database");
    let stopped = Backend::empty_on_servers(&server).await.expect("an empty database");
    Box::pin(ends_alike(undisturbed, stopped)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_was_killed_ends_with_its_figures_on_sqlite() {
    film::ends(Backend::empty_embedded().await.expect("an empty database")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_was_killed_ends_with_its_figures_on_postgresql() {
    let (Some(server), Some(_)) = (support::postgres(), support::redis()) else { return };
    film::ends(Backend::empty_on_servers(&server).await.expect("an empty database")).await;
}

#[tokio::test]
async fn changes_that_are_undone_leave_what_was_on_sqlite() {
    for name in ["play", "film"] {
        let backend = Backend::empty_embedded().await.expect("an empty database");
        installation::and_back(&backend, &Written::by_the_commit_before(name)).await;
    }
}

#[tokio::test]
async fn changes_that_are_undone_leave_what_was_on_postgresql() {
    let (Some(server), Some(_)) = (support::postgres(), support::redis()) else { return };
    for name in ["play", "film"] {
        let backend = Backend::empty_on_servers(&server).await.expect("an empty database");
        installation::and_back(&backend, &Written::by_the_commit_before(name)).await;
    }
}

async fn ends_alike(undisturbed: Backend, stopped: Backend) {
    let written = Written::by_the_commit_before("play");
    written.must_be_half_way();
    installation::of(&stopped, &written).await;
    let (whole, rest) = tokio::join!(play_whole(undisturbed), play_on(stopped));
    whole.night.must_equal(&rest.night);
    whole.end.must_equal(&rest.end);
    assert_eq!(after::told(&rest.mails).join("\n"), after::told(&whole.mails).join("\n"));
    // To the letter: a difference here is one that people see.
    insta::assert_snapshot!("ending", whole.seen);
    insta::assert_snapshot!("ending", rest.seen);
}

/// What a play leaves behind.
struct Played {
    /// When everything of the day was done.
    night: State,
    end: State,
    /// As people see it at the end.
    seen: String,
    /// The mails of the day and after it.
    mails: Vec<Outgoing>,
}

/// Plays it whole, nothing in its way.
async fn play_whole(backend: Backend) -> Played {
    let post = Post::new();
    let app = TestApp::start_on(backend, Mails::by(post.clone())).await;
    let kept = before::until_the_day(&app, &post).await;
    let earlier = post.sent().len();
    app.on(DAY).await;
    before::the_day(&app, &post, async || app.idle().await).await;
    before::the_evening(&app).await;
    let played = go_on(app, &post, &kept).await;
    Played { mails: played.mails[earlier..].to_vec(), ..played }
}

/// Plays the second half on a database that an earlier program left.
async fn play_on(backend: Backend) -> Played {
    let post = Post::new();
    post.refuse(cast::UNREACHABLE);
    let app = TestApp::start_on(backend, Mails::by(post.clone())).await;
    go_on(app, &post, &installation::kept()).await
}

async fn go_on(app: TestApp, post: &Arc<Post>, kept: &Kept) -> Played {
    after::the_night(&app).await;
    let night = State::of_with(&app.app.db, installation::alike).await;
    after::until_the_end(&app, post, kept).await;
    sound(&app.app.db).await;
    let end = State::of_with(&app.app.db, installation::alike).await;
    let seen = ending::read(&app).await;
    Played { night, end, seen, mails: post.sent() }
}

/// Plays the first half and keeps the database, as of the tables that this program knows.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes what the tests read"]
async fn write_the_first_half() {
    let post = Post::new();
    let backend = Backend::embedded().await.expect("a fresh database");
    let app = TestApp::start_on(backend, Mails::by(post.clone())).await;
    let kept = before::until_the_day(&app, &post).await;
    app.settle().await;
    post.becomes(Server::Away);
    app.dawn(DAY).await;
    installation::tried(&app).await;
    before::the_day(&app, &post, async || installation::tried(&app).await).await;
    // One is being sent when everything stops.
    post.becomes(Server::Silent);
    installation::held(&app).await;
    app.rest();
    tokio::time::sleep(Duration::from_secs(1)).await;
    before::the_evening(&app).await;
    Written::keep(&app, &kept).await;
}
