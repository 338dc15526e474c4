//! A cluster that is not one: brokers on loopback that answer from a small world of topics and groups, and
//! do whatever a test scripts instead.
//!
//! It runs in a thread of its own, so that a whole command with its own runtime can be pointed at it.

mod answers;
mod changes;
pub mod world;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use kr_client::safety::{Operation, operations_of};
use kr_wire::header::RequestHeader;
use kr_wire::message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub use world::{World, batch};

/// A request as it came.
pub struct Seen<'a> {
    pub node: i32,
    pub header: &'a RequestHeader,
    pub body: &'a Bytes,
}

/// What a script does instead of answering.
pub enum Reply {
    /// These bytes, whatever they are.
    Raw(Vec<u8>),
    /// The same, one byte at a time.
    Drip(Vec<u8>),
    /// Nothing, for ever.
    Silence,
    /// The end of the connection.
    Close,
    /// The usual, but the answer is lost with the connection.
    ActAndClose,
}

/// A script: `None` is the usual answer.
pub type Script = Box<dyn FnMut(&Seen<'_>, &mut World) -> Option<Reply> + Send>;

struct Stage {
    world: World,
    script: Option<Script>,
    requests: Vec<(i32, i16, i16)>,
    writes: Vec<Operation>,
}

/// The cluster; dropping it ends it.
pub struct FakeCluster {
    stage: Arc<Mutex<Stage>>,
    addresses: Vec<SocketAddr>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl FakeCluster {
    /// Starts brokers 1 to `count`.
    pub fn start(count: i32) -> Self {
        let listeners: Vec<std::net::TcpListener> =
            (0..count).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses: Vec<SocketAddr> = listeners.iter().map(|l| l.local_addr().unwrap()).collect();
        let stage =
            Stage { world: World::new(&addresses), script: None, requests: Vec::new(), writes: Vec::new() };
        let stage = Arc::new(Mutex::new(stage));
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::clone(&stage);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                for (node, listener) in (1..).zip(listeners) {
                    listener.set_nonblocking(true).unwrap();
                    let listener = TcpListener::from_std(listener).unwrap();
                    tokio::spawn(accept(node, listener, Arc::clone(&shared)));
                }
                let mut stopped = stopped;
                let _ = stopped.wait_for(|stopped| *stopped).await;
            });
            runtime.shutdown_background();
        });
        Self { stage, addresses, stop, thread: Some(thread) }
    }

    /// Where the brokers listen.
    pub fn bootstrap(&self) -> Vec<String> {
        self.addresses.iter().map(SocketAddr::to_string).collect()
    }

    /// The world, to look at and to change.
    pub fn world(&self) -> impl std::ops::DerefMut<Target = World> + '_ {
        struct Guard<'a>(MutexGuard<'a, Stage>);
        impl std::ops::Deref for Guard<'_> {
            type Target = World;
            fn deref(&self) -> &World {
                &self.0.world
            }
        }
        impl std::ops::DerefMut for Guard<'_> {
            fn deref_mut(&mut self) -> &mut World {
                &mut self.0.world
            }
        }
        Guard(self.stage.lock().unwrap())
    }

    /// Scripts what the brokers do.
    pub fn script(&self, script: impl FnMut(&Seen<'_>, &mut World) -> Option<Reply> + Send + 'static) {
        self.stage.lock().unwrap().script = Some(Box::new(script));
    }

    /// All requests so far: node, API key, version.
    pub fn requests(&self) -> Vec<(i32, i16, i16)> {
        self.stage.lock().unwrap().requests.clone()
    }

    /// What requests so far were to change, in their order, whatever they were answered.
    pub fn writes(&self) -> Vec<Operation> {
        self.stage.lock().unwrap().writes.clone()
    }

    /// How many requests of an API came so far.
    pub fn count(&self, key: i16) -> usize {
        self.requests().iter().filter(|request| request.1 == key).count()
    }
}

impl Drop for FakeCluster {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(node: i32, listener: TcpListener, stage: Arc<Mutex<Stage>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(node, stream, Arc::clone(&stage)));
    }
}

async fn serve(node: i32, mut stream: TcpStream, stage: Arc<Mutex<Stage>>) -> Option<()> {
    let mut buffer = BytesMut::new();
    loop {
        while let Some(frame) = next_frame(&mut buffer) {
            let (header, length) = RequestHeader::decode(&frame).ok()?;
            let body = frame.slice(length..);
            let reply = {
                let mut stage = stage.lock().unwrap();
                stage.requests.push((node, header.api_key, header.api_version));
                stage.writes.extend(writes(&header, &body));
                let Stage { world, script, .. } = &mut *stage;
                let seen = Seen { node, header: &header, body: &body };
                let scripted = script.as_mut().and_then(|script| script(&seen, world));
                match scripted {
                    None => answers::answer(world, &seen).map_or(Reply::Close, Reply::Raw),
                    Some(Reply::ActAndClose) => {
                        answers::answer(world, &seen);
                        Reply::Close
                    }
                    Some(reply) => reply,
                }
            };
            match reply {
                Reply::Raw(bytes) => stream.write_all(&bytes).await.ok()?,
                Reply::Drip(bytes) => {
                    for byte in bytes {
                        stream.write_all(&[byte]).await.ok()?;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
                Reply::Silence => {}
                Reply::Close | Reply::ActAndClose => return None,
            }
        }
        if stream.read_buf(&mut buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// What a request is to change; produce requests are not in the codec of the others.
fn writes(header: &RequestHeader, body: &Bytes) -> Vec<Operation> {
    if header.api_key == 0 {
        return vec![Operation::PRODUCE];
    }
    let request = message::decode_request(header.api_key, header.api_version, body.clone());
    request.map(|request| operations_of(&request)).unwrap_or_default()
}

fn next_frame(buffer: &mut BytesMut) -> Option<Bytes> {
    let length = usize::try_from(i32::from_be_bytes(*buffer.first_chunk()?)).ok()?;
    if buffer.len() < 4 + length {
        return None;
    }
    buffer.advance(4);
    Some(buffer.split_to(length).freeze())
}
