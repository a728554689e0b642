//! When batches are read: once nothing else of the request can move, in the request's own task, and those before are
//! read. A batch then holds every key that its level asks for, whichever came first, and waits for no clock. A loader
//! asks no other loader: it would wait for the next batches, and they for it.

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use futures::task::AtomicWaker;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The batches of a request that wait to be read.
#[derive(Clone, Default)]
pub(crate) struct Batches(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl Batches {
    /// Reads this one once nothing else moves and those before are read.
    pub(crate) fn push(&self, batch: BoxFuture<'static, ()>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Runs it to its end, and the batches that it waits for.
    pub(crate) async fn serve<T>(&self, run: impl Future<Output = T>) -> T {
        let mut run = pin!(run);
        let mut reading = FuturesUnordered::new();
        let woken = Arc::new(Woken { again: AtomicBool::new(true), task: AtomicWaker::new() });
        let waker = Waker::from(woken.clone());
        poll_fn(|cx| {
            woken.task.register(cx.waker());
            loop {
                if woken.again.swap(false, Ordering::AcqRel) {
                    if let Poll::Ready(done) = run.as_mut().poll(&mut Context::from_waker(&waker)) {
                        return Poll::Ready(done);
                    }
                    // It only paused, or was let go on meanwhile: more keys may come first.
                    if woken.again.load(Ordering::Acquire) {
                        return Poll::Pending;
                    }
                }
                if reading.is_empty() {
                    reading.extend(self.take());
                }
                while let Poll::Ready(Some(())) = reading.poll_next_unpin(cx) {}
                // What was read lets it go on, or the next ones.
                let next = reading.is_empty() && !self.is_empty();
                if !next && !woken.again.load(Ordering::Acquire) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }
}

/// Remembers that what runs may go on, and wakes its task.
struct Woken {
    again: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.again.store(true, Ordering::Release);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::dataloader::{DataLoader, Loader};
    use futures::future::join_all;
    use std::collections::HashMap;
    use std::convert::Infallible;
    use std::time::Duration;

    /// How many keys each batch held.
    struct Sizes(Arc<Mutex<Vec<usize>>>);

    impl Loader<u32> for Sizes {
        type Value = u32;
        type Error = Infallible;

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>, Infallible> {
            self.0.lock().expect("whole").push(keys.len());
            // Whoever asked for more waits longer.
            for _ in keys {
                tokio::task::yield_now().await;
            }
            Ok(keys.iter().map(|key| (*key, key + 1)).collect())
        }
    }

    /// Lets others go first, as joined fields do.
    async fn pause() {
        let mut paused = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut paused, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    #[tokio::test]
    async fn a_level_is_one_batch_however_its_fields_pause() {
        let (batches, sizes) = (Batches::default(), Arc::default());
        let spawn = batches.clone();
        let loader = DataLoader::new(Sizes(Arc::clone(&sizes)), move |batch| spawn.push(batch))
            .delay(Duration::ZERO);
        let field = async |n: u32| {
            for _ in 0..n % 4 {
                pause().await;
            }
            let next = loader.load_one(n).await.expect("read").expect("there");
            loader.load_one(next).await.expect("read")
        };
        let found = batches.serve(join_all((0..200).map(field))).await;
        assert_eq!(found[7], Some(9));
        assert_eq!(*sizes.lock().expect("whole"), [200, 200]);
    }

    #[tokio::test]
    async fn a_level_waits_for_the_whole_of_the_one_before() {
        let batches = Batches::default();
        let (quick, slow, last) = (Arc::default(), Arc::default(), Arc::default());
        let loader = |sizes: &Arc<Mutex<Vec<usize>>>| {
            let spawn = batches.clone();
            DataLoader::new(Sizes(Arc::clone(sizes)), move |batch| spawn.push(batch))
                .delay(Duration::ZERO)
        };
        let (first, second, third) = (loader(&quick), loader(&slow), loader(&last));
        let field = async |n: u32| {
            let of = if n < 2 { &first } else { &second };
            let next = of.load_one(n).await.expect("read").expect("there");
            third.load_one(next).await.expect("read")
        };
        let found = batches.serve(join_all((0..20).map(field))).await;
        assert_eq!((found[0], found[19]), (Some(2), Some(21)));
        let sizes = |sizes: &Arc<Mutex<Vec<usize>>>| sizes.lock().expect("whole").clone();
        assert_eq!((sizes(&quick), sizes(&slow), sizes(&last)), (vec![2], vec![18], vec![20]));
    }
}
