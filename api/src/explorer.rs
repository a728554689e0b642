//! The explorer's page: GraphiQL, from the assets folder where it is installed, else from a CDN.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use service::context::Settings;
use std::path::{Path, PathBuf};
use tower_http::services::ServeFile;

/// Whether the explorer is served.
#[derive(Debug, Clone)]
pub enum Explorer {
    /// Not at all.
    Off,
    /// At `/` and `/graphql`.
    On {
        /// Where its scripts are installed, when they are.
        assets_dir: PathBuf,
    },
}

/// A file of the explorer.
struct Asset {
    /// Its name, under which it is served.
    name: &'static str,
    /// Where its package keeps it.
    path: &'static str,
    /// Its package with the version that the CDN serves.
    pinned: &'static str,
}

const STYLE: Asset =
    Asset { name: "graphiql.min.css", path: "graphiql/graphiql.min.css", pinned: "graphiql@3.9.0" };
const SCRIPTS: [Asset; 3] = [
    Asset {
        name: "react.production.min.js",
        path: "react/umd/react.production.min.js",
        pinned: "react@18.3.1",
    },
    Asset {
        name: "react-dom.production.min.js",
        path: "react-dom/umd/react-dom.production.min.js",
        pinned: "react-dom@18.3.1",
    },
    Asset { name: "graphiql.min.js", path: "graphiql/graphiql.min.js", pinned: "graphiql@3.9.0" },
];
const CDN: &str = "https://cdn.jsdelivr.net/npm";
/// Under which path the installed files are served.
const SERVED: &str = "/explorer";

const STARTER: &str = "# Connectez-vous, puis placez le jeton dans l'onglet Headers :\n\
# { \"Authorization\": \"Bearer …\" }\n\
mutation Connexion {\n  signIn(input: { email: \"\", password: \"\" }) {\n    token\n    expiresAt\n    \
refusals { code message }\n  }\n}\n";

impl Asset {
    /// Where it is installed: flat, or as packages are laid out.
    fn installed(&self, dir: &Path) -> Option<PathBuf> {
        let places =
            [dir.join(self.name), dir.join(self.path), dir.join("node_modules").join(self.path)];
        places.into_iter().find(|place| place.is_file())
    }

    fn url(&self, local: bool, base: &str) -> String {
        if local {
            return format!("{base}{SERVED}/{}", self.name);
        }
        let file = self.path.split_once('/').map_or(self.path, |(_, file)| file);
        format!("{CDN}/{}/{file}", self.pinned)
    }
}

/// The explorer's routes; none when it is off.
pub(crate) fn router<S>(explorer: &Explorer, site: &Settings) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let Explorer::On { assets_dir } = explorer else { return Router::new() };
    let installed = installed(assets_dir);
    let page = written(installed.is_some(), site.base_path());
    let mut router = Router::new().route("/", get(move || async move { shown(page) }));
    for (name, path) in installed.unwrap_or_default() {
        router = router.route_service(&format!("{SERVED}/{name}"), ServeFile::new(path));
    }
    router
}

/// The explorer's page; none when it is off.
pub(crate) fn page(explorer: &Explorer, site: &Settings) -> Option<Response> {
    let Explorer::On { assets_dir } = explorer else { return None };
    Some(shown(written(installed(assets_dir).is_some(), site.base_path())))
}

/// Where its files are installed; none when one is missing.
fn installed(dir: &Path) -> Option<Vec<(&'static str, PathBuf)>> {
    let assets = SCRIPTS.iter().chain([&STYLE]);
    assets.map(|asset| Some((asset.name, asset.installed(dir)?))).collect()
}

fn shown(page: String) -> Response {
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

/// The page of a site whose paths begin with `base` for browsers.
fn written(local: bool, base: &str) -> String {
    let script = |asset: &Asset| {
        format!("<script src=\"{}\" crossorigin=\"anonymous\"></script>\n", asset.url(local, base))
    };
    let scripts = SCRIPTS.iter().map(script).collect::<Vec<_>>().concat();
    let starter = serde_json::Value::from(STARTER).to_string();
    format!(
        r#"<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>CléA Habilitations : explorateur GraphQL</title>
<link rel="stylesheet" href="{style}" crossorigin="anonymous">
<style>html, body, #explorer {{ height: 100%; margin: 0; }} #explorer > p {{ padding: 2rem; font-family: sans-serif; }}</style>
</head>
<body>
<main id="explorer"><p>L’explorateur se charge… S’il ne s’affiche pas, ses scripts ne sont ni installés ni joignables.</p></main>
{scripts}<script>
const fetcher = GraphiQL.createFetcher({{ url: "{base}/graphql" }});
const props = {{ fetcher, defaultQuery: {starter}, defaultEditorToolsVisibility: "headers", shouldPersistHeaders: false }};
ReactDOM.createRoot(document.getElementById("explorer")).render(React.createElement(GraphiQL, props));
</script>
</body>
</html>
"#,
        style = STYLE.url(local, base),
    )
}
