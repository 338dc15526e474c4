//! The real disk: bound on open files, atomic replacement, lock.

use super::*;

fn open_count(disk: &RealDisk) -> usize {
    let ring = locked(&disk.open.ring);
    ring.iter().filter_map(Weak::upgrade).filter(|file| locked(&file.handle).is_some()).count()
}

#[test]
fn files_beyond_the_bound_are_closed_and_open_again_on_use() {
    let dir = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(4);
    let files: Vec<_> =
        (0..20).map(|n| disk.open(&dir.path().join(format!("f{n}")), true).unwrap()).collect();
    assert!(open_count(&disk) <= 4);
    for round in 0..3u64 {
        for (n, file) in files.iter().enumerate() {
            file.write_at(&[n as u8], round).unwrap();
        }
    }
    assert!(open_count(&disk) <= 4);
    for (n, file) in files.iter().enumerate() {
        let mut buffer = [0; 8];
        assert_eq!(file.read_at(&mut buffer, 0).unwrap(), 3);
        assert_eq!(buffer[..3], [n as u8; 3]);
    }
}

#[test]
fn replaced_file_has_the_new_content_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let disk = RealDisk::default();
    let path = dir.path().join("f");
    disk.replace(&path, b"a longer first content").unwrap();
    disk.replace(&path, b"second").unwrap();
    assert_eq!(disk.read(&path).unwrap(), b"second");
    let listed = disk.list(dir.path()).unwrap();
    assert_eq!(listed, [DirEntry { name: "f".to_owned(), is_dir: false, len: 6 }]);
}

#[test]
fn removed_file_has_nothing_to_sync() {
    let dir = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(1);
    let file = disk.open(&dir.path().join("f"), true).unwrap();
    disk.open(&dir.path().join("g"), true).unwrap();
    disk.open(&dir.path().join("h"), true).unwrap();
    disk.remove_file(&dir.path().join("f")).unwrap();
    assert!(file.sync().is_ok());
}

#[test]
fn free_space_is_within_the_total() {
    let space = RealDisk::default().free_space(&std::env::temp_dir()).unwrap();
    assert!(space.usable <= space.total && space.total > 0);
}

#[test]
fn lock_of_a_directory_makes_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let lock = RealDisk::default().lock_dir(dir.path()).unwrap();
    assert!(dir.path().join(".lock").exists());
    drop(lock);
}

#[test]
fn file_system_of_a_directory_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    assert!(RealDisk::default().sync_all(dir.path()).is_ok());
    assert!(RealDisk::default().sync_all(&dir.path().join("missing")).is_err());
}
