//! Probes and metrics: `/livez` is the process alone, `/readyz` the database too, `/metrics` for Prometheus.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use platform::App;
use serde_json::json;

/// What the probes look at.
#[derive(Clone)]
pub struct Health {
    pub app: App,
    pub draining: Arc<AtomicBool>,
}

/// On every listener: they tell nothing but yes or no.
pub fn probes(health: Health) -> Router {
    Router::new().route("/livez", get(async || Json(json!({ "status": "alive" })))).route("/readyz", get(ready)).with_state(health)
}

/// On the administrators' listener only.
pub fn admin(health: Health, metrics: PrometheusHandle) -> Router {
    let app = health.app.clone();
    let render = move || {
        let (metrics, app) = (metrics.clone(), app.clone());
        async move {
            measure(&app).await;
            ([("content-type", "text/plain; version=0.0.4")], metrics.render())
        }
    };
    probes(health).route("/metrics", get(render))
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let no = |why| (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": why })));
    if health.draining.load(Ordering::SeqCst) {
        return no("stopping");
    }
    let probe = sqlx::query("SELECT 1").execute(&health.app.pools.health);
    match tokio::time::timeout(Duration::from_secs(1), probe).await {
        Ok(Ok(_)) => (StatusCode::OK, Json(json!({ "status": "ready" }))),
        Ok(Err(_)) | Err(_) => no("database unavailable"),
    }
}

/// Gauges that are read when asked for.
async fn measure(app: &App) {
    let owner = &app.pools.owner;
    let pools = app.pools.serving().map(|(name, pool)| (name, pool.status().size, pool.status().available));
    for (name, size, idle) in pools.into_iter().chain([("owner", usize::try_from(owner.size()).unwrap_or(0), owner.num_idle())]) {
        #[expect(clippy::cast_precision_loss, reason = "gauges")]
        let (size, idle) = (size as f64, idle as f64);
        metrics::gauge!("atrium_pool_connections", "pool" => name).set(size);
        metrics::gauge!("atrium_pool_idle", "pool" => name).set(idle);
    }
    if let Ok((waiting, age)) = platform::events::backlog(app).await {
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("atrium_outbox_waiting").set(waiting as f64);
        metrics::gauge!("atrium_outbox_oldest_seconds").set(age);
    }
    if let Ok((waiting, age)) = platform::audit::chain::backlog(app).await {
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("atrium_audit_unsealed").set(waiting as f64);
        metrics::gauge!("atrium_audit_unsealed_oldest_seconds").set(age);
    }
    if let Ok(broken) = platform::audit::store::broken_chains(&app.pools.owner).await {
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("atrium_audit_chains_broken").set(broken as f64);
    }
    if let Ok(queue) = platform::jobs::counts(&app.pools.owner).await {
        #[expect(clippy::cast_precision_loss, reason = "gauges")]
        for (state, count) in
            [("waiting", queue.waiting), ("scheduled", queue.scheduled), ("running", queue.running), ("failed", queue.failed)]
        {
            metrics::gauge!("atrium_queue_jobs", "state" => state).set(count as f64);
        }
    }
}

/// One recorder a process.
///
/// # Errors
/// One that is installed already.
pub fn recorder() -> Result<PrometheusHandle, String> {
    const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let builder = PrometheusBuilder::new().set_buckets(SECONDS).map_err(|error| error.to_string())?;
    builder.install_recorder().map_err(|error| error.to_string())
}
