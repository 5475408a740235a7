//! Tasks beside the request's own.

use std::future::Future;

/// Runs a future as a task of its own; dropping this ends the task.
///
/// # Errors
/// What the task panicked with.
pub async fn run<F>(future: F) -> Result<F::Output, String>
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut tasks = tokio::task::JoinSet::new();
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    tasks.spawn(future);
    match tasks.join_next().await {
        Some(Ok(output)) => Ok(output),
        Some(Err(error)) if error.is_panic() => {
            let panic = error.into_panic();
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
            Err(text.unwrap_or_else(|| "of unknown cause".to_owned()))
        }
        Some(Err(_)) | None => Err("the task was ended".to_owned()),
    }
}

/// Starts a background task that lasts as long as the program; a panic in it is logged.
pub fn spawn<F>(name: &'static str, future: F) -> tokio::task::JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    tokio::spawn(async move {
        if let Err(panic) = run(future).await {
            tracing::error!(task = name, panic, "a background task ended");
        }
    })
}

/// Starts a short task whose end nobody waits for.
pub fn detach<F>(future: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    drop(tokio::spawn(future));
}
