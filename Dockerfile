# The embedded engine as a container, for ECS Fargate or another scheduler. It holds no secret and no .env.
# The base image is named by its digest at each build, as docs/guia.md says: a tag is another image tomorrow.
ARG PYTHON_IMAGE
# checkov:skip=CKV_DOCKER_7: without a default the base image has no tag here; the guide gives its digest.
FROM ${PYTHON_IMAGE}
WORKDIR /app
COPY requirements-local.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-local.txt
COPY functions functions
COPY schemas schemas
COPY scripts scripts
COPY src src
COPY statemachine statemachine
# Everything belongs to root and can be read; the user that runs it writes its reports and, without a bucket, its state.
RUN chmod -R a+rX /app \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin finopsguard \
    && install --directory --owner 10001 --mode 700 /app/out /app/.finopsguard
LABEL org.opencontainers.image.title="FinOps Guard" org.opencontainers.image.version="0.1.0" org.opencontainers.image.licenses="Apache-2.0"
ENV PYTHONPATH=/app/src PYTHONDONTWRITEBYTECODE=1
USER 10001
# It makes one report and ends: its exit code says how it is, and there is nothing to ask meanwhile.
HEALTHCHECK NONE
CMD ["python", "scripts/run_weekly.py"]
