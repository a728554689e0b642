//! A transport that writes each mail to a file.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Accepted, CheckError, Outgoing, SendError, Transport};

/// Longest file name made from a message id; leaves room for the suffix of the
/// temporary name below the usual limit of 255.
const LONGEST_NAME: usize = 180;

/// Writes one `.eml` file per message id into a directory, durably: when
/// [`Transport::send`] returns, file and name are on the disk. Sending the same
/// mail again writes the same bytes under the same name.
#[derive(Debug, Clone)]
pub struct DirectoryTransport {
    dir: PathBuf,
}

impl DirectoryTransport {
    /// Writes to this directory, which is created when the first mail comes.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }
}

#[async_trait]
impl Transport for DirectoryTransport {
    async fn send(&self, mail: &Outgoing) -> Result<Accepted, SendError> {
        let bytes = mail.to_mime()?.formatted();
        let name = file_name(&mail.message_id)?;
        let response = format!("written as {name}");
        let dir = self.dir.clone();
        tokio::task::spawn_blocking(move || write_durably(&dir, &name, &bytes))
            .await
            .map_err(|error| SendError::Temporary(format!("the writing task stopped: {error}")))?
            .map_err(|error| {
                let told = format!("the mail could not be written: {error}");
                SendError::Broken(CheckError::Away(told))
            })?;
        Ok(Accepted { response, server_id: None })
    }

    fn describe(&self) -> String {
        format!("directory {}", self.dir.display())
    }
}

/// What is plainly safe in the name of a file.
const SAFE: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'@').remove(b'.');

/// A file name for a message id. Different ids get different names: whatever is not plainly safe is written as
/// `%XX`, the percent sign itself and a first dot included.
fn file_name(message_id: &str) -> Result<String, SendError> {
    let written = utf8_percent_encode(message_id, &SAFE).to_string();
    let name = match written.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}.eml"),
        None => format!("{written}.eml"),
    };
    if name.len() > LONGEST_NAME {
        return Err(SendError::Permanent("the message id is too long for a file name".to_owned()));
    }
    Ok(name)
}

fn write_durably(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    if !dir.is_dir() {
        fs::create_dir_all(dir)?;
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_directory(parent)?;
        }
    }
    let temporary = dir.join(temporary_name(name));
    let written =
        write_file(&temporary, bytes).and_then(|()| fs::rename(&temporary, dir.join(name)));
    if let Err(error) = written {
        // What failed is reported; a leftover that cannot be removed either is
        // hidden by its name and harmless.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_directory(dir)
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        // Mails hold personal data.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// On Unix a rename lasts once the directory is on the disk; other systems
/// cannot open a directory as a file and do not need it.
fn sync_directory(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// A name that no other writer uses: neither another task, nor another process,
/// nor the same one before it was killed.
fn temporary_name(name: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // The standard library seeds it at random in each process.
    let random = RandomState::new().hash_one((std::process::id(), count));
    format!(".{name}.{random:016x}-{count}.tmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_distinct() {
        let name = |id: &str| file_name(id).expect("a name");
        assert_eq!(name("notice-1@clea.fr"), "notice-1@clea.fr.eml");
        assert_eq!(name("../../etc/x@y"), "%2E.%2F..%2Fetc%2Fx@y.eml");
        assert_ne!(name("a/b@c"), name("a_b@c"));
        assert_ne!(name("a/b@c"), name("a%2Fb@c"));
        assert!(file_name(&"a".repeat(300)).is_err());
    }
}
