//! Times what is done with messages: docs/bench.md of protopact says what is timed, and how.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use serde_json::{json, Map, Value};

use crate::{builders, hex, unhex, Generated};

/// Counts what is allocated while it is told to, and is the system's allocator otherwise.
struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

fn count(bytes: usize) {
    if COUNTS.load(Relaxed) {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(bytes as u64, Relaxed);
    }
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        System.alloc(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        System.alloc_zeroed(layout)
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.saturating_sub(layout.size()));
        System.realloc(place, layout, size)
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        System.dealloc(place, layout);
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is asked for: nanoseconds, and how many batches.
struct Plan<'a> {
    ops: Vec<&'a str>,
    warmup: u64,
    batch: u64,
    batches: u64,
}

/// Runs something until it is warm and a batch of it takes as long as asked for, then as many batches as asked for.
fn measure<T>(plan: &Plan<'_>, run: impl Fn() -> T) -> Value {
    let timed = |times: u64| {
        let begun = Instant::now();
        for _ in 0..times {
            black_box(run());
        }
        begun.elapsed().as_nanos() as u64
    };
    let (mut times, mut spent) = (1_u64, 0);
    loop {
        let took = timed(times);
        spent += took;
        if took >= plan.batch && spent >= plan.warmup {
            times = (u128::from(times) * u128::from(plan.batch) / u128::from(took)).max(1) as u64;
            break;
        }
        if took < plan.batch {
            times *= 2;
        }
    }
    let all: Vec<u64> = (0..plan.batches).map(|_| timed(times)).collect();
    let before = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed));
    COUNTS.store(true, Relaxed);
    timed(times);
    COUNTS.store(false, Relaxed);
    let each = |count: &AtomicU64, before: u64| (count.load(Relaxed) - before) as f64 / times as f64;
    json!({
        "times": times, "ns": all,
        "allocations": each(&ALLOCATIONS, before.0), "bytes": each(&BYTES, before.1),
    })
}

/// Times a message by its own type; `build` is the code that makes it with everything in it.
pub fn message<M: Generated>(build: Option<fn() -> M>, request: &Value) -> Value {
    let number = |key: &str| request[key].as_u64().unwrap_or_default();
    let ops = request["ops"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let plan = Plan { ops, warmup: number("warmup"), batch: number("batch"), batches: number("batches") };
    let bytes = unhex(request["hex"].as_str().unwrap_or_default());
    let read = match M::decode(&*bytes) {
        Ok(read) => read,
        Err(error) => return json!({"id": request["id"], "ok": false, "error": error.to_string()}),
    };
    let value = build.map_or(read, |build| build());
    let mut timings = Map::new();
    for op in &plan.ops {
        let timing = match (*op, build) {
            ("build", Some(build)) => measure(&plan, build),
            ("serialise", _) => measure(&plan, || black_box(&value).encode_to_vec()),
            ("parse", _) => measure(&plan, || M::decode(black_box(&*bytes))),
            ("copy", _) => measure(&plan, || black_box(&value).clone()),
            _ => continue,
        };
        timings.insert((*op).to_owned(), timing);
    }
    let built = build.map(|_| hex(&value.encode_to_vec()));
    json!({"id": request["id"], "ok": true, "built": built, "timings": timings})
}

pub fn bench(request: &Value) -> Value {
    let name = request["message"].as_str().unwrap_or_default();
    builders::measure(name, request)
        .unwrap_or_else(|| json!({"id": request["id"], "ok": false, "error": format!("no message {name}")}))
}
