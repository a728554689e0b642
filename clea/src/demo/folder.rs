//! The film's folder: its own, emptied before each showing.

use std::io;
use std::path::Path;

/// Marks a folder that a film may empty.
const MARK: &str = ".clea-demo";

/// Creates the folder, or empties it when an earlier film filled it; any other folder is left alone.
pub(super) fn prepare(dir: &Path) -> Result<(), crate::failure::Failure> {
    let refused = |error: io::Error| anyhow::anyhow!("{}: {error}", dir.display());
    if dir.exists() {
        let empty = std::fs::read_dir(dir).map_err(refused)?.next().is_none();
        if !empty && !dir.join(MARK).exists() {
            let message =
                "it holds something else than an earlier film; name another folder with --dir";
            return Err(anyhow::anyhow!("{}: {message}", dir.display()).into());
        }
        std::fs::remove_dir_all(dir).map_err(refused)?;
    }
    std::fs::create_dir_all(dir).map_err(refused)?;
    std::fs::write(dir.join(MARK), "").map_err(refused)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_someone_else_is_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let film = dir.path().join("film");
        prepare(&film).expect("created");
        std::fs::write(film.join("clea.db"), "x").expect("written");
        prepare(&film).expect("emptied");
        assert!(!film.join("clea.db").exists());
        std::fs::write(dir.path().join("thesis.txt"), "x").expect("written");
        assert!(prepare(dir.path()).is_err());
        assert!(dir.path().join("thesis.txt").exists());
    }
}
