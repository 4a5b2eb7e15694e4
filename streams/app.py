"""The worker: a Faust app with two agents, the router and the detector, over the batch transport.

The router's batch is finished when its entries are acknowledged, the detector's when a checkpoint holds it.
An error in either ends the process before anything is committed; the next start repeats what was not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, cast

import faust
import mode
from faust.types import TP

from rules.engine.engine import Engine
from rules.engine.resting import AtRest
from streams.config import StreamConfig
from streams.detect.meter import Meter, Unmetered
from streams.detect.pipeline import Pipeline
from streams.kafka.ending import or_die
from streams.kafka.faust import BatchApp, BatchTransport
from streams.kafka.topics import Names
from streams.kafka.versions import Versions
from streams.route.router import Router

__all__ = ["Meter", "StreamConfig", "build_app"]


def build_app(
    config: StreamConfig,
    engine_factory: Callable[[int, AtRest | None], Engine],
    router_factory: Callable[[int], Router],
    meter: Meter | None = None,
    versions: Callable[[], Mapping[str, str]] = dict,
    by_log: Versions | None = None,
) -> BatchApp:
    """Build the worker's app; engines and routers are made one for each partition that comes to it.

    by_log: reads the tables and rules that the log names; without it the engines judge with what they are made with.
    """
    app = BatchApp(
        config.group,
        broker_client_id=config.client_id,
        broker=[f"kafka://{broker}" for broker in config.brokers.split(",")],
        broker_credentials=config.credentials,
        ssl_context=config.ssl_context,
        broker_commit_interval=config.commit_seconds,
        broker_max_poll_records=config.batch_records,
        broker_session_timeout=config.session_seconds,
        broker_heartbeat_interval=min(3.0, config.session_seconds / 4),
        broker_rebalance_timeout=config.rebalance_seconds,
        broker_request_timeout=max(30.0, config.session_seconds),
        consumer_auto_offset_reset="none",
        consumer_max_fetch_size=config.fetch_bytes,
        producer_acks=-1,
        producer_linger=0,
        producer_max_batch_size=config.send_bytes,
        producer_max_request_size=config.record_bytes,
        producer_request_timeout=30.0,
        stream_buffer_maxsize=8,
        stream_wait_empty=True,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        agent_supervisor=mode.CrashingSupervisor,
        web_enabled=False,
        cython_optimizations=True,
    )
    app.transport = BatchTransport(app.conf.broker_consumer, app)
    pipeline = Pipeline(app, config, engine_factory, router_factory, meter or Unmetered(), versions, by_log)
    names = Names(config.prefix)
    app.area = config.prefix
    app.held_topic, app.finish_work = names.entries, lambda: or_die(pipeline.finish(), "saving what is finished")
    app.begin_work = pipeline.begin
    _add_agents(app, pipeline, names)

    async def assigned(_: object, partitions: set[TP], **__: object) -> None:
        await pipeline.assigned(partitions)

    app.on_partitions_assigned.connect(cast(Any, assigned))
    for work, doing in (
        (pipeline.run, "saving state"),
        (pipeline.measure, "asking where partitions end"),
        (pipeline.tally, "writing tallies"),
        (pipeline.intake.announce, "announcing how far the input is read"),
        (pipeline.intake.move, "routing messages"),
    ):
        app.task(_for_ever(work, doing))
    return app


def _for_ever(work: Callable[[], Coroutine[Any, Any, None]], doing: str) -> Callable[[], Awaitable[None]]:
    """A task that ends the process when it fails. It takes no argument: one that has one is given the app by Faust."""

    async def task() -> None:
        await or_die(work(), doing)

    return task


def _add_agents(app: BatchApp, pipeline: Pipeline, names: Names) -> None:
    async def router(stream: faust.Stream[Any]) -> None:
        async for event in stream.noack().events():
            await or_die(pipeline.intake.take(event), "routing messages")

    async def detector(stream: faust.Stream[Any]) -> None:
        async for event in stream.noack().events():
            await or_die(pipeline.detect(event), "judging entries")

    for name, agent in ((names.events, router), (names.entries, detector)):
        # raw bytes: so Faust hands the list of records through as it is
        topic = app.topic(name, value_type=bytes, key_serializer="raw", value_serializer="raw")
        app.agent(topic, concurrency=1)(cast(Any, agent))
