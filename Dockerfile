# One executable, run as nobody on a read-only root: only /data is written.
#   docker run --read-only -p 8080:8080 -v uptimeping:/data uptimeping
# scripts/deploy/ has what runs one role in each container.
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json bun.lock .npmrc ./
RUN npm install --no-audit --no-fund && node node_modules/bun/install.js
COPY . .
RUN npm run build && mkdir /data

FROM debian:bookworm-slim
COPY --from=build /build/dist/uptimeping /usr/local/bin/uptimeping
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
ENV UPTIMEPING_DATA_DIR=/data \
    UPTIMEPING_HTTP_HOST=0.0.0.0 \
    UPTIMEPING_HEALTH_HOST=0.0.0.0
# The API, health, and where each role answers the others.
EXPOSE 8080 8081 9091 50051-50057
ENTRYPOINT ["/usr/local/bin/uptimeping"]
CMD ["serve"]
