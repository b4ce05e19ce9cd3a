//! Work that waits more than it computes.

/// Does something with each of the items, all at the same time, however few cores there are; what comes of it is in the
/// order of the items. A panic goes on in the caller.
pub(super) fn together<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.into_iter().map(|item| scope.spawn(move || work(item))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, R>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn all_are_at_work_at_once_and_keep_their_order() {
        let all = Barrier::new(20);
        let doubled = together(0..20, |n| {
            all.wait();
            n * 2
        });
        assert_eq!(doubled, (0..20).map(|n| n * 2).collect::<Vec<_>>());
    }
}
