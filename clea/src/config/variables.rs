//! The list of what can be configured: one line per variable, which `.env.sample` and the README repeat.

/// One setting. Its name in the TOML file is the variable's, in lower case and without `CLEA_`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable {
    /// The environment variable.
    pub(crate) name: &'static str,
    /// What stands when it is not given; empty for nothing.
    pub(crate) default: &'static str,
}

const fn variable(name: &'static str, default: &'static str) -> Variable {
    Variable { name, default }
}

/// Every setting.
pub(crate) const VARIABLES: &[Variable] = &[
    variable("CLEA_ENV", "development"),
    variable("CLEA_LISTEN", "127.0.0.1:8080"),
    variable("CLEA_PUBLIC_URL", ""),
    variable("CLEA_MONITOR_LISTEN", ""),
    variable("CLEA_DATABASE_URL", "sqlite://var/clea.db"),
    variable("CLEA_DATABASE_PASSWORD", ""),
    variable("CLEA_DATABASE_OWNER_URL", ""),
    variable("CLEA_DATABASE_OWNER_PASSWORD", ""),
    variable("CLEA_DB_POOL", "10"),
    variable("CLEA_DB_STATEMENT_TIMEOUT", "30"),
    variable("CLEA_REDIS_URL", ""),
    variable("CLEA_REDIS_NAMESPACE", "clea"),
    variable("CLEA_MAIL", "file:var/mails"),
    variable("CLEA_MAIL_HELO", ""),
    variable("CLEA_MAIL_ROOT_CERTIFICATES", ""),
    variable("CLEA_MAIL_BOUNCE_SECRET", ""),
    variable("CLEA_MAIL_FROM", "CléA Habilitations <habilitations@clea.example>"),
    variable("CLEA_MAIL_REPLY_TO", ""),
    variable("CLEA_CLOCK", "system"),
    variable("CLEA_CLOCK_START", ""),
    variable("CLEA_DEMO_PASSWORD", "clea-demonstration"),
    variable("CLEA_CERTIFICATION_CODE", "RS6435"),
    variable("CLEA_WORKER_CONCURRENCY", "8"),
    variable("CLEA_WORKER_CONCURRENCY_PERSON", ""),
    variable("CLEA_WORKER_CONCURRENCY_LEGAL", ""),
    variable("CLEA_WORKER_CONCURRENCY_BULK", ""),
    variable("CLEA_WORKER_CONCURRENCY_OUTSIDE", ""),
    variable("CLEA_WORKER_LEASE", "30"),
    variable("CLEA_WORKER_TASK_TIMEOUT", "120"),
    variable("CLEA_WORKER_PUSH_PATIENCE", "60"),
    variable("CLEA_SESSION_HOURS", "12"),
    variable("CLEA_OIDC_ISSUER", ""),
    variable("CLEA_OIDC_CLIENT_ID", ""),
    variable("CLEA_OIDC_CLIENT_SECRET", ""),
    variable("CLEA_OIDC_NAME", ""),
    variable("CLEA_OIDC_SCOPES", "email profile"),
    variable("CLEA_OIDC_TRUST_EMAIL", ""),
    variable("CLEA_OIDC_FRONTEND_URL", ""),
    variable("CLEA_EXPLORER", ""),
    variable("CLEA_EXPLORER_ASSETS", "assets/explorer"),
    variable("CLEA_ALLOWED_ORIGINS", ""),
    variable("CLEA_ALLOWED_HEADERS", ""),
    variable("CLEA_TRUSTED_PROXIES", ""),
    variable("CLEA_RATE_ADDRESS", "6000"),
    variable("CLEA_RATE_READ", "3000"),
    variable("CLEA_RATE_ACT", "600"),
    variable("CLEA_PERSISTED_QUERIES", ""),
    variable("CLEA_PERSISTED_QUERIES_ONLY", ""),
    variable("CLEA_LOG", "info,sqlx=warn,sea_orm_migration=warn"),
    variable("CLEA_LOG_FORMAT", "text"),
];

/// Variables of the same family that are read elsewhere.
pub(crate) const OTHERS: &[&str] = &["CLEA_CONFIG", "CLEA_FAULTS"];

impl Variable {
    /// The setting's key in the TOML file.
    pub(crate) fn key(self) -> String {
        self.name.trim_start_matches("CLEA_").to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front(file: &str) -> String {
        let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a file of the repository")
    }

    #[test]
    fn the_sample_and_the_readme_name_every_variable_with_its_default() {
        let (sample, readme) = (front(".env.sample"), front("README.md"));
        for Variable { name, default } in VARIABLES {
            let line = format!("#{name}={default}");
            assert!(sample.lines().any(|l| l == line), ".env.sample lacks the line `{line}`");
            assert!(readme.contains(&format!("| `{name}` |")), "README.md's table lacks {name}");
        }
    }

    #[test]
    fn the_sample_names_nothing_else() {
        let sample = front(".env.sample");
        for line in sample.lines().filter(|l| l.starts_with("#CLEA_")) {
            let name = line.trim_start_matches('#').split('=').next().unwrap_or_default();
            assert!(VARIABLES.iter().any(|v| v.name == name), "{name} is no variable");
        }
    }
}
