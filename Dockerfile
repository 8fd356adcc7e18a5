# syntax=docker/dockerfile:1
# Usher in one image: `usher web`, `usher worker`, `usher up`, `usher demo`. See docs/install.md.

FROM node:22-slim AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY frontend frontend
COPY src src
RUN npm run build

FROM python:3.13-slim AS installed
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/usher
# The locked packages are a layer of their own: a change of Usher's source does not install them again.
COPY requirements/run.txt requirements/run.txt
RUN /opt/usher/bin/pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src src
COPY --from=assets /build/src/usher/web/static/vendor src/usher/web/static/vendor
ARG USHER_REVISION=""
RUN /opt/usher/bin/pip wheel --no-deps --wheel-dir /build/dist . \
    && /opt/usher/bin/pip install --no-deps /build/dist/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/usher --shell /usr/sbin/nologin usher \
    && chmod 700 /var/lib/usher
COPY --from=installed /opt/usher /opt/usher
ENV PATH="/opt/usher/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 USHER_HOME=/var/lib/usher
USER 10001
WORKDIR /var/lib/usher
VOLUME /var/lib/usher
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["usher", "web", "--host", "0.0.0.0"]
