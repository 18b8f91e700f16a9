# syntax=docker/dockerfile:1

# --- build: the locked dependencies, then the four packages, into /opt/venv ----------------------
FROM python:3.13-slim-bookworm AS build

ENV UV_PROJECT_ENVIRONMENT=/opt/venv \
    UV_PYTHON=/usr/local/bin/python3 \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy

RUN --mount=type=cache,target=/root/.cache/pip pip install 'uv>=0.9,<1'

WORKDIR /src

# the dependencies change less often than the code: a layer of their own
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    uv sync --frozen --no-dev --no-install-project

COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --no-editable

# --- run: an interpreter and /opt/venv, no compiler, no uv, no root -------------------------------
FROM python:3.13-slim-bookworm

LABEL org.opencontainers.image.title="renmai" \
      org.opencontainers.image.description="A GraphQL API over a referral and relationship network" \
      org.opencontainers.image.licenses="Apache-2.0"

RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/renmai renmai \
 && install -d -o renmai -g renmai /var/lib/renmai/data /var/lib/renmai/cache /opt/kernels

COPY --from=build /opt/venv /opt/venv

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/opt/kernels \
    RENMAI_CACHE_DIR=/var/lib/renmai/cache \
    RENMAI_ENVIRONMENT=production \
    RENMAI_LOG_FORMAT=json \
    RENMAI_STORE=sqlite:////var/lib/renmai/data

USER 10001
WORKDIR /var/lib/renmai

# compiled for the processor that builds the image; on another kind they are compiled at first use
RUN renmai warm
VOLUME /var/lib/renmai/data
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]

ENTRYPOINT ["renmai"]
CMD ["serve", "--host", "0.0.0.0"]
