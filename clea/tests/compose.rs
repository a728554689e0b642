//! `docker-compose.yml` as Docker reads it: what it names exists, and it opens nothing by mistake.

mod support;

use serde_yaml_ng::{Mapping, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_owned()
}

fn file(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).expect("a file of the repository")
}

/// The file with its anchors and merges resolved.
fn compose() -> Value {
    let mut compose: Value = serde_yaml_ng::from_str(&file("docker-compose.yml")).expect("YAML");
    compose.apply_merge().expect("merges that resolve");
    compose
}

fn map<'a>(value: &'a Value, what: &str) -> &'a Mapping {
    value.as_mapping().unwrap_or_else(|| panic!("{what} is a mapping"))
}

fn name(value: &Value) -> &str {
    value.as_str().expect("a name")
}

/// The services, by name.
fn services(compose: &Value) -> Vec<(&str, &Value)> {
    map(&compose["services"], "services")
        .iter()
        .map(|(key, service)| (name(key), service))
        .collect()
}

/// Ours run the image that is built here.
fn ours(compose: &Value) -> Vec<(&str, &Value)> {
    services(compose).into_iter().filter(|(_, service)| !service["build"].is_null()).collect()
}

/// The settings of the program: `.env.sample` names each, which another test holds.
fn settings() -> BTreeSet<String> {
    let sample = file(".env.sample");
    let lines = sample.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    lines.map(|(name, _)| name.to_owned()).filter(|name| name.starts_with("CLEA_")).collect()
}

#[test]
fn every_setting_named_is_one_and_all_of_env_reach_the_services() {
    let (compose, settings) = (compose(), settings());
    assert!(settings.len() > 20, "{settings:?}");
    for (service, of) in ours(&compose) {
        for (key, _) in map(&of["environment"], service) {
            let known = settings.contains(name(key)) || name(key) == "POSTGRES_PASSWORD";
            assert!(known, "{service}: {} is no setting", name(key));
        }
        assert_eq!(of["env_file"][0]["path"], ".env", "{service} reads .env");
        assert_eq!(of["env_file"][0]["required"], false, "{service} starts without .env");
    }
}

/// The owner's password goes to `migrate` alone.
#[test]
fn the_owner_is_for_migrate_alone() {
    let compose = compose();
    for (service, of) in ours(&compose) {
        assert_eq!(of["environment"]["POSTGRES_PASSWORD"], "", "{service}: the superuser's");
        for setting in ["CLEA_DATABASE_OWNER_URL", "CLEA_DATABASE_OWNER_PASSWORD"] {
            let given = of["environment"][setting].as_str().expect("said, whatever .env says");
            assert_eq!(!given.is_empty(), service == "migrate", "{service}: {setting}={given}");
        }
    }
}

#[test]
fn what_a_service_waits_for_exists_and_can_be_waited_for() {
    let compose = compose();
    let known: BTreeSet<_> = services(&compose).into_iter().map(|(name, _)| name).collect();
    for (service, of) in services(&compose) {
        if of["depends_on"].is_null() {
            continue;
        }
        for (key, how) in map(&of["depends_on"], service) {
            let other = name(key);
            assert!(known.contains(other), "{service} waits for {other}, which does not exist");
            let watched = &compose["services"][other];
            match how["condition"].as_str() {
                Some("service_healthy") => assert!(
                    watched["healthcheck"]["test"].is_sequence(),
                    "{service} waits for the health of {other}, which is not checked"
                ),
                Some("service_completed_successfully") => {
                    assert_eq!(watched["restart"], "no", "{other} ends");
                }
                how => panic!("{service} waits for {other}: {how:?}"),
            }
        }
    }
}

#[test]
fn images_are_pinned_and_ports_are_not_open_to_the_world() {
    let compose = compose();
    for (service, of) in services(&compose) {
        let image = of["image"].as_str().expect("an image");
        if of["build"].is_null() {
            let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
            assert!(tag.contains(|c: char| c.is_ascii_digit()), "{service}: {image} is not pinned");
        }
        for port in of["ports"].as_sequence().into_iter().flatten() {
            let port = name(port);
            assert!(port.starts_with("127.0.0.1:"), "{service}: {port} is open to the world");
        }
    }
}

#[test]
fn our_services_run_commands_that_exist_and_are_watched() {
    let compose = compose();
    let dir = tempfile::tempdir().expect("a folder");
    let exists = |command: &str| {
        support::clea(dir.path(), &[command, "--help"]).output().expect("it runs").status.success()
    };
    for (service, of) in ours(&compose) {
        let command = of["command"][0].as_str().expect("a command");
        assert!(exists(command), "{service}: clea {command}");
        let ends = of["restart"] == "no";
        let check = &of["healthcheck"];
        match check["test"].as_sequence() {
            Some(test) => {
                assert_eq!((&test[0], &test[1]), (&"CMD".into(), &"clea".into()), "{service}");
                assert!(exists(name(&test[2])), "{service}: clea {}", name(&test[2]));
            }
            // The image has a check of its own, for the API.
            None => {
                assert_eq!(check["disable"] == true, ends, "{service} is watched while it runs");
            }
        }
    }
    assert!(file("Dockerfile").contains("HEALTHCHECK"));
}

/// The scripts that are mounted exist and can be run.
#[test]
fn what_is_mounted_exists() {
    let compose = compose();
    let mut mounted = 0;
    for (_, of) in services(&compose) {
        for volume in of["volumes"].as_sequence().into_iter().flatten() {
            let Some((path, _)) = name(volume).split_once(':') else { continue };
            if let Some(path) = path.strip_prefix("./") {
                let script = root().join(path);
                assert!(script.is_file(), "{path}");
                let checked = Command::new("sh").arg("-n").arg(&script).status().expect("a shell");
                assert!(checked.success(), "{path}");
                mounted += 1;
            } else {
                assert!(map(&compose["volumes"], "volumes").contains_key(path), "{path}");
            }
        }
    }
    assert_eq!(mounted, 1);
}

/// The roles that the script makes are those that a migration asks for: on the test's server, under
/// passwords that no address could hold as they are. The names are the script's own, in a copy.
#[tokio::test]
async fn the_script_of_the_roles_makes_what_migrate_needs() {
    let Some(server) = support::postgres() else { return };
    let Ok(psql) = Command::new("psql").arg("--version").output() else {
        println!("skipped: psql is not installed");
        return;
    };
    assert!(psql.status.success());
    let id = uuid::Uuid::now_v7().simple().to_string();
    let (owner, application) = (format!("clea_o_{id}"), format!("clea_a_{id}"));
    let script = file("scripts/postgres-roles")
        .replace("clea_owner ", &format!("{owner} "))
        .replace("OWNER clea_owner", &format!("OWNER {owner}"))
        .replace("ROLE clea ", &format!("ROLE {application} "))
        .replace("DATABASE clea ", &format!("DATABASE clea_d_{id} "));
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("roles");
    std::fs::write(&path, script).expect("written");
    let (own, app) = ("p'@ss/w\"o:r#d? %", "$(autre) \\'é");
    let url = reqwest::Url::parse(&server).expect("an address");
    let mut run = Command::new("sh");
    run.arg(&path)
        .env("PGHOST", url.host_str().expect("a host"))
        .env("PGPORT", url.port().unwrap_or(5432).to_string())
        .env("POSTGRES_USER", url.username())
        .env("CLEA_DATABASE_OWNER_PASSWORD", own)
        .env("CLEA_DATABASE_PASSWORD", app);
    if let Some(password) = url.password() {
        run.env("PGPASSWORD", password);
    }
    let made = run.output().expect("it runs");
    assert!(made.status.success(), "{}", support::text(&made.stderr));
    let at = |role: &str| support::address(&server, role, &format!("clea_d_{id}"));
    for args in [["migrate"], ["seed"]] {
        let output = support::clea(dir.path(), &args)
            .env("CLEA_DATABASE_URL", at(&application))
            .env("CLEA_DATABASE_PASSWORD", app)
            .env("CLEA_DATABASE_OWNER_URL", at(&owner))
            .env("CLEA_DATABASE_OWNER_PASSWORD", own)
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{args:?}: {}", support::text(&output.stderr));
    }
    let statements = [
        format!("DROP DATABASE clea_d_{id} WITH (FORCE)"),
        format!("DROP ROLE {application}"),
        format!("DROP ROLE {owner}"),
    ];
    support::execute(&server, &statements).await;
}

/// Docker's own reading, where it is installed with compose.
#[test]
fn docker_reads_it() {
    let compose = |args: &[&str]| {
        Command::new("docker").arg("compose").args(args).current_dir(root()).output()
    };
    if !compose(&["version"]).is_ok_and(|output| output.status.success()) {
        println!("skipped: docker compose is not installed");
        return;
    }
    let output = compose(&["config", "--quiet"]).expect("it runs");
    assert!(output.status.success(), "{}", support::text(&output.stderr));
}
