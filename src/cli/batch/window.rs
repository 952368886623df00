//! Work on several threads, handed over in the order in which it was given out. What is given out and not yet handed
//! over is bounded, so that memory does not grow with the number of files.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, sync_channel};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::STACK_BYTES;

/// So much work for each thread is given out ahead.
const AHEAD: usize = 16;

/// The threads, and what they are at.
pub struct Window<T> {
    /// `None` where the work is done by whoever gives it out.
    pool: Option<ThreadPool>,
    waiting: VecDeque<Slot<T>>,
    most: usize,
}

enum Slot<T> {
    Ready(T),
    Coming(Receiver<T>),
}

impl<T: Send + 'static> Window<T> {
    /// Work on so many threads; one is the thread that asks.
    pub fn new(threads: usize) -> Window<T> {
        let build = || ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build().ok();
        let pool = if threads > 1 { build() } else { None };
        let most = if pool.is_some() { threads * AHEAD } else { 1 };
        Window { pool, waiting: VecDeque::new(), most }
    }

    /// Gives work out.
    pub fn push(&mut self, work: impl FnOnce() -> T + Send + 'static) {
        let slot = match &self.pool {
            None => Slot::Ready(work()),
            Some(pool) => {
                let (sender, receiver) = sync_channel(1);
                pool.spawn_fifo(move || {
                    // Nobody waits for it where the run has ended early.
                    let _ = sender.send(work());
                });
                Slot::Coming(receiver)
            }
        };
        self.waiting.push_back(slot);
    }

    /// Takes something that needs no work, for the sake of the order.
    pub fn push_ready(&mut self, done: T) {
        self.waiting.push_back(Slot::Ready(done));
    }

    /// Whether something has to be handed over before more is given out.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.most
    }

    /// The oldest work, as soon as it is done.
    pub fn pop(&mut self) -> Option<T> {
        match self.waiting.pop_front()? {
            Slot::Ready(done) => Some(done),
            Slot::Coming(receiver) => Some(receiver.recv().expect("a thread that fails ends the process")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_done_late_is_still_handed_over_in_its_turn() {
        for threads in [1, 2, 5] {
            let mut window = Window::new(threads);
            let mut order = Vec::new();
            for number in 0..200_u64 {
                if number % 7 == 3 {
                    window.push_ready(number);
                } else {
                    window.push(move || {
                        thread::sleep(Duration::from_micros(number * 37 % 500));
                        number
                    });
                }
                while window.is_full() {
                    order.extend(window.pop());
                }
                assert!(window.waiting.len() <= threads * AHEAD);
            }
            order.extend(std::iter::from_fn(|| window.pop()));
            assert_eq!(order, (0..200).collect::<Vec<_>>());
        }
    }
}
