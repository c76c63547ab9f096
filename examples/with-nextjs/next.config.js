/** @type {import('next').NextConfig} */
module.exports = {
  // The Rust server takes both from the build. They are variables here only so that `scripts/tests.sh with-nextjs` can try them.
  basePath: process.env.BASE_PATH ?? '',
  trailingSlash: process.env.TRAILING_SLASH === '1',

  // An app of its own, whatever lies in the folders above.
  turbopack: { root: __dirname },
  outputFileTracingRoot: __dirname,
};
