/** @type {import("next").NextConfig} */
const config = {
  basePath: process.env.BASE_PATH,
  trailingSlash: true,
  distDir: "build",
  async redirects() {
    return [{ source: "/api/old", destination: "/api/new", permanent: true }];
  },
  async headers() {
    return [{ source: "/api/:path*", headers: [{ key: "x-api", value: "1" }] }];
  },
  async rewrites() {
    return { beforeFiles: [{ source: "/api/new", destination: "/api/hello" }] };
  },
};

export default config;
