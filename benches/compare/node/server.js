// The routes of `src/lib.rs` with Fastify, Hono or Express, as their documentation writes them: `server.js FRAMEWORK PORT`.

const [framework, port] = process.argv.slice(2);
const file = Buffer.from({ length: 64 * 1024 }, (_, i) => (i % 255) + 1);
const hello = { message: "Hello from Rust!" };

const servers = {
  async fastify() {
    const { default: fastify } = await import("fastify");
    const app = fastify();
    await app.register(import("@fastify/cookie"));
    await app.register(import("@fastify/formbody"));
    app.get("/api/hello", async () => hello);
    app.get("/api/post/:pid", async (req) => {
      const { x, y } = req.query;
      return { pid: req.params.pid, x, y, theme: req.cookies.theme };
    });
    app.post("/api/echo", async (req) => req.body);
    app.post("/api/track", async (req) => req.body);
    app.post("/api/form", async (req) => {
      const { name, age, comment } = req.body;
      return { name, age: Number(age), comment };
    });
    app.get("/api/files/*", async (req) => ({ path: req.params["*"].split("/") }));
    app.get("/api/bytes", (_req, reply) => reply.send(file));
    await app.listen({ port, host: "127.0.0.1" });
  },

  async hono() {
    const { Hono } = await import("hono");
    const { getCookie } = await import("hono/cookie");
    const { serve } = await import("@hono/node-server");
    const app = new Hono();
    app.get("/api/hello", (c) => c.json(hello));
    app.get("/api/post/:pid", (c) => {
      const { x, y } = c.req.query();
      return c.json({ pid: c.req.param("pid"), x, y, theme: getCookie(c, "theme") });
    });
    app.post("/api/echo", async (c) => c.json(await c.req.json()));
    app.post("/api/track", async (c) => c.json(await c.req.json()));
    app.post("/api/form", async (c) => {
      const { name, age, comment } = await c.req.parseBody();
      return c.json({ name, age: Number(age), comment });
    });
    app.get("/api/files/:path{.+}", (c) => c.json({ path: c.req.param("path").split("/") }));
    app.get("/api/bytes", (c) => c.body(file));
    serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
  },

  async express() {
    const { default: express } = await import("express");
    const { default: cookieParser } = await import("cookie-parser");
    const app = express();
    app.use(express.json(), express.urlencoded({ extended: false }), cookieParser());
    app.get("/api/hello", (_req, res) => res.json(hello));
    app.get("/api/post/:pid", (req, res) => {
      const { x, y } = req.query;
      res.json({ pid: req.params.pid, x, y, theme: req.cookies.theme });
    });
    app.post("/api/echo", (req, res) => res.json(req.body));
    app.post("/api/track", (req, res) => res.json(req.body));
    app.post("/api/form", (req, res) => {
      const { name, age, comment } = req.body;
      res.json({ name, age: Number(age), comment });
    });
    app.get("/api/files/*path", (req, res) => res.json({ path: req.params.path }));
    app.get("/api/bytes", (_req, res) => res.send(file));
    app.listen(port, "127.0.0.1");
  },
};

await servers[framework]();
