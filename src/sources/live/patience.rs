//! Reads that are asked again: what is overloaded or breaks off may answer the next time,
//! and nobody waits for that longer than a person would.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use http::Request;

use super::{Answer, Connection, NoAnswer};

/// How long a command waits in all because servers ask it to, or are not ready.
const BUDGET: Duration = Duration::from_secs(10);
/// Waits where the server names none.
const WAITS: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// A wait that a person notices.
const NOTICED: Duration = Duration::from_secs(1);
/// Who needed so long to fail is not asked again.
const SLOW: Duration = Duration::from_secs(5);

/// What is left of the time for waiting.
#[derive(Debug)]
pub(super) struct Budget {
    /// Waits end at the latest then; many requests wait at the same time.
    until: Mutex<Option<Instant>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { until: Mutex::new(None) }
    }
}

impl Budget {
    /// Whether a wait is within the budget, which begins with the first one.
    fn allows(&self, wait: Duration) -> bool {
        let now = Instant::now();
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        now + wait <= *until.get_or_insert(now + BUDGET)
    }
}

/// Up to a quarter more: requests that were refused together do not come back together.
fn jittered(wait: Duration) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    // The standard library seeds its hasher from the system's random source.
    let bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
    wait + wait.mul_f64((bits % 256) as f64 / 1024.0)
}

fn is_overloaded(answer: &Answer) -> bool {
    matches!(answer.status, 429 | 500 | 502 | 503 | 504)
}

impl Connection {
    /// Reads a path; asks again a few times where the server is overloaded or the
    /// connection breaks, which is safe for reads only.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn get_patiently(&self, path: &str) -> Result<Answer, NoAnswer> {
        let request = Request::get(path)
            .header("accept", "application/json")
            .body(Vec::new())
            .map_err(|error| NoAnswer(format!("{path} is no path: {error}")))?;
        self.ask_patiently(request).await
    }

    /// The same for a read that asks for a form of its own.
    pub(super) async fn ask_patiently(&self, request: Request<Vec<u8>>) -> Result<Answer, NoAnswer> {
        let mut waits = WAITS.into_iter();
        loop {
            let begin = Instant::now();
            let answer = {
                let _permit = self.gate.acquire().await;
                self.send(request.clone()).await
            };
            let asked = match &answer {
                Ok(answer) if is_overloaded(answer) => answer.retry_after.map(Duration::from_secs),
                Err(_) if begin.elapsed() < SLOW => None,
                _ => return answer,
            };
            let Some(wait) = waits.next() else { return answer };
            let wait = asked.unwrap_or_else(|| jittered(wait));
            if !self.waits.allows(wait) {
                return answer.map(|mut answer| {
                    answer.given_up = asked;
                    answer
                });
            }
            if let (Some(tell), true) = (&self.on_notice, wait >= NOTICED && asked.is_some()) {
                tell(&format!("the API server is overloaded and asks to wait {} s", wait.as_secs()));
            }
            tokio::time::sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_waits_together_are_bounded() {
        let budget = Budget::default();
        assert!(budget.allows(Duration::from_secs(1)));
        assert!(budget.allows(Duration::from_secs(9)));
        assert!(!budget.allows(Duration::from_secs(30)));
        for _ in 0..50 {
            let wait = jittered(WAITS[1]);
            assert!((1000..1250).contains(&wait.as_millis()), "{wait:?}");
        }
    }
}
