//! HTTP and GraphQL: who asks, the schema, and how rows become objects.
//!
//! | what | where |
//! |---|---|
//! | a request: authentication, media types, answers | [`http`] |
//! | limits of a query, its errors, whatever brought it | `gate` |
//! | other sites, rates, persisted queries | [`door`] |
//! | what is answered instead | `rejection` |
//! | what every request has: identifier, time limit, line in the log | `request` |
//! | health, readiness, figures | [`monitor`](mod@monitor) |
//! | the explorer's page | [`explorer`] |
//! | the caller of a request, faults told | `caller` |
//! | subscriptions over a WebSocket | `live` |
//! | the connection that a request reads on | [`lane`] |
//! | reading by batches, as the caller may see | `load` |
//! | pages by keyset | `page` |
//! | searches in lists | `search` |
//! | pages for people without an account, files | [`pages`] |
//! | sign-in by an OpenID Connect issuer | `oidc`, its pages in [`pages`] |
//! | what the mail server reports | [`webhooks`] |
//! | texts that no field takes, refused before anything is executed | `text` |
//! | mutations' inputs and refusals | `input`, `refusal` |
//! | scalars and enumerations | `scalar`, `vocabulary` |
//! | a subject: objects, queries, mutations | `account`, `authority`, `organism`, … |
//!
//! What a field reads from the row at hand is never null; what takes another reading may be, so that
//! a fault or a hidden object never takes its neighbours along.

mod account;
mod application;
mod authority;
mod billing;
mod caller;
mod deadline;
pub mod door;
mod edof;
mod evaluation;
pub mod explorer;
mod gate;
mod habilitation;
pub mod http;
mod input;
pub mod lane;
mod live;
mod load;
mod machine;
pub mod monitor;
mod node;
mod notice;
mod object;
mod oidc;
mod ops;
mod organism;
mod page;
pub mod pages;
mod refusal;
mod rejection;
mod request;
mod scalar;
mod search;
mod text;
mod vocabulary;
pub mod webhooks;

use async_graphql::{MergedObject, SDLExportOptions};
pub use door::{Door, PersistedQueries, Proxies, Rates, Sites};
pub use explorer::Explorer;
pub use http::{router, router_with};
pub use live::{Sockets, Subscription};
pub use monitor::{Check, Operation, UNREACHABLE, monitor};
pub use oidc::{Oidc, OidcSecret, OidcSettings};
use service::context::App;
use std::sync::Arc;
pub use webhooks::BounceSecret;

/// How much a query may cost: a field counts one, a page as many as its edges, a list of ids as many as they.
const COSTLIEST: usize = 200_000;

/// Reading.
#[derive(MergedObject, Default)]
pub struct Query(
    account::AccountQuery,
    application::ApplicationQuery,
    authority::AuthorityQuery,
    billing::BillingQuery,
    deadline::DeadlineQuery,
    edof::EdofQuery,
    evaluation::EvaluationQuery,
    habilitation::HabilitationQuery,
    machine::MachineQuery,
    notice::NoticeQuery,
    ops::OpsQuery,
    organism::OrganismQuery,
);

/// Changing: one act each.
#[derive(MergedObject, Default)]
pub struct Mutation(
    account::AccountMutation,
    application::ApplicationMutation,
    authority::AuthorityMutation,
    billing::BillingMutation,
    edof::EdofMutation,
    evaluation::EvaluationMutation,
    machine::MachineMutation,
    notice::NoticeMutation,
    ops::OpsMutation,
    organism::OrganismMutation,
);

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// What every request shares.
#[derive(Clone)]
pub struct ApiState {
    /// The application.
    pub app: App,
    /// The connections that requests read on.
    lanes: lane::Lanes,
    /// The schema.
    pub schema: Schema,
    /// Queries parsed before.
    documents: Arc<gate::Documents>,
    /// Whether the explorer is served.
    pub explorer: Explorer,
    /// What the mail server shows to report bounces; none: it cannot.
    pub bounce_secret: Option<BounceSecret>,
    /// Who is let in.
    pub door: Arc<Door>,
    /// The issuer that people may sign in with; none: local accounts alone.
    pub oidc: Option<Arc<Oidc>>,
}

impl ApiState {
    /// With a schema of its own.
    pub fn new(app: App, explorer: Explorer) -> Self {
        let (lanes, door) = (lane::Lanes::of(&app.db), Arc::default());
        let (schema, documents) = (schema(), Arc::default());
        Self { app, lanes, schema, documents, explorer, bounce_secret: None, door, oidc: None }
    }

    /// With bounces taken from a mail server that shows this secret.
    #[must_use]
    pub fn with_bounce_secret(self, secret: Option<BounceSecret>) -> Self {
        Self { bounce_secret: secret, ..self }
    }

    /// With other sites, rates and persisted queries.
    #[must_use]
    pub fn with_door(self, door: Door) -> Self {
        Self { door: Arc::new(door), ..self }
    }

    /// With someone told of the statements that run on connections which requests keep; of others, the pool tells.
    #[must_use]
    pub fn with_watch(self, watch: lane::Watch) -> Self {
        Self { lanes: self.lanes.watched(watch), ..self }
    }

    /// With sign-in by this issuer.
    #[must_use]
    pub fn with_oidc(self, oidc: Option<Oidc>) -> Self {
        Self { oidc: oidc.map(Arc::new), ..self }
    }
}

/// Builds the schema, with its limits.
pub fn schema() -> Schema {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .limit_complexity(COSTLIEST)
        .extension(gate::OnceValidated)
        .finish()
}

/// The schema's text, as `api/schema.graphql` keeps it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    schema().sdl_with_options(options)
}
