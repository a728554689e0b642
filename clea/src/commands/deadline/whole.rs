//! A file is written whole or not at all.

use anyhow::Context as _;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A new file is read and written by whoever the process lets (its umask).
const MODE: u32 = 0o666;

/// Writes what `write` gives beside its place, then puts it there in one step: what stood there stays as it is until
/// then, be it the very file that is read. A link stays one, the file that it names is replaced; a pipe or a terminal
/// is written to.
///
/// # Errors
/// When it cannot be written: nothing has changed then.
pub(super) fn write<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let told = || path.display().to_string();
    let place = place(path).with_context(told)?;
    let known = match OpenOptions::new().write(true).open(&place) {
        Ok(file) => Some(file),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(told),
    };
    let permissions = match known {
        Some(mut file) if !file.metadata().with_context(told)?.is_file() => {
            return write(&mut file);
        }
        Some(file) => Some(file.metadata().with_context(told)?.permissions()),
        None => None,
    };
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new()
        .prefix(".clea-")
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(folder)
        .with_context(told)?;
    let mut buffer = BufWriter::new(beside.as_file_mut());
    let done = write(&mut buffer)?;
    buffer.flush().with_context(told)?;
    drop(buffer);
    if let Some(permissions) = permissions {
        beside.as_file().set_permissions(permissions).with_context(told)?;
    }
    beside.as_file().sync_all().with_context(told)?;
    beside.persist(&place).map_err(|failed| failed.error).with_context(told)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(told)?;
    Ok(done)
}

/// The file that a path leads to, through its links; itself where there is none yet.
fn place(path: &Path) -> std::io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(path: &Path, text: &str) -> anyhow::Result<()> {
        write(path, |out| Ok(out.write_all(text.as_bytes())?))
    }

    #[test]
    fn what_stood_there_stays_until_all_is_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.csv");
        fs::write(&path, "before").expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("changed");
        let failed = write(&path, |out| -> anyhow::Result<()> {
            out.write_all(b"half")?;
            assert_eq!(fs::read(&path)?, b"before");
            anyhow::bail!("it fails")
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).expect("readable"), b"before");
        written(&path, "after").expect("written");
        assert_eq!(fs::read(&path).expect("readable"), b"after");
        assert_eq!(fs::metadata(&path).expect("known").permissions().mode() & 0o777, 0o640);
        assert_eq!(
            fs::read_dir(dir.path()).expect("readable").count(),
            1,
            "nothing is left beside"
        );
    }

    #[test]
    fn a_link_stays_one_and_another_name_of_the_file_keeps_what_it_held() {
        let dir = tempfile::tempdir().expect("a folder");
        let [file, link, twin] =
            ["a.csv", "link.csv", "twin.csv"].map(|name| dir.path().join(name));
        fs::write(&file, "before").expect("written");
        std::os::unix::fs::symlink("a.csv", &link).expect("linked");
        fs::hard_link(&file, &twin).expect("linked");
        written(&link, "after").expect("written");
        assert!(fs::symlink_metadata(&link).expect("known").is_symlink());
        assert_eq!(fs::read(&file).expect("readable"), b"after");
        assert_eq!(fs::read(&twin).expect("readable"), b"before");
        assert!(written(dir.path(), "x").is_err(), "a folder");
        assert!(written(&dir.path().join("none/a.csv"), "x").is_err(), "no folder");
        written(Path::new("/dev/null"), "x").expect("a device is written to");
    }
}
