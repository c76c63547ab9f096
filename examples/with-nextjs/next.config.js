// Where the Rust server is. It is read when the app is built.
const rust = process.env.RUST_ORIGIN ?? 'http://127.0.0.1:4000';

/** @type {import('next').NextConfig} */
module.exports = {
  // An app of its own, whatever lies in the folders above.
  turbopack: { root: __dirname },
  outputFileTracingRoot: __dirname,

  async rewrites() {
    return {
      // A route that Rust answers although its file is still here, while the move is tried out:
      // { source: '/api/hello', destination: `${rust}/api/hello` },
      beforeFiles: [],
      // Whatever `pages/` has no file for, dynamic ones included. So a route moves when its file is deleted.
      fallback: [{ source: '/api/:path*', destination: `${rust}/api/:path*` }],
    };
  },
};
