use super::Network;
use super::Path;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn bytes_arrive_after_latency_and_at_the_rate_of_the_path() {
    let net = Network::in_memory();
    net.set_path("a", "b", Path { latency: Duration::from_millis(50), bytes_per_second: 1_000_000 });
    let mut listener = net.listen("b", 5022).await.unwrap();
    let mut near = net.connect("a", "B", 5022).await.unwrap();
    let (mut far, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, "a");
    let begin = Instant::now();
    let sender = tokio::spawn(async move {
        near.write_all(&vec![7; 2_000_000]).await.unwrap();
        near
    });
    let mut got = vec![0; 2_000_000];
    far.read_exact(&mut got).await.unwrap();
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(2040) && took < Duration::from_millis(2200), "{took:?}");
    drop(sender.await.unwrap());
    assert_eq!(far.read(&mut got).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cut_stalls_what_is_open_and_times_out_what_is_new() {
    let net = Network::in_memory();
    let mut listener = net.listen("b", 1).await.unwrap();
    let mut near = net.connect("a", "b", 1).await.unwrap();
    let (mut far, _) = listener.accept().await.unwrap();
    net.cut("b", "a");
    near.write_all(b"x").await.unwrap();
    let mut byte = [0; 1];
    assert!(tokio::time::timeout(Duration::from_secs(30), far.read_exact(&mut byte)).await.is_err());
    assert_eq!(net.connect("a", "b", 1).await.err().unwrap().kind(), ErrorKind::TimedOut);
    net.restore("a", "b");
    far.read_exact(&mut byte).await.unwrap();
    assert_eq!(&byte, b"x");
}

#[tokio::test(start_paused = true)]
async fn addresses_are_taken_refused_and_unknown() {
    let net = Network::in_memory();
    let listener = net.listen("b", 1).await.unwrap();
    assert_eq!(net.listen("B", 1).await.err().unwrap().kind(), ErrorKind::AddrInUse);
    assert_eq!(net.connect("a", "b", 2).await.err().unwrap().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(net.connect("a", "c", 1).await.err().unwrap().kind(), ErrorKind::HostUnreachable);
    drop(listener);
    assert_eq!(net.connect("a", "b", 1).await.err().unwrap().kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn loopback_sockets_tell_who_dials() {
    let net = Network::tcp();
    let mut listener = net.listen("mi.zone", 5022).await.unwrap();
    assert_eq!(net.addresses()[0].2, listener.local_addr().unwrap());
    let mut near = net.connect("10.0.1.8", "mi.zone", 5022).await.unwrap();
    let (mut far, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, "10.0.1.8");
    near.write_all(b"hello").await.unwrap();
    let mut got = [0; 5];
    far.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"hello");
}
