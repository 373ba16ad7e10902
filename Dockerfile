# A static binary, and nothing else: Alpine's target is musl, which Rust links statically.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /calint
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY rules rules
RUN cargo build --release --locked

FROM scratch
COPY --from=build /calint/target/release/calint /calint
# Nobody's account. To write a report or a baseline into the mounted folder, run it with `--user`.
USER 65534:65534
WORKDIR /policies
ENTRYPOINT ["/calint"]
