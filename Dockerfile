# syntax=docker/dockerfile:1
# The production image: one binary with the web app inside, without the simulator, as a user without rights.

FROM node:22-bookworm-slim AS web
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web ./
COPY docs/channels ../docs/channels
COPY payments/stripe/README.md ../payments/stripe/README.md
COPY payments/mercado_pago/README.md ../payments/mercado_pago/README.md
RUN npm run build

FROM rust:1.95-bookworm AS binary
WORKDIR /build
COPY . .
COPY --from=web /build/web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --profile dist --locked --no-default-features \
    && cp target/dist/switchboard /switchboard

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home switchboard \
    && install -d -o switchboard -g switchboard -m 0700 /data
COPY --from=binary /switchboard /usr/local/bin/switchboard
USER 10001:10001
ENV SWITCHBOARD_BIND=0.0.0.0:8080 \
    SWITCHBOARD_DATA=/data \
    SWITCHBOARD_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["switchboard", "health"]
ENTRYPOINT ["switchboard"]
CMD ["serve"]
