//! Found files for JavaScript: names and sizes in, JSON out.

use merc_core::plan::{self, Bounds};
use napi::bindgen_prelude::{Float64Array, ObjectFinalize};
use napi::{Env, Error, Result};
use napi_derive::napi;

/// Where batches and shards end.
#[napi(object)]
pub struct ShardBounds {
    pub batch_bytes: f64,
    pub batch_files: u32,
    pub shard_bytes: f64,
    pub shard_files: u32,
}

/// A shard as a plan has it.
#[napi(object)]
pub struct PlannedShard {
    /// Its line in the plan, without the end.
    pub line: String,
    pub batches: u32,
    pub files: u32,
    pub bytes: f64,
}

/// Files that a scan has found, in 32 bytes each and those of their paths.
#[napi(custom_finalize)]
#[derive(Default)]
pub struct Found {
    found: plan::Found,
    /// Bytes that the runtime knows of: it lets go of what is large sooner.
    told: i64,
}

#[napi]
impl Found {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi(getter, catch_unwind)]
    pub fn length(&self) -> f64 {
        self.found.len() as f64
    }

    /// Bytes of all files.
    #[napi(getter, catch_unwind)]
    pub fn bytes(&self) -> f64 {
        self.found.bytes() as f64
    }

    /// Adds a file.
    /// @param path Relative to its root, in the system's bytes.
    /// @param mtime Milliseconds since 1970.
    #[napi(catch_unwind)]
    pub fn add(&mut self, env: Env, root: u32, path: &[u8], size: f64, mtime: f64) -> Result<()> {
        self.found.add(root, b"", path, size as u64, mtime as i64);
        self.tell(env)
    }

    /// Adds files of a folder.
    /// @param folder Relative to its root, in the system's bytes, with the `/` that ends it; empty for the root.
    /// @param names As `fileStats` takes them.
    /// @param stats As `fileStats` gives them: names with NaN are left out.
    #[napi(catch_unwind)]
    pub fn add_names(
        &mut self,
        env: Env,
        root: u32,
        folder: &[u8],
        names: &[u8],
        stats: Float64Array,
    ) -> Result<()> {
        let (stats, _) = stats.as_chunks::<2>();
        for (name, [size, mtime]) in names.split(|&byte| byte == 0).zip(stats) {
            if !size.is_nan() {
                self.found.add(root, folder, name, *size as u64, *mtime as i64);
            }
        }
        self.tell(env)
    }

    /// Puts the files in the order of a plan.
    /// @param limit Of more than this the first ones in path order.
    #[napi(catch_unwind)]
    pub fn put_in_plan_order(&mut self, env: Env, limit: Option<f64>) -> Result<()> {
        self.found.put_in_plan_order(limit.map_or(usize::MAX, |limit| limit as usize));
        self.tell(env)
    }

    /// The files whose byte in `mask` is not 0, in the same order.
    #[napi(catch_unwind)]
    pub fn kept(&self, env: Env, mask: &[u8]) -> Result<Self> {
        let mut kept = Self { found: self.found.kept(mask), told: 0 };
        kept.tell(env)?;
        Ok(kept)
    }

    /// Files from the one at `start` to the one before `end`, as a JSON list of `ScannedFile`.
    #[napi(catch_unwind)]
    pub fn json(&self, start: f64, end: f64) -> Result<String> {
        self.found.json(start as usize..end as usize).map_err(|error| Error::from_reason(error.to_string()))
    }

    /// The shard `id` of the files from the one at `first` on, numbered from `sampleId`; none behind the last.
    #[napi(catch_unwind)]
    pub fn shard(
        &self,
        first: f64,
        id: String,
        sample_id: f64,
        bounds: ShardBounds,
    ) -> Result<Option<PlannedShard>> {
        let bounds = Bounds {
            batch_bytes: bounds.batch_bytes as u64,
            batch_files: bounds.batch_files as usize,
            shard_bytes: bounds.shard_bytes as u64,
            shard_files: bounds.shard_files as usize,
        };
        let shard = self
            .found
            .shard(first as usize, &id, sample_id as u64, bounds)
            .map_err(|error| Error::from_reason(error.to_string()))?;
        Ok(shard.map(|shard| PlannedShard {
            line: shard.line,
            batches: shard.batches as u32,
            files: shard.files as u32,
            bytes: shard.bytes as f64,
        }))
    }
}

impl Found {
    fn tell(&mut self, env: Env) -> Result<()> {
        let allocated = self.found.allocated() as i64;
        if allocated != self.told {
            env.adjust_external_memory(allocated - self.told)?;
            self.told = allocated;
        }
        Ok(())
    }
}

impl ObjectFinalize for Found {
    fn finalize(self, env: Env) -> Result<()> {
        env.adjust_external_memory(-self.told).map(|_| ())
    }
}
