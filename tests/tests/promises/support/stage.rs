//! Where every play begins: a database with habilitated organisms, made once and copied.

use e2e::{Backend, Client, Organism, Staff, TestApp};
use tokio::sync::OnceCell;

/// The organisms that are habilitated at the beginning.
const ORGANISMS: u32 = 4;
/// The day of their decisions.
const MEETING: &str = "2026-01-20";

/// A database to copy and who acts in it.
pub(crate) struct Stage {
    app: TestApp,
    staff: Staff,
    organisms: Vec<(Organism, String)>,
}

/// Who acts, at one address.
#[derive(Clone)]
pub(crate) struct Cast {
    /// Certif Pro's people.
    pub(crate) staff: Staff,
    /// The organisms, each with its habilitation.
    pub(crate) organisms: Vec<(Organism, String)>,
}

/// The stage of this test process.
pub(crate) async fn stage() -> &'static Stage {
    static STAGE: OnceCell<Stage> = OnceCell::const_new();
    STAGE.get_or_init(build).await
}

/// The server that databases are made on.
pub(crate) fn server() -> String {
    std::env::var("CLEA_TEST_POSTGRES_URL").expect("a PostgreSQL server")
}

async fn build() -> Stage {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let today = app.today().await.to_string();
    let campaign = app.campaign(&staff, (&today, &today), MEETING).await;
    let mut filed = Vec::new();
    for number in 1..=ORGANISMS {
        let organism = app.organism(number).await;
        let application = app.file(&organism, &campaign).await;
        app.opinion(&staff, &application, e2e::Findings::Satisfied).await.done();
        filed.push((organism, application));
    }
    app.on(MEETING).await;
    let mut organisms = Vec::new();
    for (organism, application) in filed {
        let outcome = e2e::Findings::Satisfied;
        app.decide(&staff, &application, &campaign.meeting, outcome).await.done();
        app.settle().await;
        let on = "... on Application { habilitation { id } }";
        let node = app.node(&staff.officer, &application, on).await;
        let id = e2e::at(&node, "habilitation.id").as_str().expect("a habilitation").to_owned();
        organisms.push((organism, id));
    }
    app.halt().await;
    Stage { app, staff, organisms }
}

impl Stage {
    /// A copy of its database.
    pub(crate) async fn copy(&self) -> Backend {
        Backend::copy_of(self.app.halt().await, &server()).await.expect("a copy")
    }

    /// The links in the mails of the decisions: paths.
    pub(crate) fn links(&self) -> Vec<String> {
        let link = |(organism, _): &(Organism, String)| {
            let mails = self.app.mails_to(&format!("dossier@{}.example", organism.siren));
            let text = mails.last()?.text.clone();
            let path = text[text.find("/notices/")?..].split_whitespace().next()?;
            Some(path.to_owned())
        };
        self.organisms.iter().filter_map(link).collect()
    }

    /// The same people, calling at another address in another way.
    pub(crate) fn cast(&self, calling: impl Fn(&Client) -> Client) -> Cast {
        let staff = Staff {
            officer: calling(&self.staff.officer),
            decider: calling(&self.staff.decider),
            finance: calling(&self.staff.finance),
            admin: calling(&self.staff.admin),
            operator: calling(&self.staff.operator),
            ..self.staff.clone()
        };
        let organism =
            |organism: &Organism| Organism { admin: calling(&organism.admin), ..organism.clone() };
        let organisms = self.organisms.iter().map(|(o, id)| (organism(o), id.clone())).collect();
        Cast { staff, organisms }
    }
}
