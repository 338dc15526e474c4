//! The shell around a small machine instead of a node: sockets, limits, faults, flushes.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kr_log::{Disk, DiskFile, FileRange, Piece, RealDisk};
use kr_node::{ConnId, Event, FlushToken, Level, LinkDownReason, LinkId, Listener, Output};
use kr_server::{Core, Exit, FlushPool, Limits, NodeHandle, NodeServer, ServerConfig};
use kr_wire::time::{Mono, Now};

const PATIENCE: Duration = Duration::from_secs(10);
/// More than a socket takes at once.
const FILE_BYTES: usize = 12 << 20;

/// Answers each frame with itself; the first byte of a frame makes it do other things.
#[derive(Default)]
struct Echo {
    out: VecDeque<Output>,
    seen: Vec<String>,
    frames: usize,
    deadline: Option<Mono>,
    waiting: Option<ConnId>,
    asker: Option<ConnId>,
    file: Option<Arc<dyn DiskFile>>,
}

impl Echo {
    fn send(&mut self, conn: ConnId, body: &[u8]) {
        let frame = framed(body).into_iter().map(Into::into).collect();
        self.out.push_back(Output::Send { conn, frame });
    }

    fn frame(&mut self, conn: ConnId, frame: Bytes, now: Now) {
        self.frames += 1;
        match frame[0] {
            b'!' => panic!("told to panic"),
            b'.' => {}
            b'0' => self.out.push_back(Output::Send { conn, frame: Vec::new() }),
            b'c' => {
                self.send(conn, b"bye");
                self.out.push_back(Output::Close { conn });
            }
            b't' => {
                self.deadline = Some(now.mono + Duration::from_millis(20));
                self.waiting = Some(conn);
            }
            b'd' => {
                self.asker = Some(conn);
                let address = std::str::from_utf8(&frame[1..]).expect("text");
                let (host, port) = address.rsplit_once(':').expect("host:port");
                let port = port.parse().expect("port");
                self.out.push_back(Output::Dial { link: LinkId(1), host: host.to_owned(), port });
            }
            b'f' => {
                self.waiting = Some(conn);
                let files = vec![self.file.clone().expect("a file")];
                self.out.push_back(Output::Flush { token: FlushToken(9), files, urgent: false });
            }
            b'p' => {
                let file = self.file.clone().expect("a file");
                let length = (FILE_BYTES as i32 + 3).to_be_bytes();
                let frame = vec![
                    Bytes::copy_from_slice(&length).into(),
                    Piece::File(FileRange::new(file, 1, FILE_BYTES)),
                    Bytes::from_static(b"end").into(),
                ];
                self.out.push_back(Output::Send { conn, frame });
            }
            b'x' => self.out.push_back(Output::Fatal { reason: "told to".to_owned() }),
            b'b' => {
                let body = vec![b'b'; 4 << 20];
                self.send(conn, &body);
            }
            _ => self.send(conn, &frame),
        }
    }
}

impl Core for Echo {
    type Status = (usize, Vec<String>);

    fn handle(&mut self, event: Event, now: Now) {
        match event {
            Event::Accepted { .. } => self.seen.push("accepted".to_owned()),
            Event::Closed { .. } => self.seen.push("closed".to_owned()),
            Event::Frame { conn, frame } => self.frame(conn, frame, now),
            Event::LinkUp { link } => self.out.push_back(Output::LinkSend { link, frame: framed(b"hello") }),
            Event::LinkFrame { frame, .. } => {
                let asker = self.asker.expect("asked");
                self.send(asker, &frame);
            }
            Event::LinkDown { reason, .. } => {
                let asker = self.asker.expect("asked");
                let text = match reason {
                    LinkDownReason::Refused => "refused",
                    LinkDownReason::Closed => "closed",
                    LinkDownReason::Unreachable => "unreachable",
                };
                self.send(asker, text.as_bytes());
            }
            Event::Flushed { token, result } => {
                let conn = self.waiting.take().expect("somebody waits");
                self.send(conn, format!("{} {result:?}", token.0).as_bytes());
            }
            Event::Tick => {
                self.deadline = None;
                let conn = self.waiting.take().expect("somebody waits");
                self.send(conn, b"tick");
            }
            Event::Shutdown => self.out.push_back(Output::Stopped),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn next_deadline(&self) -> Option<Mono> {
        self.deadline
    }

    fn status(&self) -> Self::Status {
        (self.frames, self.seen.clone())
    }
}

struct Running {
    handle: NodeHandle<(usize, Vec<String>)>,
    address: SocketAddr,
}

fn start_with(limits: Limits, file: Option<Arc<dyn DiskFile>>) -> Running {
    start_on(Listener::Broker, limits, file)
}

fn start_on(listener: Listener, limits: Limits, file: Option<Arc<dyn DiskFile>>) -> Running {
    let socket = TcpListener::bind(("127.0.0.1", 0)).expect("bind");
    let address = socket.local_addr().expect("address");
    let config = ServerConfig {
        name: "echo".to_owned(),
        listeners: vec![(listener, socket)],
        limits,
        flush: FlushPool::default(),
        log: Box::new(|_: Level, _: &str| {}),
    };
    let handle = NodeServer::spawn(config, move |_| Ok(Echo { file, ..Echo::default() })).expect("a thread");
    Running { handle, address }
}

fn start() -> Running {
    start_with(Limits::default(), None)
}

impl Running {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("connect");
        stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
        stream
    }

    fn status(&self) -> (usize, Vec<String>) {
        wait(self.handle.status(PATIENCE)).expect("it answers")
    }

    fn until(&self, what: &str, condition: impl Fn(&(usize, Vec<String>)) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.status();
            if condition(&status) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {status:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime")
        .block_on(async { tokio::time::timeout(PATIENCE, future).await.expect("in time") })
}

fn framed(body: &[u8]) -> Vec<Bytes> {
    let length = (body.len() as i32).to_be_bytes();
    vec![Bytes::copy_from_slice(&length), Bytes::copy_from_slice(body)]
}

fn send(stream: &mut TcpStream, body: &[u8]) {
    stream.write_all(&framed(body).concat()).expect("write");
}

fn receive(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; i32::from_be_bytes(length) as usize];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn ask(stream: &mut TcpStream, body: &[u8]) -> Vec<u8> {
    send(stream, body);
    receive(stream).expect("an answer")
}

#[test]
fn frames_are_answered_in_order_however_they_are_cut() {
    let node = start();
    let mut stream = node.connect();
    let bodies: Vec<Vec<u8>> = (1..40usize).map(|n| vec![b'e'; n * n * 97]).collect();
    let bytes: Vec<u8> = bodies.iter().flat_map(|body| framed(body).concat()).collect();
    let mut writer = stream.try_clone().expect("clone");
    let sender = std::thread::spawn(move || {
        for chunk in bytes.chunks(7001) {
            writer.write_all(chunk).expect("write");
        }
    });
    for body in &bodies {
        assert_eq!(&receive(&mut stream).expect("an answer"), body);
    }
    sender.join().expect("sender");
    assert_eq!(node.status().0, bodies.len());
}

#[test]
fn requests_without_an_answer_free_their_place() {
    let node = start();
    let mut stream = node.connect();
    for _ in 0..500 {
        send(&mut stream, b"0");
    }
    assert_eq!(ask(&mut stream, b"echo"), b"echo");
}

#[test]
fn reading_stops_at_the_bound_of_unanswered_requests() {
    let node = start_with(Limits { unanswered: 4, ..Limits::default() }, None);
    let mut stream = node.connect();
    send(&mut stream, b".");
    node.until("first request", |(frames, _)| *frames == 1);
    for _ in 0..10 {
        send(&mut stream, b".");
        // One at a time, so that no read brings several.
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(node.status().0, 4);
    // Others are served.
    assert_eq!(ask(&mut node.connect(), b"echo"), b"echo");
}

#[test]
fn client_that_takes_no_answers_is_not_read_and_gets_all_of_them_later() {
    let node = start();
    let mut stream = node.connect();
    for _ in 0..16 {
        send(&mut stream, b"b");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(node.status().0 < 16, "{:?}", node.status());
    for _ in 0..16 {
        assert_eq!(receive(&mut stream).expect("an answer").len(), 4 << 20);
    }
    assert_eq!(node.status().0, 16);
}

#[test]
fn close_after_the_last_answer_has_left() {
    let node = start();
    let mut stream = node.connect();
    assert_eq!(ask(&mut stream, b"c"), b"bye");
    assert_eq!(stream.read(&mut [0; 1]).expect("end of stream"), 0);
}

#[test]
fn node_hears_of_a_closed_connection() {
    let node = start();
    let stream = node.connect();
    node.until("accepted", |(_, seen)| seen == &["accepted"]);
    stream.shutdown(Shutdown::Both).expect("shutdown");
    node.until("closed", |(_, seen)| seen == &["accepted", "closed"]);
}

#[test]
fn frame_beyond_the_maximum_ends_the_connection_only() {
    let node = start();
    let mut stream = node.connect();
    stream.write_all(&i32::MAX.to_be_bytes()).expect("write");
    assert!(matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_)));
    assert_eq!(ask(&mut node.connect(), b"echo"), b"echo");
}

#[test]
fn connection_that_never_asked_makes_room_at_the_limit() {
    let node = start_with(Limits { connections: 2, ..Limits::default() }, None);
    let mut good = node.connect();
    assert_eq!(ask(&mut good, b"echo"), b"echo");
    let mut idle = node.connect();
    node.until("idle is in", |(_, seen)| seen.len() == 2);
    let mut third = node.connect();
    assert_eq!(ask(&mut third, b"e3"), b"e3");
    assert!(matches!(idle.read(&mut [0; 1]), Ok(0) | Err(_)), "the idle one had to go");
    // Now all have asked: the next is refused.
    let mut fourth = node.connect();
    let _ = fourth.write_all(&framed(b"e4").concat());
    assert!(receive(&mut fourth).is_err());
    assert_eq!(ask(&mut good, b"echo"), b"echo");
}

#[test]
fn dripping_and_silent_connections_are_ended() {
    let limits = Limits { frame_grace: Duration::from_secs(1), ..Limits::default() };
    let node = start_with(limits, None);
    let mut good = node.connect();
    assert_eq!(ask(&mut good, b"echo"), b"echo");
    let mut silent = node.connect();
    let mut dripping = node.connect();
    dripping.write_all(&framed(&[b'e'; 100]).concat()[..50]).expect("write");
    assert!(matches!(silent.read(&mut [0; 1]), Ok(0) | Err(_)));
    assert!(matches!(dripping.read(&mut [0; 1]), Ok(0) | Err(_)));
    assert_eq!(ask(&mut good, b"echo"), b"echo", "idle between requests is fine");
}

#[test]
fn idle_clients_are_ended_but_not_idle_peers_of_the_quorum() {
    let limits = Limits { idle: Duration::from_secs(1), ..Limits::default() };
    let nodes = [Listener::Controller, Listener::Broker].map(|on| start_on(on, limits.clone(), None));
    let mut peer = nodes[0].connect();
    assert_eq!(ask(&mut peer, b"echo"), b"echo");
    // The second begins later than the peer: when it is gone, the peer's time would have been over as well.
    for _ in 0..2 {
        let mut client = nodes[1].connect();
        assert_eq!(ask(&mut client, b"echo"), b"echo");
        assert_eq!(client.read(&mut [0; 1]).expect("end of stream"), 0);
    }
    assert_eq!(ask(&mut peer, b"echo"), b"echo");
}

#[test]
fn deadline_becomes_a_tick() {
    let node = start();
    let began = Instant::now();
    assert_eq!(ask(&mut node.connect(), b"t"), b"tick");
    assert!(began.elapsed() >= Duration::from_millis(20));
}

#[test]
fn paused_node_keeps_its_sockets_and_answers_after_resume() {
    let node = start();
    let mut stream = node.connect();
    assert_eq!(ask(&mut stream, b"echo"), b"echo");
    node.handle.pause();
    assert_eq!(wait(node.handle.status(PATIENCE)), None);
    // The thread may be in its last turn.
    std::thread::sleep(Duration::from_millis(50));
    send(&mut stream, b"later");
    stream.set_read_timeout(Some(Duration::from_millis(200))).expect("timeout");
    let error = receive(&mut stream).expect_err("nothing is answered");
    assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
    node.handle.resume();
    stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
    assert_eq!(receive(&mut stream).expect("an answer"), b"later");
}

#[test]
fn kill_closes_everything_also_while_paused() {
    for pause in [false, true] {
        let node = start();
        let mut stream = node.connect();
        assert_eq!(ask(&mut stream, b"echo"), b"echo");
        if pause {
            node.handle.pause();
        }
        node.handle.kill();
        assert_eq!(wait(node.handle.exited()), Exit::Killed);
        assert!(matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_)));
        let refused = TcpStream::connect(node.address).expect_err("nobody listens");
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
}

#[test]
fn shutdown_ends_with_stopped() {
    let node = start();
    node.handle.shutdown();
    assert_eq!(wait(node.handle.exited()), Exit::Stopped);
}

#[test]
fn panic_fences_one_node_and_is_reported() {
    let other = start();
    let node = start();
    send(&mut node.connect(), b"!");
    match wait(node.handle.exited()) {
        Exit::Panicked(text) => {
            assert!(text.starts_with("told to panic (") && text.contains("shell.rs:"), "{text}")
        }
        other => panic!("unexpected {other:?}"),
    }
    assert_eq!(ask(&mut other.connect(), b"echo"), b"echo");
}

#[test]
fn fatal_ends_the_node_with_its_reason() {
    let node = start();
    send(&mut node.connect(), b"x");
    assert_eq!(wait(node.handle.exited()), Exit::Fatal("told to".to_owned()));
}

#[test]
fn core_that_cannot_be_made_is_reported() {
    let config = ServerConfig {
        name: "none".to_owned(),
        listeners: Vec::new(),
        limits: Limits::default(),
        flush: FlushPool::default(),
        log: Box::new(|_: Level, _: &str| {}),
    };
    let handle = NodeServer::spawn::<Echo>(config, |_| Err("no disk".to_owned())).expect("a thread");
    assert_eq!(wait(handle.exited()), Exit::NotStarted("no disk".to_owned()));
}

#[test]
fn links_are_dialled_and_their_end_is_told_at_once() {
    let target = start();
    let node = start();
    let mut stream = node.connect();
    // The target echoes the greeting, which comes back as the answer.
    assert_eq!(ask(&mut stream, format!("d{}", target.address).as_bytes()), b"hello");
    target.handle.kill();
    assert_eq!(receive(&mut stream).expect("link down"), b"closed");
    wait(target.handle.exited());
    assert_eq!(ask(&mut stream, format!("d{}", target.address).as_bytes()), b"refused");
}

/// A file whose sync waits for permission and counts.
#[derive(Debug, Default)]
struct SlowFile {
    syncs: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
    fails: bool,
}

impl SlowFile {
    fn let_go(&self) {
        *self.open.lock().expect("lock") = true;
        self.opened.notify_all();
    }
}

impl DiskFile for SlowFile {
    fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
        Ok(0)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Ok(())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(0)
    }

    fn sync(&self) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().expect("lock");
        drop(self.opened.wait_while(open, |open| !*open).expect("lock"));
        if self.fails { Err(io::Error::other("disk on fire")) } else { Ok(()) }
    }
}

#[test]
fn flush_is_reported_while_the_node_goes_on() {
    let file = Arc::new(SlowFile::default());
    let node = start_with(Limits::default(), Some(file.clone()));
    let mut waiting = node.connect();
    send(&mut waiting, b"f");
    node.until("flush asked for", |(frames, _)| *frames == 1);
    assert_eq!(ask(&mut node.connect(), b"echo"), b"echo");
    file.let_go();
    assert_eq!(receive(&mut waiting).expect("an answer"), b"9 Ok(())");
}

#[test]
fn failed_flush_is_reported_with_its_reason() {
    let file = Arc::new(SlowFile { fails: true, ..SlowFile::default() });
    file.let_go();
    let node = start_with(Limits::default(), Some(file));
    assert_eq!(ask(&mut node.connect(), b"f"), b"9 Err(\"disk on fire\")");
}

#[test]
fn flushes_that_wait_for_one_file_share_a_sync() {
    let pool = FlushPool::default();
    let file = Arc::new(SlowFile::default());
    let other = Arc::new(SlowFile::default());
    other.let_go();
    let (sender, done) = std::sync::mpsc::channel();
    // Enough syncs under way to occupy every thread, then flushes that have to queue.
    for _ in 0..40 {
        let sender = sender.clone();
        let files: Vec<Arc<dyn DiskFile>> = vec![file.clone(), other.clone()];
        pool.flush(files, false, move |result| sender.send(result).expect("receiver"));
        std::thread::sleep(Duration::from_millis(1));
    }
    file.let_go();
    for _ in 0..40 {
        assert_eq!(done.recv_timeout(PATIENCE).expect("in time"), Ok(()));
    }
    let syncs = file.syncs.load(Ordering::SeqCst);
    assert!(syncs <= 8, "{syncs} syncs for 40 flushes");
}

#[test]
fn urgent_flush_does_not_wait_for_those_that_may_wait() {
    let pool = FlushPool::default();
    let stuck: Vec<Arc<SlowFile>> = (0..20).map(|_| Arc::new(SlowFile::default())).collect();
    let (sender, done) = std::sync::mpsc::channel();
    let flush = |file: Arc<SlowFile>, urgent: bool| {
        let sender = sender.clone();
        let files: Vec<Arc<dyn DiskFile>> = vec![file];
        pool.flush(files, urgent, move |_| sender.send(urgent).expect("receiver"));
    };
    for file in &stuck {
        flush(file.clone(), false);
    }
    let quick = Arc::new(SlowFile::default());
    quick.let_go();
    flush(quick, true);
    assert!(done.recv_timeout(PATIENCE).expect("in time"), "only the urgent one can end");
    stuck.iter().for_each(|file| file.let_go());
    for _ in &stuck {
        assert!(!done.recv_timeout(PATIENCE).expect("in time"));
    }
}

#[test]
fn pieces_of_files_leave_in_their_place_however_slow_the_reader() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = RealDisk::default().open(&dir.path().join("0.log"), true).expect("a file");
    let content: Vec<u8> = (0..=FILE_BYTES).map(|at| (at / 1000) as u8).collect();
    file.write_at(&content, 0).expect("writable");
    let node = start_with(Limits::default(), Some(file.clone()));
    let mut reader = node.connect();
    send(&mut reader, b"p");
    send(&mut reader, b"echo");
    // Others are served while this one does not read.
    assert_eq!(ask(&mut node.connect(), b"echo"), b"echo");
    assert!(receive(&mut reader).expect("an answer") == [&content[1..], b"end"].concat(), "as in the file");
    assert_eq!(receive(&mut reader).expect("an answer"), b"echo");
    file.set_len(FILE_BYTES as u64 / 2).expect("writable");
    send(&mut reader, b"p");
    assert!(receive(&mut reader).is_err(), "what was announced is not there any more");
    node.until("its end", |(_, seen)| seen.iter().any(|seen| seen == "closed"));
}
