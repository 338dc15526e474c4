//! Files made by hand, good and damaged: what a reader makes of them.

use std::io::Write;

use super::*;
use crate::tree::Acl;

/// Builds jute bytes.
#[derive(Clone, Default)]
struct Jute(Vec<u8>);

impl Jute {
    fn i32(mut self, value: i32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn i64(mut self, value: i64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn text(self, value: &str) -> Self {
        self.buffer(Some(value.as_bytes()))
    }

    fn buffer(self, value: Option<&[u8]>) -> Self {
        let length = value.map_or(-1, |value| i32::try_from(value.len()).expect("it is short"));
        let mut jute = self.i32(length);
        jute.0.extend(value.unwrap_or_default());
        jute
    }

    fn node(self, path: &str, data: Option<&[u8]>, owner: i64) -> Self {
        let jute = self.text(path).buffer(data).i64(-1);
        // czxid mzxid ctime mtime, version cversion aversion, owner, pzxid
        jute.i64(3).i64(4).i64(1000).i64(2000).i32(5).i32(6).i32(7).i64(owner).i64(8)
    }

    fn seal(self) -> Self {
        let sum = adler2::adler32_slice(&self.0);
        self.i64(i64::from(sum)).text("/")
    }
}

const SESSION: i64 = 0x1000_0000_0000_0001;

/// A snapshot with nodes `/a`, `/a/b` and the ephemeral `/e`, sealed.
fn snapshot() -> Jute {
    let head = Jute::default().i32(0x5A4B_534E).i32(2).i64(-1).i32(1).i64(SESSION).i32(18_000).i32(0);
    head.node("", Some(b""), 0)
        .node("/a", None, 0)
        .node("/a/b", Some(b""), 0)
        .node("/e", Some(b"x"), SESSION)
        .text("/")
        .seal()
}

/// A transaction's header and body.
fn txn(zxid: i64, kind: i32, body: Jute) -> Vec<u8> {
    let mut bytes = Jute::default().i64(SESSION).i32(1).i64(zxid).i64(zxid * 10).i32(kind).0;
    bytes.extend(body.0);
    bytes
}

fn create(zxid: i64, path: &str) -> Vec<u8> {
    let acl = Jute::default().text(path).text("new").i32(1).i32(31).text("world").text("anyone");
    let mut body = acl;
    body.0.push(0);
    txn(zxid, 1, body.i32(-1))
}

fn set(zxid: i64, path: &str, data: &str, version: i32) -> Vec<u8> {
    txn(zxid, 5, Jute::default().text(path).text(data).i32(version))
}

fn delete(zxid: i64, path: &str) -> Vec<u8> {
    txn(zxid, 2, Jute::default().text(path))
}

/// A log file of some transactions, with zeros behind.
fn log(transactions: &[Vec<u8>]) -> Vec<u8> {
    let mut jute = Jute::default().i32(0x5A4B_4C47).i32(2).i64(0);
    for bytes in transactions {
        jute = jute.i64(i64::from(adler2::adler32_slice(bytes))).buffer(Some(bytes));
        jute.0.push(0x42);
    }
    jute.0.extend([0; 64]);
    jute.0
}

/// A data directory with these files in `version-2`.
fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(directory.path().join("version-2")).expect("it is new");
    for (name, bytes) in files {
        fs::write(directory.path().join("version-2").join(name), bytes).expect("it is writable");
    }
    directory
}

fn load(files: &[(&str, &[u8])]) -> Result<Loaded, ZkFilesError> {
    ZkFiles::open(&[directory(files).path()]).and_then(|files| files.load())
}

fn paths(tree: &Tree) -> Vec<String> {
    tree.walk().map(|(path, _)| path).collect()
}

#[test]
fn a_snapshot_gives_nodes_with_stat_and_null_apart_from_empty() {
    let loaded = load(&[("snapshot.4", &snapshot().0)]).expect("a good snapshot");
    assert_eq!(paths(&loaded.tree), ["/", "/a", "/a/b", "/e"]);
    assert_eq!(loaded.zxid, 4);
    assert_eq!(loaded.sessions.get(&SESSION), Some(&18_000));
    let a = loaded.tree.get("/a").expect("it is there");
    assert_eq!(a.data, None);
    assert_eq!(loaded.tree.acl(a), Acl::open());
    let b = loaded.tree.get("/a/b").expect("it is there");
    assert_eq!(b.data.as_deref(), Some(&b""[..]));
    let stat = &b.stat;
    assert_eq!((stat.czxid, stat.mzxid, stat.pzxid), (3, 4, 8));
    assert_eq!((stat.ctime_ms, stat.mtime_ms), (1000, 2000));
    assert_eq!((stat.version, stat.cversion, stat.aversion), (5, 6, 7));
}

#[test]
fn a_log_is_replayed_from_the_snapshot_on() {
    let log = log(&[
        set(3, "/a", "before the snapshot", 1),
        create(5, "/c"),
        create(6, "/a"),
        set(7, "/a/b", "set", 6),
        delete(8, "/none"),
        delete(9, "/c"),
        create(10, "/a/d"),
    ]);
    let loaded = load(&[("snapshot.4", &snapshot().0), ("log.3", &log)]).expect("good files");
    assert_eq!(paths(&loaded.tree), ["/", "/a", "/a/b", "/a/d", "/e"]);
    assert_eq!((loaded.zxid, loaded.time_ms, loaded.replayed), (10, Some(100), 6));
    assert_eq!(loaded.tree.get("/a").expect("kept").data, None, "a repeated creation changes nothing");
    let b = loaded.tree.get("/a/b").expect("it is there");
    assert_eq!((b.data.as_deref(), b.stat.version, b.stat.mzxid), (Some(&b"set"[..]), 6, 7));
    assert!(loaded.notes.is_empty());
}

#[test]
fn the_end_of_a_session_takes_its_ephemeral_nodes() {
    let log = log(&[txn(5, -11, Jute::default())]);
    let loaded = load(&[("snapshot.4", &snapshot().0), ("log.5", &log)]).expect("good files");
    assert_eq!(paths(&loaded.tree), ["/", "/a", "/a/b"]);
    assert!(loaded.sessions.is_empty());
}

#[test]
fn a_multi_is_all_of_its_changes() {
    let part = |kind: i32, bytes: Vec<u8>| Jute::default().i32(kind).buffer(Some(&bytes[32..])).0;
    let mut body = Jute::default().i32(2);
    body.0.extend(part(2, delete(5, "/e")));
    body.0.extend(part(5, set(5, "/a", "both", 9)));
    let log = log(&[txn(5, 14, body)]);
    let loaded = load(&[("snapshot.4", &snapshot().0), ("log.5", &log)]).expect("good files");
    assert_eq!(paths(&loaded.tree), ["/", "/a", "/a/b"]);
    assert_eq!(loaded.tree.get("/a").expect("kept").data.as_deref(), Some(&b"both"[..]));
}

#[test]
fn a_picture_can_be_as_of_an_earlier_transaction() {
    let log = log(&[create(5, "/c"), create(6, "/d")]);
    let directory = directory(&[("snapshot.4", &snapshot().0), ("log.5", &log)]);
    let files = ZkFiles::open(&[directory.path()]).expect("two files");
    let loaded = files.load_until(5).expect("good files");
    assert!(loaded.tree.get("/c").is_some() && loaded.tree.get("/d").is_none());
    let mut seen = Vec::new();
    files
        .transactions(|transaction| {
            seen.push((transaction.zxid, transaction.change.path().map(str::to_owned)));
            true
        })
        .expect("good files");
    assert_eq!(seen, [(5, Some("/c".to_owned())), (6, Some("/d".to_owned()))]);
}

#[test]
fn a_damaged_snapshot_gives_way_to_an_older_one() {
    let good = snapshot().0;
    let mut bad = good.clone();
    bad[60] ^= 1;
    let log = log(&[create(5, "/c"), create(6, "/d")]);
    let loaded =
        load(&[("snapshot.4", &good), ("snapshot.6", &bad), ("log.5", &log)]).expect("an older snapshot");
    assert_eq!((loaded.zxid, loaded.replayed), (6, 2));
    assert_eq!(loaded.notes.len(), 1);
    assert!(loaded.notes[0].contains("snapshot.6 is not used"), "{:?}", loaded.notes);
}

#[test]
fn a_gap_in_the_log_is_an_error_and_says_what_is_missing() {
    let late = log(&[create(7, "/c")]);
    let error = load(&[("snapshot.4", &snapshot().0), ("log.7", &late)]).expect_err("5 and 6 are missing");
    assert!(matches!(error, ZkFilesError::Gap { last: 4, next: 7, .. }), "{error}");
    // A new leader begins to count again.
    let elected = log(&[create((1 << 32) + 1, "/c")]);
    load(&[("snapshot.4", &snapshot().0), ("log.100000001", &elected)]).expect("no gap");
}

#[test]
fn a_torn_entry_matters_only_when_something_is_missing() {
    let mut torn = log(&[create(5, "/c"), create(6, "/d")]);
    torn.truncate(torn.len() - 64 - 5);
    let loaded = load(&[("snapshot.4", &snapshot().0), ("log.5", &torn)]).expect("the end may be torn");
    assert_eq!(loaded.zxid, 5);
    assert!(loaded.notes[0].contains("ends inside the entry"), "{:?}", loaded.notes);
    let next = log(&[create(6, "/d")]);
    let loaded = load(&[("snapshot.4", &snapshot().0), ("log.5", &torn), ("log.6", &next)]).expect("goes on");
    assert_eq!(loaded.zxid, 6);
    let later = log(&[create(7, "/x")]);
    let error = load(&[("snapshot.4", &snapshot().0), ("log.5", &torn), ("log.7", &later)]).expect_err("gap");
    assert!(error.to_string().contains("ends inside the entry"), "{error}");
}

#[test]
fn later_servers_write_more_behind_the_nodes() {
    let digest = snapshot().i64(4).i32(2).i64(99).seal();
    load(&[("snapshot.4", &digest.0)]).expect("3.6");
    load(&[("snapshot.4", &snapshot().i64(4).i32(1).text("ab").seal().0)]).expect("3.6, first version");
    load(&[("snapshot.4", &digest.clone().i64(4).seal().0)]).expect("3.9");
    load(&[("snapshot.4", &digest.i64(4).i64(0).text("/").0)]).expect_err("a wrong seal");
}

#[test]
fn packed_snapshots_are_read() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&snapshot().0).expect("memory");
    let loaded = load(&[("snapshot.4.gz", &gz.finish().expect("memory"))]).expect("a packed snapshot");
    assert_eq!(loaded.tree.len(), 4);
}

#[test]
fn a_directory_of_something_else_is_refused() {
    assert!(matches!(load(&[("myid", b"1")]), Err(ZkFilesError::Nothing { .. })));
    let none = Path::new("/there/is/nothing");
    assert!(matches!(ZkFiles::open(&[none]), Err(ZkFilesError::Directory { .. })));
    let error = load(&[("snapshot.4", b"not a snapshot at all")]).expect_err("no snapshot");
    assert!(explain(&error).contains("does not begin with a snapshot's header"), "{error}");
}

#[test]
fn nodes_that_make_no_tree_are_refused() {
    let head = Jute::default().i32(0x5A4B_534E).i32(2).i64(-1).i32(0).i32(0).node("", None, 0);
    for path in ["/child/before-parent", "relative", "/a//b", "/"] {
        let bytes = head.clone().node(path, None, 0).text("/").seal();
        load(&[("snapshot.4", &bytes.0)]).expect_err(path);
    }
    let twice = head.node("/a", None, 0).node("/a", None, 0).text("/").seal();
    load(&[("snapshot.4", &twice.0)]).expect_err("the same node twice");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Whatever happens to the bytes, there is an answer: a tree or an error.
    #[test]
    fn damaged_files_never_panic(at in 0_usize..400, byte: u8, cut in 0_usize..400, in_log: bool) {
        let mut snapshot = snapshot().0;
        let mut log = log(&[create(5, "/c"), set(6, "/c", "d", 1), delete(7, "/a/b")]);
        let file = if in_log { &mut log } else { &mut snapshot };
        let at = at % file.len();
        file[at] = byte;
        file.truncate(file.len().min(400 - cut.min(399)));
        let _ = load(&[("snapshot.4", &snapshot), ("log.5", &log)]);
    }
}
