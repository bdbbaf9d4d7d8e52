# One executable, run as nobody on a read-only root: only /data is written.
#   docker run --read-only -p 8080:8080 -v uptimeping:/data uptimeping
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
EXPOSE 8080 8081
ENTRYPOINT ["/usr/local/bin/uptimeping"]
CMD ["serve"]
