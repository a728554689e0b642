//! The database's changes, one file each, up and down on SQLite and PostgreSQL.
//!
//! A file once released never changes; it never uses `entity`, which speaks of today's tables only.

mod build;
mod m2026_11_24_01_authorities_and_frameworks;
mod m2026_11_24_02_organisms_and_people;
mod m2026_11_24_03_applications_and_decisions;
mod m2026_11_24_04_habilitations;
mod m2026_11_24_05_candidates_and_certificates;
mod m2026_11_24_06_billing;
mod m2026_11_24_07_notices_and_documents;
mod m2026_11_24_08_journal_and_outbox;
mod m2026_11_25_09_one_role_once;
mod m2026_11_25_10_bounces;
mod m2026_11_25_15_signing_in;
mod m2026_11_25_20_machine_credentials;
mod m2026_11_25_21_openid_connect;
mod m2026_11_25_30_changes;
mod m2026_11_25_40_pages;
mod m2026_11_25_41_search;
mod m2026_11_30_50_subjects;
mod m2026_11_30_51_sanctions;
mod m2026_11_30_52_lanes;
mod m2026_11_30_53_expiry_obstacles;
mod m2026_11_30_60_addresses;
mod m2026_11_30_61_sameness;
mod m2026_11_30_62_births;
mod m2026_11_30_65_instalments;
mod m2026_11_30_70_delivery_ids;
pub mod roles;

use sea_orm_migration::MigrationTrait;
pub use sea_orm_migration::{MigrationStatus, MigratorTrait, prelude::DbErr};

/// Applies and undoes the changes.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m2026_11_24_01_authorities_and_frameworks::Migration),
            Box::new(m2026_11_24_02_organisms_and_people::Migration),
            Box::new(m2026_11_24_03_applications_and_decisions::Migration),
            Box::new(m2026_11_24_04_habilitations::Migration),
            Box::new(m2026_11_24_05_candidates_and_certificates::Migration),
            Box::new(m2026_11_24_06_billing::Migration),
            Box::new(m2026_11_24_07_notices_and_documents::Migration),
            Box::new(m2026_11_24_08_journal_and_outbox::Migration),
            Box::new(m2026_11_25_09_one_role_once::Migration),
            Box::new(m2026_11_25_10_bounces::Migration),
            Box::new(m2026_11_25_15_signing_in::Migration),
            Box::new(m2026_11_25_20_machine_credentials::Migration),
            Box::new(m2026_11_25_21_openid_connect::Migration),
            Box::new(m2026_11_25_30_changes::Migration),
            Box::new(m2026_11_25_40_pages::Migration),
            Box::new(m2026_11_25_41_search::Migration),
            Box::new(m2026_11_30_50_subjects::Migration),
            Box::new(m2026_11_30_51_sanctions::Migration),
            Box::new(m2026_11_30_52_lanes::Migration),
            Box::new(m2026_11_30_53_expiry_obstacles::Migration),
            Box::new(m2026_11_30_60_addresses::Migration),
            Box::new(m2026_11_30_61_sameness::Migration),
            Box::new(m2026_11_30_62_births::Migration),
            Box::new(m2026_11_30_65_instalments::Migration),
            Box::new(m2026_11_30_70_delivery_ids::Migration),
        ]
    }
}
