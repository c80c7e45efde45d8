# Not Alpine, because the Temporal SDK has no build for musl.
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

# Packs the package that npm would publish.
FROM ${NODE_IMAGE} AS package
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json README.md CHANGELOG.md LICENSE ./
COPY scripts/ scripts/
COPY src/ src/
RUN node scripts/build.mjs && npm pack --ignore-scripts && mkdir /package \
  && tar --extract --file docspace-onboarding-*.tgz --directory /package --strip-components 1

# Installs exactly the dependencies of the lock file; npm would ignore it if it installed the packed file.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
# Forwards signals to the worker and reaps its children. The version is Debian's, which keeps no older one to pin.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production HEALTH_ADDRESS=127.0.0.1:8081
WORKDIR /app
COPY --from=dependencies /app/node_modules/ node_modules/
COPY --from=package /package/ ./
# The image's user node, as a number, because Kubernetes cannot tell whether a name is root.
USER 1000:1000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
# Not through npm, which would not forward the signals that stop the worker.
CMD ["node", "--enable-source-maps", "dist/worker.js"]
