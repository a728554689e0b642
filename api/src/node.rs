//! Global ids: any object by its id.

use crate::load;
use crate::object::Global;
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{
    Context, ContextSelectionSet, ID, Interface, OutputType, Positioned, ServerResult, Value,
};
use entity::ids::TypedId;
use entity::subject::Subject;
use std::borrow::Cow;

// The interface as the library declares it, of one of its types; the others are added to it.
/// An object with a global id.
#[derive(Interface)]
#[graphql(
    name = "Node",
    field(name = "id", ty = "ID", desc = "Opaque, typed, stable for ever, e.g. `hab_01J…`.")
)]
enum Declared {
    Tariff(Tariff),
}

macro_rules! nodes {
    ($($subject:ident: $($node:ident),+;)*) => {
        $(use crate::$subject::{$($node),+};)*

        /// An object with a global id. It answers as the object that it is: what the library makes of an
        /// interface knows no order, and compiles every type once more.
        pub(crate) enum Node {
            $($($node($node)),+),*
        }

        impl OutputType for Node {
            fn type_name() -> Cow<'static, str> {
                Declared::type_name()
            }

            fn introspection_type_name(&self) -> Cow<'static, str> {
                match self {
                    $($(Self::$node(object) => object.introspection_type_name()),+),*
                }
            }

            fn create_type_info(registry: &mut Registry) -> String {
                let name = Declared::create_type_info(registry);
                for node in [$($($node::create_type_info(registry)),+),*] {
                    let node = node.trim_end_matches('!');
                    registry.add_implements(node, &Self::type_name());
                    let declared = registry.types.get_mut(&*Self::type_name());
                    if let Some(MetaType::Interface { possible_types, .. }) = declared {
                        possible_types.insert(node.to_owned());
                    }
                }
                name
            }

            async fn resolve(
                &self,
                ctx: &ContextSelectionSet<'_>,
                field: &Positioned<Field>,
            ) -> ServerResult<Value> {
                match self {
                    $($(Self::$node(object) => object.resolve(ctx, field).await),+),*
                }
            }
        }

        /// The object of this id, asked for `alone` or with others; none for what does not exist or may not be
        /// seen.
        pub(crate) async fn find(ctx: &Context<'_>, id: &ID, alone: bool) -> Option<Node> {
            let prefix = id.split_once('_')?.0;
            $($(
                if prefix == <$node as Global>::Id::PREFIX {
                    return $node::find(ctx, id.parse().ok()?, alone).await.map(Node::$node);
                }
            )+)*
            None
        }
    };
}

nodes! {
    account: AccountGrant, Invitation, SignInSession;
    application: Application, Decision;
    authority: Authority, Campaign, Delegation, Framework, Meeting;
    billing: Invoice, InvoiceLine, Payment, Tariff;
    deadline: Deadline;
    edof: EdofAlert;
    evaluation: Candidate, Certificate, Enrolment, Evaluation, Jury, JuryDecision, TrainingPath;
    habilitation: Habilitation;
    machine: MachineCredential;
    notice: Document, Notice;
    ops: Task;
    organism: Organism, Practitioner, Site;
}

/// What a deadline or another row is about, as an object; none where it may not be seen, or where the schema
/// shows no such object.
pub(crate) async fn of_subject(ctx: &Context<'_>, subject: Subject) -> Option<Node> {
    match subject {
        Subject::Application(id) => load::get(ctx, id).await.map(Node::Application),
        Subject::Habilitation(id) => load::get(ctx, id).await.map(Node::Habilitation),
        Subject::Invoice(id) => load::get(ctx, id).await.map(Node::Invoice),
        Subject::EdofAlert(id) => load::get(ctx, id).await.map(Node::EdofAlert),
        Subject::Certificate(id) => load::get(ctx, id).await.map(Node::Certificate),
        Subject::Site(id) => load::get(ctx, id).await.map(Node::Site),
        Subject::Candidate(id) => load::get(ctx, id).await.map(Node::Candidate),
        Subject::Notice(id) => load::get(ctx, id).await.map(Node::Notice),
        Subject::MachineCredential(id) => load::get(ctx, id).await.map(Node::MachineCredential),
        Subject::Invitation(id) => load::get(ctx, id).await.map(Node::Invitation),
        Subject::Task(id) => load::get(ctx, id).await.map(Node::Task),
        Subject::PasswordReset(_) => None,
    }
}
