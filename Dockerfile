# The embedded engine as a container, for ECS Fargate or another scheduler. It holds no secret and no .env.
FROM python:3.13-slim
WORKDIR /app
COPY requirements-local.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-local.txt
COPY functions functions
COPY schemas schemas
COPY scripts scripts
COPY src src
COPY statemachine statemachine
ENV PYTHONPATH=/app/src
CMD ["python", "scripts/run_weekly.py"]
