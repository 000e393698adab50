# The product's image: web process, worker and management commands. Nothing secret is in it; see .env.example.

FROM node:24-bookworm-slim AS frontend
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json vite.config.ts ./
COPY config/frontend config/frontend
COPY realtime/client realtime/client
COPY ticketing/client ticketing/client
COPY bouncer_client/src bouncer_client/src
COPY dashboards/src dashboards/src
RUN npm run build

FROM python:3.13-slim-bookworm AS packages
COPY requirements/base.txt /tmp/base.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/base.txt

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ngn
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py ./
COPY config config
COPY ticketing ticketing
COPY realtime realtime
COPY bouncer_client bouncer_client
COPY dashboards dashboards
COPY --from=frontend /build/dist dist
# No collectstatic: WhiteNoise serves what Vite built, under names that carry their hash, straight from dist/.
USER ngn
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-m", "config.probe", "http://127.0.0.1:8000/healthz"]
CMD ["python", "-m", "config.serve", "--host", "0.0.0.0", "--port", "8000", "--behind-proxy"]
