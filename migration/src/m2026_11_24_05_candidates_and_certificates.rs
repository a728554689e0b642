//! Creates the tables of candidates and certificates.

use crate::build::*;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("candidate")
                .column(id())
                .column(uuid("organism_id"))
                .column(text("birth_name"))
                .column(text("used_name").null())
                .column(text("first_names"))
                .column(date("birth_date"))
                .column(text("sex"))
                .column(text("birth_place_code").null())
                .column(text("birth_place_name"))
                .column(text("birth_country"))
                .column(text("email").null())
                .column(text("name_key"))
                .column(date("registered_on"))
                .column(int("version"))
                .points("organism_id", "organism")
                .one_of("sex", &["M", "F"])
                .index(&["organism_id", "name_key"]),
        )
        .await?;
        create(
            m,
            table("enrolment")
                .column(id())
                .column(uuid("candidate_id"))
                .column(uuid("organism_id"))
                .column(uuid("habilitation_id"))
                .column(uuid("framework_id"))
                .column(uuid("site_id"))
                .column(date("enrolled_on"))
                .column(date("purpose_told_on"))
                .column(date("disability_contact_told_on"))
                .column(int("version"))
                .points("candidate_id", "candidate")
                .points("organism_id", "organism")
                .points("habilitation_id", "habilitation")
                .points("framework_id", "framework")
                .points("site_id", "site")
                .unique(&["candidate_id", "habilitation_id", "enrolled_on"])
                .index(&["organism_id", "enrolled_on"])
                .index(&["habilitation_id"]),
        )
        .await?;
        create(
            m,
            table("evaluation")
                .column(id())
                .column(uuid("enrolment_id"))
                .column(text("kind"))
                .column(int("sequence"))
                .column(date("held_on"))
                .column(boolean("remote"))
                .column(date("recorded_on"))
                .column(uuid("recorded_by_id"))
                .points("enrolment_id", "enrolment")
                .one_of("kind", &["PRIOR", "FINAL"])
                .points("recorded_by_id", "account")
                .unique(&["enrolment_id", "kind", "sequence"]),
        )
        .await?;
        create(
            m,
            table("evaluation_result")
                .column(uuid("evaluation_id"))
                .column(text("competence_code"))
                .column(boolean("acquired"))
                .column(uuid("evaluator_id"))
                .key(&["evaluation_id", "competence_code"])
                .points("evaluation_id", "evaluation")
                .points("evaluator_id", "practitioner"),
        )
        .await?;
        create(
            m,
            table("training_path")
                .column(id())
                .column(uuid("enrolment_id"))
                .column(date("starts_on"))
                .column(date("completed_on").null())
                .points("enrolment_id", "enrolment")
                .index(&["enrolment_id"])
                .check("completed_on IS NULL OR completed_on >= starts_on"),
        )
        .await?;
        create(
            m,
            table("training_path_trainer")
                .column(uuid("training_path_id"))
                .column(uuid("practitioner_id"))
                .key(&["training_path_id", "practitioner_id"])
                .points("training_path_id", "training_path")
                .points("practitioner_id", "practitioner"),
        )
        .await?;
        create(
            m,
            table("jury")
                .column(id())
                .column(uuid("organism_id"))
                .column(date("held_on"))
                .column(text("minutes"))
                .column(date("recorded_on"))
                .column(uuid("recorded_by_id"))
                .points("organism_id", "organism")
                .points("recorded_by_id", "account")
                .index(&["organism_id", "held_on"]),
        )
        .await?;
        create(
            m,
            table("jury_member")
                .column(uuid("jury_id"))
                .column(uuid("practitioner_id"))
                .key(&["jury_id", "practitioner_id"])
                .points("jury_id", "jury")
                .points("practitioner_id", "practitioner"),
        )
        .await?;
        create(
            m,
            table("jury_decision")
                .column(id())
                .column(uuid("jury_id"))
                .column(uuid("enrolment_id"))
                .column(boolean("favourable"))
                .column(text("grounds"))
                .points("jury_id", "jury")
                .points("enrolment_id", "enrolment")
                .unique(&["jury_id", "enrolment_id"])
                .index(&["enrolment_id"]),
        )
        .await?;
        freeze(m, "jury_decision").await?;
        create(
            m,
            table("certificate")
                .column(id())
                .column(text("number").unique())
                .column(text("verification_code").unique())
                .column(uuid("enrolment_id").unique())
                .column(uuid("candidate_id"))
                .column(uuid("organism_id"))
                .column(uuid("habilitation_id"))
                .column(uuid("framework_id"))
                .column(uuid("jury_id"))
                .column(date("awarded_on"))
                .column(text("delivery"))
                .points("enrolment_id", "enrolment")
                .points("candidate_id", "candidate")
                .points("organism_id", "organism")
                .points("habilitation_id", "habilitation")
                .points("framework_id", "framework")
                .points("jury_id", "jury")
                .one_of("delivery", &["PAPER", "PDF"])
                .index(&["organism_id", "awarded_on"])
                .index(&["candidate_id"]),
        )
        .await?;
        freeze(m, "certificate").await?;
        sql(m, "CREATE UNIQUE INDEX training_path_one_open ON training_path (enrolment_id) WHERE completed_on IS NULL").await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "certificate").await?;
        drop(m, "jury_decision").await?;
        drop(m, "jury_member").await?;
        drop(m, "jury").await?;
        drop(m, "training_path_trainer").await?;
        drop(m, "training_path").await?;
        drop(m, "evaluation_result").await?;
        drop(m, "evaluation").await?;
        drop(m, "enrolment").await?;
        drop(m, "candidate").await?;
        Ok(())
    }
}
