//! The transports that keep mails: directory and memory.

use std::fs;
use std::path::Path;

use crate::support::mail;
use mailer::{CheckError, DirectoryTransport, MemoryTransport, SendError, Transport as _};

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn p4_the_same_message_id_twice_is_one_file_with_the_same_bytes() {
    let root = tempfile::tempdir().expect("a directory");
    let dir = root.path().join("mails/out");
    let transport = DirectoryTransport::new(dir.clone());
    let accepted = transport.send(&mail("n-1@clea.example")).await.expect("written");
    assert_eq!(accepted.response, "written as n-1@clea.example.eml");
    let first = fs::read(dir.join("n-1@clea.example.eml")).expect("a file");
    transport.send(&mail("n-1@clea.example")).await.expect("written again");
    assert_eq!(names(&dir), ["n-1@clea.example.eml"], "one file, nothing temporary left");
    assert_eq!(fs::read(dir.join("n-1@clea.example.eml")).expect("a file"), first);
    assert!(String::from_utf8_lossy(&first).contains("Message-ID: <n-1@clea.example>\r\n"));
}

#[tokio::test]
async fn writers_at_once_leave_one_whole_file() {
    let root = tempfile::tempdir().expect("a directory");
    let transport = DirectoryTransport::new(root.path().to_owned());
    let mail = mail("n-1@clea.example");
    let (a, b, c) =
        tokio::join!(transport.send(&mail), transport.send(&mail), transport.send(&mail));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(names(root.path()), ["n-1@clea.example.eml"]);
    let bytes = fs::read(root.path().join("n-1@clea.example.eml")).expect("a file");
    assert_eq!(bytes, mail.to_mime().expect("a mail").formatted());
}

#[tokio::test]
async fn an_id_cannot_leave_the_directory() {
    let root = tempfile::tempdir().expect("a directory");
    let dir = root.path().join("out");
    let transport = DirectoryTransport::new(dir.clone());
    transport.send(&mail("../../x@clea.example")).await.expect("written");
    assert_eq!(names(&dir), ["%2E.%2F..%2Fx@clea.example.eml"]);
    assert_eq!(names(root.path()), ["out"]);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_temporary() {
    let root = tempfile::tempdir().expect("a directory");
    let file = root.path().join("file");
    fs::write(&file, "not a directory").expect("a file");
    let result = DirectoryTransport::new(file.join("out")).send(&mail("n-1@clea.example")).await;
    assert!(matches!(result, Err(SendError::Broken(CheckError::Away(_)))));
}

#[tokio::test]
async fn memory_keeps_what_is_sent_and_fails_on_demand() {
    let memory = MemoryTransport::new();
    memory.fail_next(vec![
        SendError::Temporary("later".to_owned()),
        SendError::Permanent("never".to_owned()),
    ]);
    let mail = mail("n-1@clea.example");
    assert_eq!(memory.send(&mail).await, Err(SendError::Temporary("later".to_owned())));
    assert_eq!(memory.clone().send(&mail).await, Err(SendError::Permanent("never".to_owned())));
    memory.send(&mail).await.expect("kept");
    assert_eq!(memory.sent(), std::slice::from_ref(&mail));

    let invalid = mailer::Outgoing { to: "nobody".to_owned(), ..mail };
    assert!(matches!(memory.send(&invalid).await, Err(SendError::Permanent(_))));
    assert_eq!(memory.sent().len(), 1);
}
