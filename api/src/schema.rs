//! The whole schema: what each subject brings to its three roots, and its limits.

use crate::live::subscription::Subscription;
use crate::{
    account, application, authority, billing, deadline, edof, evaluation, gate, habilitation,
    machine, notice, ops, organism,
};
use async_graphql::{MergedObject, SDLExportOptions};

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
