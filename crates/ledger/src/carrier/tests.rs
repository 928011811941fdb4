//! Networks that are slow, and such that are gone.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;

/// Half of a carrier's patience.
const BEAT: Duration = Duration::from_millis(150);

/// A server that sends an answer of ten bytes, one each beat, and falls silent after `bytes`.
async fn trickling(bytes: usize) -> (Http, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut question = [0; 4096];
        let _ = stream.read(&mut question).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n").await.unwrap();
        for _ in 0..bytes {
            sleep(BEAT).await;
            // Whoever asked may have gone.
            let _ = stream.write_all(b"x").await;
        }
        sleep(BEAT.saturating_mul(10)).await;
    };
    let mut http = Http::new(&url).unwrap();
    http.patience = BEAT.saturating_mul(2);
    (http, tokio::spawn(serve))
}

#[tokio::test]
async fn an_answer_may_trickle_in_for_longer_than_a_silence_may_last() {
    let (http, server) = trickling(10).await;
    let answer = http.post("/v1/exchange", b"?".to_vec(), Duration::ZERO).await;
    assert_eq!(answer.unwrap(), b"xxxxxxxxxx");
    server.abort();
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_is_given_up() {
    let (http, server) = trickling(4).await;
    let answer = http.post("/v1/exchange", b"?".to_vec(), Duration::ZERO).await;
    assert!(answer.unwrap_err().to_string().contains("it fell silent"));
    server.abort();
}
