//! `req.url` of Next.js.

use super::ApiRequest;
use crate::query::{OneOrMany, Query};
use crate::text::percent::PATH;
use percent_encoding::utf8_percent_encode;

impl<B> ApiRequest<B> {
    /// Returns `req.url` of Next.js: the path without the base path, its dot segments resolved, and the query as
    /// Next.js rewrites it.
    ///
    /// The values of a repeated name are grouped, and names that are whole numbers come first. The query is encoded
    /// like a form (`%5E` for `^`, `%25ZZ` for `%ZZ`, `+` for a space). Parameters of the route are left out, and
    /// an empty query has no `?`.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// // `/base/api/./post/7?b=%ZZ&a=^&b=2` with the base path `/base`, in the route `/api/post/[pid]`:
    /// // `/api/post/7?b=%25ZZ&b=2&a=%5E`
    /// async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.send(req.url())
    /// }
    /// ```
    ///
    /// Source: [`url` of Node's request](https://nodejs.org/api/http.html#messageurl), as Next.js rewrites it.
    pub fn url(&self) -> String {
        let path = self.head.path.without_base(self.head.parts.uri.path());
        let mut url = utf8_percent_encode(path, PATH).to_string();
        let Some(query) = self.head.parts.uri.query() else { return url };
        let query = Query::parse(query);
        let params = self.head.context.route.as_ref().map_or(&[][..], |route| route.pattern.segments());
        let is_param = |name: &str| params.iter().any(|segment| segment.name() == Some(name));
        let mut text = form_urlencoded::Serializer::new(String::new());
        for (name, values) in query.iter().filter(|(name, _)| !is_param(name)) {
            match values {
                OneOrMany::One(value) => text.append_pair(name, value),
                OneOrMany::Many(values) => {
                    values.fold(&mut text, |text, value| text.append_pair(name, value))
                }
            };
        }
        let text = text.finish();
        if !text.is_empty() {
            url.push('?');
            url.push_str(&text);
        }
        url
    }
}
