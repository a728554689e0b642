# The one binary, in an image without compiler, shell tools or root.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The allocator is built for one size of pages; those of arm64 machines are of 4 to 64 KiB, and the largest does for all.
ARG TARGETARCH
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    if [ "$TARGETARCH" = arm64 ]; then export JEMALLOC_SYS_WITH_LG_PAGE=16; fi; \
    cargo build --release --locked -p clea && cp target/release/clea /usr/local/bin/clea

FROM debian:bookworm-slim
# The authorities that a rediss:// server is checked against.
RUN apt-get update -q && apt-get install -qy --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /srv/clea --create-home clea
COPY --from=build /usr/local/bin/clea /usr/local/bin/clea
WORKDIR /srv/clea
USER clea
ENV CLEA_LISTEN=0.0.0.0:8080 CLEA_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["clea", "health"]
ENTRYPOINT ["clea"]
CMD ["api"]
