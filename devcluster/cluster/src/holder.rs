//! Who has a port: for the message that it is taken. Linux only, and only what `/proc` lets this user see.

use std::fs;

/// Names the process that listens on a local port: `java (pid 4711)`.
pub fn of_port(port: u16) -> Option<String> {
    let inodes: Vec<String> =
        ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().flat_map(|table| inodes(table, port)).collect();
    if inodes.is_empty() {
        return None;
    }
    let wanted: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        let files = fs::read_dir(process.path().join("fd")).ok()?;
        let has_it = files.flatten().any(|file| {
            let target = fs::read_link(file.path()).ok();
            target.is_some_and(|target| wanted.iter().any(|wanted| target.as_os_str() == wanted.as_str()))
        });
        has_it.then(|| {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            let name = name.trim();
            let name = if name.is_empty() { "a process" } else { name };
            format!("{name} (pid {pid})")
        })
    })
}

/// Inodes of the sockets bound to a port in one of the kernel's tables.
///
/// **Shape:** `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...`, the address as
/// `HEX:PORT`, the port in four hexadecimal digits.
fn inodes(table: &str, port: u16) -> Vec<String> {
    let suffix = format!(":{port:04X}");
    let text = fs::read_to_string(table).unwrap_or_default();
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let local = fields.nth(1)?;
            let inode = fields.nth(7)?;
            (local.ends_with(&suffix) && inode != "0").then(|| inode.to_owned())
        })
        .collect()
}
