const withPlugin = (config) => config;

module.exports = withPlugin({
  pageExtensions: ["page.tsx", "api.ts", "js"],
  headers: () => require("./headers"),
});
