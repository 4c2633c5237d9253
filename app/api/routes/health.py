"""`GET /health/…`, `GET /metrics`, and the meaning of a problem's type: `GET /problems/{name}`."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.api.dependencies import MetricsDep, PredictorDep, RegistryDep
from app.api.documentation import problems
from app.api.schemas import HealthBody
from app.concurrency import check_beating
from app.observability.metrics import CONTENT_TYPE
from app.problems import all_types

router = APIRouter(tags=["health"])


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live")
async def live(registry: RegistryDep) -> HealthBody:
    """Answer while the process runs."""
    return HealthBody(status="live", models=registry.served())


@router.head("/health/ready", include_in_schema=False)
@router.get("/health/ready", responses=problems(503))
async def ready(registry: RegistryDep, predictor: PredictorDep) -> HealthBody:
    """Answer 200 only when a prediction would be answered: the models are loaded, and what waits gets done."""
    registry.check_ready()
    check_beating([*predictor.pulses, *(loaded.batcher for loaded in registry.loaded().values())])
    return HealthBody(status="ready", models=registry.served())


@router.get("/metrics")
async def metrics(metrics: MetricsDep) -> Response:
    """Return the counters in Prometheus' text format."""
    return Response(metrics.text(), media_type=CONTENT_TYPE)


@router.get("/problems/{name}", responses=problems(404))
async def read_problem(name: str) -> dict[str, str | int]:
    """Describe a problem's `type`."""
    kind = all_types().get(name)
    if kind is None:
        raise HTTPException(404, "There is no problem type of that name")
    return {"type": kind.uri, "title": kind.title, "status": kind.status}
