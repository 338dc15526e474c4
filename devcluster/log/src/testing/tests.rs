//! What the disk of tests promises: the fsync model and the faults.

use super::*;

fn disk() -> MemDisk {
    let disk = MemDisk::new(1);
    disk.create_dir(Path::new("/d")).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    disk
}

fn path() -> &'static Path {
    Path::new("/d/f")
}

#[test]
fn power_loss_takes_back_what_was_not_synced() {
    let disk = disk();
    let file = disk.open(path(), true).unwrap();
    file.write_at(b"durable", 0).unwrap();
    file.sync().unwrap();
    disk.sync_dir(Path::new("/d")).unwrap();
    file.write_at(b"D", 0).unwrap();
    file.write_at(b" lost", 7).unwrap();
    file.set_len(3).unwrap();
    assert_eq!(disk.read(path()).unwrap(), b"Dur");
    disk.crash(Crash::Power);
    assert_eq!(disk.read(path()).unwrap(), b"durable");
    assert!(file.len().is_err(), "a handle does not survive a crash");
}

#[test]
fn killed_process_loses_nothing() {
    let disk = disk();
    disk.open(path(), true).unwrap().write_at(b"kept", 0).unwrap();
    disk.crash(Crash::Process);
    assert_eq!(disk.read(path()).unwrap(), b"kept");
}

#[test]
fn name_is_lost_with_the_power_until_its_directory_is_synced() {
    let disk = disk();
    let file = disk.open(path(), true).unwrap();
    file.write_at(b"x", 0).unwrap();
    file.sync().unwrap();
    disk.crash(Crash::Power);
    assert!(!disk.exists(path()));
}

#[test]
fn rename_without_a_directory_sync_is_taken_back() {
    let disk = disk();
    disk.replace(path(), b"old").unwrap();
    disk.put(path(), b"new", true).unwrap();
    assert_eq!(disk.read(path()).unwrap(), b"new");
    disk.crash(Crash::Power);
    assert_eq!(disk.read(path()).unwrap(), b"old");
}

#[test]
fn replaced_file_is_durable() {
    let disk = disk();
    disk.replace(path(), b"old").unwrap();
    disk.replace(path(), b"new").unwrap();
    disk.crash(Crash::Power);
    assert_eq!(disk.read(path()).unwrap(), b"new");
    let names: Vec<String> =
        disk.list(Path::new("/d")).unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["f"]);
}

#[test]
fn everything_is_durable_after_one_call() {
    let disk = disk();
    disk.put(path(), b"old", false).unwrap();
    disk.rename(path(), Path::new("/d/g")).unwrap();
    disk.sync_all(Path::new("/d")).unwrap();
    disk.crash(Crash::Power);
    assert_eq!(disk.read(Path::new("/d/g")).unwrap(), b"old");
}

#[test]
fn torn_crash_keeps_the_first_changes() {
    let mut lengths = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let disk = MemDisk::new(seed);
        disk.create_dir(Path::new("/d")).unwrap();
        let file = disk.open(path(), true).unwrap();
        disk.sync_dir(Path::new("/d")).unwrap();
        for byte in 1..=4u8 {
            file.write_at(&[byte; 8], u64::from(byte - 1) * 8).unwrap();
        }
        disk.crash(Crash::Torn);
        let bytes = disk.read(path()).unwrap();
        let whole = bytes.iter().enumerate().take_while(|(at, byte)| **byte as usize == at / 8 + 1).count();
        assert!(bytes[whole..].iter().all(|byte| *byte == 0), "seed {seed}: only a tail is torn");
        lengths.insert(whole);
    }
    assert!(lengths.len() > 10, "many different tails: {lengths:?}");
}

#[test]
fn handle_of_a_renamed_file_fails_and_has_nothing_to_sync() {
    let disk = disk();
    let file = disk.open(path(), true).unwrap();
    disk.rename(path(), Path::new("/d/g")).unwrap();
    assert!(file.write_at(b"x", 0).is_err());
    assert!(file.sync().is_ok());
    let file = disk.open(Path::new("/d/g"), false).unwrap();
    disk.rename(Path::new("/d"), Path::new("/e")).unwrap();
    assert!(file.len().is_err(), "the directory was renamed");
    assert!(disk.exists(Path::new("/e/g")) && !disk.exists(Path::new("/d")));
}

#[test]
fn dying_process_does_an_operation_by_half_and_no_more() {
    let disk = disk();
    let file = disk.open(path(), true).unwrap();
    disk.die_after(1);
    file.write_at(b"12345678", 0).unwrap();
    assert!(file.write_at(b"abcdefgh", 8).is_err());
    assert!(file.write_at(b"never", 8).is_err());
    assert!(disk.read(path()).is_err());
    disk.crash(Crash::Process);
    let bytes = disk.read(path()).unwrap();
    assert!(b"12345678abcdefgh".starts_with(&bytes) && bytes.len() >= 8, "{bytes:?}");
}

#[test]
fn injected_errors_have_no_effect_on_the_content() {
    let disk = disk();
    let file = disk.open(path(), true).unwrap();
    disk.fail_after(0, io::ErrorKind::StorageFull);
    assert_eq!(file.write_at(b"x", 0).unwrap_err().kind(), io::ErrorKind::StorageFull);
    file.write_at(b"y", 0).unwrap();
    disk.set_capacity(3);
    assert_eq!(file.write_at(b"1234", 0).unwrap_err().kind(), io::ErrorKind::StorageFull);
    file.write_at(b"123", 0).unwrap();
    assert_eq!(disk.free_space(path()).unwrap().usable, 0);
    disk.set_failing(Some(io::ErrorKind::Other));
    assert!(file.write_at(b"z", 0).is_err());
    assert!(disk.replace(path(), b"z").is_err());
    disk.set_failing(None);
    assert_eq!(disk.read(path()).unwrap(), b"123");
}

#[test]
fn fork_is_a_disk_of_its_own() {
    let disk = disk();
    disk.replace(path(), b"1").unwrap();
    let other = disk.fork();
    other.replace(path(), b"2").unwrap();
    assert_eq!((disk.read(path()).unwrap(), other.read(path()).unwrap()), (b"1".to_vec(), b"2".to_vec()));
}
