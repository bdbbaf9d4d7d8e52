# One executable, no shell, no package manager, any user, read-only root; only /data is written.
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json bun.lock .npmrc ./
RUN npm install --no-audit --no-fund && node node_modules/bun/install.js
COPY . .
RUN npm run build && mkdir /data

FROM gcr.io/distroless/base-debian12:nonroot
COPY --from=build /build/dist/uptimeping /usr/local/bin/uptimeping
COPY --from=build --chown=nonroot:nonroot /data /data
USER nonroot
VOLUME /data
ENV UPTIMEPING_DATA_DIR=/data \
    UPTIMEPING_HTTP_HOST=0.0.0.0 \
    UPTIMEPING_HEALTH_HOST=0.0.0.0
EXPOSE 8080 8081
ENTRYPOINT ["/usr/local/bin/uptimeping"]
CMD ["serve"]
