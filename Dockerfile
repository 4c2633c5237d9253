# The service: `app` and `model_store`, without training. Targets: cpu (the default) and gpu.
#   docker build --tag fullcount .
#   docker run --read-only --tmpfs /tmp --volume "$PWD/models:/models:ro" --publish 8000:8000 fullcount

# `make base-image` adds the digest of the newest; `make release` refuses a base without one.
ARG BASE_IMAGE=python:3.11-slim

FROM ${BASE_IMAGE} AS base


FROM base AS builder
ENV PIP_CACHE_DIR=/var/cache/pip
# The linker's tools never reach the image, so their version follows the base's.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Two environments: one that builds, and an empty one, without pip, that becomes the image's.
COPY requirements/bootstrap.txt requirements/
RUN --mount=type=cache,target=/var/cache/pip \
    python -m venv tools \
    && tools/bin/pip install --require-hashes --requirement requirements/bootstrap.txt \
    && python -m venv --without-pip /opt/fullcount
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_COMPILE=1 \
    PIP_PYTHON=/opt/fullcount/bin/python


FROM builder AS packages-cpu
COPY requirements/serve-cpu.txt requirements/
RUN --mount=type=cache,target=/var/cache/pip \
    tools/bin/pip install --require-hashes --requirement requirements/serve-cpu.txt
COPY scripts/trim-environment scripts/bill_of_materials.py scripts/
RUN scripts/trim-environment /opt/fullcount/lib/python3.*/site-packages \
    && python scripts/bill_of_materials.py /opt/fullcount/lib/python3.*/site-packages >/opt/fullcount/packages.cdx.json \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/fullcount/lib


FROM builder AS packages-gpu
COPY requirements/serve-gpu.txt requirements/
RUN --mount=type=cache,target=/var/cache/pip \
    tools/bin/pip install --require-hashes --requirement requirements/serve-gpu.txt
COPY scripts/trim-environment scripts/bill_of_materials.py scripts/
RUN scripts/trim-environment /opt/fullcount/lib/python3.*/site-packages \
    && python scripts/bill_of_materials.py /opt/fullcount/lib/python3.*/site-packages >/opt/fullcount/packages.cdx.json \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/fullcount/lib


# This project's own few files, in a layer of their own: a change of code leaves the layer of packages as it is.
FROM builder AS project
COPY LICENSE README.md pyproject.toml ./
COPY app app
COPY model_store model_store
RUN PIP_PYTHON='' tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
    && tools/bin/pip install --no-deps --no-index --prefix /project wheels/*.whl \
    && python -m compileall -q --invalidation-mode unchecked-hash -s /project -p /opt/fullcount /project/lib


FROM base AS runtime
ARG BASE_IMAGE
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="Fullcount" \
      org.opencontainers.image.description="Serve and evaluate image classifiers; every file is counted." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The Fullcount developers" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}" \
      fullcount.packages="/opt/fullcount/packages.cdx.json"
ENV PATH=/opt/fullcount/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    FULLCOUNT_HOST=0.0.0.0 \
    FULLCOUNT_STORE=/models
WORKDIR /srv
RUN mkdir /models
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; p = os.environ.get('FULLCOUNT_PORT', ''); u.urlopen(f\"http://127.0.0.1:{p if p.isdecimal() else 8000}/health/ready\", timeout=4)"]
ENTRYPOINT ["fullcount"]
CMD ["serve"]


FROM runtime AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=packages-gpu /opt/fullcount /opt/fullcount
COPY --from=project /project /opt/fullcount


FROM runtime AS cpu
COPY --from=packages-cpu /opt/fullcount /opt/fullcount
COPY --from=project /project /opt/fullcount
