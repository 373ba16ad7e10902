# A static binary, and nothing else.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /calint
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY rules rules
RUN cargo build --release --locked

FROM scratch
COPY --from=build /calint/target/release/calint /calint
WORKDIR /policies
ENTRYPOINT ["/calint"]
