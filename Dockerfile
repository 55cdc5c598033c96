# The worker and every other command of crm-insights.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/crm-insights
WORKDIR /src
# Requirements first: they change less often than the code, and their layer is the slow one.
COPY requirements/run.txt requirements/build.txt requirements/
RUN /opt/crm-insights/bin/pip install --require-hashes -r requirements/run.txt \
    && pip install --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY schemas schemas
COPY processors processors
COPY streams streams
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/crm-insights/bin/pip install --no-deps --no-index /dist/*.whl

FROM python:3.13-slim
# A number, not a name: Kubernetes' runAsNonRoot cannot judge a name. The state directory is made here so that a volume
# that is mounted on it belongs to the worker.
RUN groupadd --system --gid 10001 crm-insights \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin crm-insights \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/crm-insights
COPY --from=build /opt/crm-insights /opt/crm-insights
ENV PATH=/opt/crm-insights/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CRM_INSIGHTS_STATE__DIR=/var/lib/crm-insights \
    CRM_INSIGHTS_WEB__HOST=0.0.0.0 \
    CRM_INSIGHTS_WEB__PORT=6066
USER 10001:10001
WORKDIR /var/lib/crm-insights
EXPOSE 6066
# Alive and moving, not ready: a worker that waits for its broker must not be restarted for it. The start period covers
# the restore of the marks of finished events.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['CRM_INSIGHTS_WEB__PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["crm-insights"]
CMD ["worker"]
