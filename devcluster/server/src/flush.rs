//! A few threads that make files durable while nodes go on.
//!
//! Flushes of one file that wait at the same time become one sync (group commit): a sync that has not begun
//! covers everything written before it begins. What the quorum waits for goes first, and finds a free thread: a
//! failover leaves hundreds of small files to sync, and nobody waits for those. Idle threads end, so a quiet cluster
//! has none.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use kr_log::DiskFile;

/// Syncs at most this many files at once: more does not help one disk.
const THREADS: usize = 4;
/// At most this many of them sync what is not urgent.
const PATIENT_THREADS: usize = THREADS - 1;
/// A thread without work for this long ends.
const IDLE: Duration = Duration::from_secs(10);

/// The flush threads of a process, shared by its nodes. Cheap to clone.
#[derive(Clone, Default)]
pub struct FlushPool {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Files to sync at once, the longest waiting first; a file is here at most once.
    urgent: VecDeque<Job>,
    /// The same, of files that may wait.
    patient: VecDeque<Job>,
    /// Threads that sync files that may wait.
    patient_running: usize,
    threads: usize,
    idle: usize,
}

impl Queue {
    /// The job to do next, and whether it is an urgent one.
    fn next(&mut self) -> Option<(Job, bool)> {
        if let Some(job) = self.urgent.pop_front() {
            return Some((job, true));
        }
        if self.patient_running == PATIENT_THREADS {
            return None;
        }
        let job = self.patient.pop_front()?;
        self.patient_running += 1;
        Some((job, false))
    }

    fn waiting(&self) -> usize {
        self.urgent.len() + self.patient.len()
    }
}

struct Job {
    file: Arc<dyn DiskFile>,
    waiters: Vec<Arc<Flush>>,
}

/// Takes the outcome of a flush.
type Done = Box<dyn FnOnce(Result<(), String>) + Send>;

/// One flush of several files, reported when the last is done.
struct Flush {
    state: Mutex<FlushState>,
}

struct FlushState {
    left: usize,
    result: Result<(), String>,
    done: Option<Done>,
}

impl FlushPool {
    /// Syncs the files and calls `done` with the first error, on a thread of the pool (or at once when there
    /// is nothing to do). What is `urgent` goes before what is not.
    pub fn flush(
        &self,
        files: Vec<Arc<dyn DiskFile>>,
        urgent: bool,
        done: impl FnOnce(Result<(), String>) + Send + 'static,
    ) {
        if files.is_empty() {
            return done(Ok(()));
        }
        let state = FlushState { left: files.len(), result: Ok(()), done: Some(Box::new(done)) };
        let flush = Arc::new(Flush { state: Mutex::new(state) });
        let mut queue = lock(&self.shared.queue);
        let jobs = if urgent { &mut queue.urgent } else { &mut queue.patient };
        for file in files {
            let same = |job: &&mut Job| Arc::ptr_eq(&job.file, &file);
            match jobs.iter_mut().find(same) {
                Some(job) => job.waiters.push(flush.clone()),
                None => jobs.push_back(Job { file, waiters: vec![flush.clone()] }),
            }
        }
        let wanted = queue.waiting().saturating_sub(queue.idle);
        for _ in 0..wanted.min(THREADS - queue.threads) {
            if !self.start_thread() {
                break;
            }
            queue.threads += 1;
        }
        let threads = queue.threads;
        drop(queue);
        self.shared.work.notify_all();
        if threads == 0 {
            // The machine gives no thread: do the work here, late but right.
            self.shared.drain();
        }
    }

    fn start_thread(&self) -> bool {
        let shared = self.shared.clone();
        thread::Builder::new()
            .name("kr-flush".to_owned())
            .stack_size(256 * 1024)
            .spawn(move || shared.run())
            .is_ok()
    }
}

impl Shared {
    fn run(&self) {
        let mut queue = lock(&self.queue);
        loop {
            if let Some((job, urgent)) = queue.next() {
                drop(queue);
                job.run();
                queue = lock(&self.queue);
                queue.patient_running -= usize::from(!urgent);
                continue;
            }
            queue.idle += 1;
            let (back, waited) = self.work.wait_timeout(queue, IDLE).unwrap_or_else(PoisonError::into_inner);
            queue = back;
            queue.idle -= 1;
            if waited.timed_out() && queue.waiting() == 0 {
                queue.threads -= 1;
                return;
            }
        }
    }

    fn drain(&self) {
        while let Some((job, urgent)) = { lock(&self.queue).next() } {
            job.run();
            lock(&self.queue).patient_running -= usize::from(!urgent);
        }
    }
}

impl Job {
    fn run(self) {
        let result = self.file.sync().map_err(|error| error.to_string());
        for waiter in self.waiters {
            waiter.file_done(result.clone());
        }
    }
}

impl Flush {
    fn file_done(&self, result: Result<(), String>) {
        let mut state = lock(&self.state);
        state.left -= 1;
        if state.result.is_ok() {
            state.result = result;
        }
        if state.left > 0 {
            return;
        }
        let result = state.result.clone();
        let done = state.done.take();
        drop(state);
        if let Some(done) = done {
            done(result);
        }
    }
}

/// Locks, also after a panic elsewhere: each critical section here leaves its value whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for FlushPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = lock(&self.shared.queue);
        write!(f, "FlushPool({} waiting, {} threads)", queue.waiting(), queue.threads)
    }
}
