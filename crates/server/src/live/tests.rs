use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_SECURITY_POLICY, HOST};
use futures_util::StreamExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::time::timeout;

use super::*;
use crate::init::init;
use crate::root::Root;
use crate::testing::{self, PEOPLE, let_arrive};

/// A folder with people, its routes, and its two tokens.
struct Venue {
    folder: Folder,
    routes: Router,
    organiser: String,
    wall: String,
    dir: tempfile::TempDir,
}

fn venue() -> Venue {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let organiser =
        init(&data, &testing::convention_file(dir.path()), &Root::Beside).unwrap().api_token;
    let folder = Folder::open(&data).unwrap();
    let list = testing::people(dir.path(), &testing::sheet(PEOPLE));
    crate::import::import(&folder, &list).unwrap();
    let routes = crate::serve::app(&folder, None).unwrap();
    let wall = wall_token(&folder.settings);
    Venue { folder, routes, organiser, wall, dir }
}

impl Venue {
    async fn get(&self, path: &str, token: &str) -> Response {
        let request = Request::get(path)
            .header(HOST, "127.0.0.1")
            .header(AUTHORIZATION, format!("Bearer {token}"));
        let request = request.body(Body::empty()).unwrap();
        TowerToHyperService::new(self.routes.clone()).call(request).await.unwrap()
    }

    async fn figures(&self, query: &str, token: &str) -> Value {
        json_of(self.get(&format!("/api/figures{query}"), token).await).await
    }

    async fn events(&self, token: &str) -> Events {
        let response = self.get("/api/live", token).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events(response.into_body().into_data_stream())
    }
}

async fn json_of(response: Response) -> Value {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

struct Events(BodyDataStream);

impl Events {
    async fn next(&mut self) -> Value {
        let bytes = self.0.next().await.unwrap().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        serde_json::from_str(text.strip_prefix("data: ").unwrap()).unwrap()
    }
}

fn arrived(figures: &Value) -> u64 {
    figures["activity"]["arrived"].as_u64().unwrap()
}

#[tokio::test]
async fn figures_are_for_those_with_a_token_and_names_for_the_organiser() {
    let venue = venue();
    let_arrive(&venue.folder, "100001", "registration", false);
    for wrong in ["", "0123", venue.wall.get(..63).unwrap()] {
        for path in ["/api/figures", "/api/live"] {
            let refused = venue.get(path, wrong).await;
            assert_eq!(refused.status(), 401);
            let body = json_of(refused).await;
            assert_eq!(body["code"], "token");
            assert!(body["error"].as_str().unwrap().contains("yingbin-server live"), "{body}");
        }
    }
    let organiser = venue.figures("", &venue.organiser).await;
    assert_eq!(
        (&organiser["view"], &organiser["latest"][0]["name"]),
        (&json!("organiser"), &json!("王伟"))
    );
    for (query, token) in [("", &venue.wall), ("?wall=1", &venue.organiser)] {
        let wall = venue.figures(query, token).await;
        assert_eq!(
            (&wall["view"], &wall["latest"], arrived(&wall)),
            (&json!("wall"), &json!([]), 1)
        );
    }
}

#[tokio::test]
async fn what_has_to_be_looked_at_is_told_to_the_organiser_with_names_places_and_times() {
    let venue = venue();
    for rehearsal in [false, false, true] {
        let_arrive(&venue.folder, "100001", "opening", rehearsal);
    }
    let figures = venue.figures("", &venue.organiser).await;
    let api = json_of(venue.get("/api/review", &venue.organiser).await).await;
    assert_eq!((&figures["doubts"], &figures["doubts_all"]), (&api["doubts"], &json!(1)));
    let doubt = &api["doubts"][0];
    assert_eq!((&doubt["doubt"], &doubt["because"]), (&json!("double_entry"), &Value::Null));
    assert_eq!(
        (&doubt["activity"], &doubt["title"]["zh-Hans"]),
        (&json!("opening"), &json!("开幕式"))
    );
    assert_eq!(doubt["people"].as_array().unwrap().len(), 1, "the person is named once");
    let person = &doubt["people"][0];
    assert_eq!(
        (&person["name"], &person["latin"], &person["number"]),
        (&json!("王伟"), &json!("WANG Wei"), &json!("100001"))
    );
    for trace in 0..2 {
        let told = &doubt["traces"][trace];
        assert_eq!((&told["station"], &told["place"]["en"]), (&json!("K1"), &json!("Hall")));
        assert_eq!(told["at"], "2023-09-26T07:30:00+08:00");
        assert_eq!(told["fact"], doubt["facts"][trace]);
    }
    for token in [&venue.wall, ""] {
        assert_eq!(venue.get("/api/review", token).await.status(), 401);
    }
    for (query, token) in [("", &venue.wall), ("?wall=1", &venue.organiser)] {
        let wall = venue.figures(query, token).await;
        assert_eq!((&wall["doubts"], &wall["doubts_all"]), (&json!([]), &json!(0)), "no names");
    }
}

#[tokio::test]
async fn a_walls_token_opens_figures_and_nothing_else() {
    let venue = venue();
    assert_eq!(venue.get("/api/arrivals", &venue.wall).await.status(), 401);
    assert_eq!(venue.get("/api/arrivals", &venue.organiser).await.status(), 200);
    assert_ne!(venue.wall, venue.folder.settings.api_token_sha256);
}

#[tokio::test]
async fn an_activity_that_is_not_there_is_said() {
    let venue = venue();
    for query in ["?activity=nowhere", "?activity=NOT%20A%20SLUG", "?activity="] {
        let refused = venue.get(&format!("/api/figures{query}"), &venue.wall).await;
        assert_eq!(refused.status(), 404, "{query}");
        assert_eq!(json_of(refused).await["code"], "activity");
    }
    let opening = venue.figures("?activity=opening", &venue.wall).await;
    assert_eq!(opening["activity"]["id"], "opening");
}

#[tokio::test]
async fn an_activity_that_is_said_twice_is_refused_in_our_words() {
    let venue = venue();
    for path in ["/api/figures", "/api/live"] {
        let path = format!("{path}?activity=opening&activity=opening");
        let answer = venue.get(&path, &venue.wall).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert_eq!(answer.headers()["content-type"], "application/json");
        let body = json_of(answer).await;
        assert_eq!(body["code"], "query");
        assert!(body["error"].as_str().unwrap().starts_with("say activity and wall once each"));
    }
}

#[tokio::test]
async fn the_first_event_is_everything_and_the_next_comes_with_a_change() {
    let venue = venue();
    let mut events = venue.events(&venue.wall).await;
    assert_eq!(arrived(&events.next().await), 0);
    let_arrive(&venue.folder, "100001", "registration", false);
    assert_eq!(arrived(&events.next().await), 1);
    // A change of the list shows too.
    let rows = PEOPLE.replace("cancelled", "confirmed");
    let list = testing::people(venue.dir.path(), &testing::sheet(&rows));
    crate::import::import(&venue.folder, &list).unwrap();
    let figures = events.next().await;
    assert_eq!((arrived(&figures), &figures["activity"]["expected"]), (1, &json!(3)));
}

#[tokio::test]
async fn what_changes_nothing_on_the_page_is_not_told() {
    let venue = venue();
    let mut events = venue.events(&venue.wall).await;
    events.next().await;
    let_arrive(&venue.folder, "100001", "registration", true);
    let silence = timeout(Duration::from_millis(1_500), events.next()).await;
    assert!(silence.is_err(), "a rehearsed arrival changes no figure");
    let_arrive(&venue.folder, "100002", "registration", false);
    assert_eq!(arrived(&events.next().await), 1);
}

#[tokio::test]
async fn a_rehearsal_is_counted_and_marked_by_a_server_that_rehearses() {
    let mut venue = venue();
    let_arrive(&venue.folder, "100001", "registration", true);
    assert_eq!(arrived(&venue.figures("", &venue.wall).await), 0);
    let moment = admission::time::Millis(1_695_684_600_000);
    venue.routes = crate::serve::app(&venue.folder, Some(moment)).unwrap();
    let figures = venue.figures("", &venue.wall).await;
    assert_eq!((arrived(&figures), &figures["rehearsal"]), (1, &json!(true)));
    assert!(figures["as_of"].as_str().unwrap().starts_with("2023-09-26T07:30:0"));
}

#[tokio::test]
async fn many_screens_are_told_and_too_many_are_refused() {
    let venue = venue();
    let mut screens = Vec::new();
    for _ in 0..MOST_SCREENS {
        screens.push(venue.events(&venue.wall).await);
    }
    assert_eq!(venue.get("/api/live", &venue.wall).await.status(), 503);
    let_arrive(&venue.folder, "100001", "registration", false);
    for screen in &mut screens {
        while arrived(&screen.next().await) == 0 {}
    }
    drop(screens);
    assert_eq!(venue.get("/api/live", &venue.wall).await.status(), 200, "places are given back");
}

#[tokio::test]
async fn the_page_needs_no_token_and_loads_nothing_from_elsewhere() {
    let venue = venue();
    for (path, kind) in [
        ("/live", "text/html; charset=utf-8"),
        ("/live/live.css", "text/css; charset=utf-8"),
        ("/live/live.js", "text/javascript; charset=utf-8"),
        ("/live/font.ttf", "font/ttf"),
        ("/live/font-bold.ttf", "font/ttf"),
    ] {
        let file = venue.get(path, "").await;
        assert_eq!(
            (file.status(), &file.headers()["content-type"]),
            (StatusCode::OK, &kind.parse().unwrap())
        );
        let policy = file.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let bytes = to_bytes(file.into_body(), usize::MAX).await.unwrap();
        assert!(bytes.len() > 500, "{path}");
        let text = String::from_utf8_lossy(&bytes);
        let is_text = !path.ends_with("ttf");
        for never in ["http:", "https:", "innerHTML", "insertAdjacent", "style=", "onclick"] {
            let is_namespace = text.contains("http://www.w3.org/2000/svg") && never == "http:";
            assert!(!is_text || is_namespace || !text.contains(never), "{path}: {never}");
        }
    }
    let other = venue.get("/api/health", "").await;
    assert_eq!(
        other.headers()[CONTENT_SECURITY_POLICY],
        "default-src 'none'; frame-ancestors 'none'"
    );
}

#[test]
fn the_address_of_the_wall_is_known_once_serve_has_listened() {
    let (dir, folder) = testing::folder();
    let refused = run(&dir.path().join("data")).unwrap_err().to_string();
    assert!(
        refused.starts_with("serve has not listened on this folder yet; start it with"),
        "{refused}"
    );
    folder.remember_address("http://127.0.0.1:7300").unwrap();
    run(&dir.path().join("data")).unwrap();
}

#[test]
fn a_walls_token_is_derived_the_same_way_for_ever() {
    let (_dir, folder) = testing::folder();
    let settings = Settings { api_token_sha256: "00".repeat(32), ..folder.settings };
    let token = "46e6d52ac860df0dc2e0923218ab4c97b249df384e2301911fd709143ef32155";
    assert_eq!(wall_token(&settings), token);
}
